"""The model: its arithmetic, its masks, what transformers and quantising make of it."""

import unittest

from support import MODEL, TINY, Case

import torch
from transformers import AutoModelForCausalLM

from phonelm_training.attention import attention, document_mask
from phonelm_training.export import read_model
from phonelm_training.model import PhoneLMForCausalLM, read_config, rotary_table
from phonelm_training.quant import feel, q4_0, q8_0, round_weights


def model(**changes):
    return PhoneLMForCausalLM(read_config(MODEL | changes)).reset(3)


def shaken(made):
    """With weights that differ from zero everywhere."""
    generator = torch.Generator().manual_seed(9)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)
    return made


class Model(Case):
    def test_the_rotary_table_holds_the_engines_integers(self):
        table = rotary_table(read_config(MODEL))
        self.assertEqual((table.dtype, tuple(table.shape)), (torch.int8, (2, 64, 8)))
        self.assertEqual(table[0, 0].tolist(), [127] * 8)
        self.assertEqual(int(table[1, 1, 0]), round(127 * 0.8414709848))

    def test_packed_documents_do_not_see_each_other(self):
        made, ids = shaken(model()), torch.arange(40)[None]
        positions = torch.cat((torch.arange(25), torch.arange(15)))[None]
        packed = made.token_logits(ids, positions, document_mask(positions, "dense"))
        for part in (slice(0, 25), slice(25, 40)):
            torch.testing.assert_close(packed[:, part], made(ids[:, part]).logits, atol=2e-5, rtol=0)

    def test_the_block_mask_is_the_full_mask(self):
        generator = torch.Generator().manual_seed(1)
        draw = lambda heads: torch.randn(2, heads, 128, 16, generator=generator)
        q, k, v = draw(4), draw(2), draw(2)
        positions = torch.stack((torch.arange(128) % 50, torch.arange(128)))
        found = [attention(q, k, v, document_mask(positions, kind)) for kind in ("flex", "dense")]
        torch.testing.assert_close(*found, atol=1e-5, rtol=0)

    def test_a_saved_model_loads_by_its_type(self):
        for tied in (True, False):
            made = shaken(model(tie_word_embeddings=tied))
            made.save_pretrained(self.folder / str(tied))
            loaded = AutoModelForCausalLM.from_pretrained(self.folder / str(tied))
            ids = torch.arange(30)[None]
            self.assertIsInstance(loaded, PhoneLMForCausalLM)
            self.assertTrue(torch.equal(made(ids).logits, loaded(ids).logits))

    def test_generating_with_cache_and_padding_is_the_plain_forward_pass(self):
        made = shaken(model()).eval()
        long, short = list(range(20, 29)), list(range(50, 54))
        ids, mask = torch.tensor([long, [0] * 5 + short]), torch.tensor([[1] * 9, [0] * 5 + [1] * 4])
        made.generation_config.eos_token_id = None
        found = made.generate(input_ids=ids, attention_mask=mask, max_new_tokens=6, do_sample=False, pad_token_id=0)
        for row, prompt in zip(found[:, 9:].tolist(), (long, short)):
            for _ in range(6):
                prompt = prompt + [int(made(torch.tensor([prompt])).logits[0, -1].argmax())]
            self.assertEqual(row, prompt[-6:])

    def test_the_shipped_folder_loads(self):
        self.assertEqual(read_model(TINY).config.num_hidden_layers, 7)

    def test_impossible_configs_are_refused(self):
        for change, part in (
            ({"num_key_value_heads": 3}, "it must divide the 4 heads"),
            ({"hidden_size": 0}, "hidden_size is 0"),
            ({"num_hidden_layers": "two"}, "num_hidden_layers is 'two'"),
            ({"head_dim": 7}, "head_dim is 7"),
            ({"hidden_act": "silu"}, "PhoneLM has relu"),
            ({"model_type": "llama"}, "model_type is 'llama'"),
            ({"rope_scaling": {"type": "linear", "factor": 2}}, "rope_scaling"),
        ):
            self.refused(part, read_config, MODEL | change)
        (self.folder / "config.json").write_text("{")
        self.refused("is no JSON", read_config, self.folder)
        self.refused("cannot be read", read_config, self.folder / "none")


class Rounding(Case):
    def test_a_rounded_matrix_stays_and_is_near(self):
        matrix = torch.randn(64, 128, generator=torch.Generator().manual_seed(2))
        for rounding, steps in ((q8_0, 127), (q4_0, 8)):
            once = rounding(matrix)
            step = matrix.reshape(-1, 32).abs().amax(1) / steps
            # The f16 scale is off by up to 2^-11; Q4_0 has no +8, so one end is cut by a step.
            limit = 0.57 if steps == 127 else 1.01
            self.assertTrue(((once - matrix).reshape(-1, 32).abs().amax(1) <= limit * step).all())
            self.assertLess((rounding(once) - once).abs().max().item(), step.max().item() / 100)

    def test_training_feels_what_converting_does(self):
        ids = torch.arange(30)[None]
        for kind in ("q8_0", "q4_0"):
            feels, rounds = shaken(model()), round_weights(shaken(model()), kind)
            feel(feels, kind)
            torch.testing.assert_close(feels(ids).logits, rounds(ids).logits, atol=1e-6, rtol=0)
            feels(ids, labels=ids).loss.backward()
            self.assertTrue(all(p.grad is not None and p.grad.abs().sum() > 0 for p in feels.parameters()))
            feel(feels, None)
            self.assertTrue(torch.equal(feels(ids).logits, shaken(model())(ids).logits))


if __name__ == "__main__":
    unittest.main()
