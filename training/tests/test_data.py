"""Shards and what is drawn from them."""

import json
import unittest

from support import TINY, Case, shards

import numpy as np

from phonelm_training.corpus import ASSISTANT, IGNORE, pack
from phonelm_training.data import Mixture, shuffled, steps_of_shards
from phonelm_training.documents import Corpus, write
from phonelm_training.shards import Folder
from phonelm_training.tokenizer import load


class Shards(Case):
    def test_rows_are_the_documents_one_after_another(self):
        folder = Folder(shards(self.folder / "a", documents=30, length=50, shard_tokens=700), 64)
        self.assertEqual(len(folder.shards), 3)
        tokens, classes, positions = folder.row(1)
        self.assertEqual(positions[:37].tolist(), [*range(36), 0])
        self.assertTrue((np.diff(tokens.astype(int))[:35] == 1).all() and (classes == ASSISTANT).all())
        self.assertEqual(folder.rows, sum(shard["tokens"] // 64 for shard in folder.shards))

    def test_damage_is_refused(self):
        path = shards(self.folder / "a")
        for part, harm in (
            ("tokens", lambda b: b[:-10]),
            ("tokens", lambda b: b[:-1] + b"\x01"),
            ("ends", lambda b: b""),
        ):
            name = path / f"00000.{part}.npy"
            whole = name.read_bytes()
            name.write_bytes(harm(whole))
            self.refused(str(name), Folder(path, 64).row, 0)
            name.write_bytes(whole)
        Folder(path, 64).row(0)
        index = json.loads((path / "index.json").read_text())
        index["shards"][0]["documents"] += 1
        (path / "index.json").write_text(json.dumps(index))
        self.refused("does not fit index.json", Folder(path, 64).row, 0)
        for text, part in (("{}", "is damaged"), ("", "is damaged"), (json.dumps({"version": 9}), "version 9")):
            (path / "index.json").write_text(text)
            self.refused(part, Folder, path, 64)
        (path / "index.json").unlink()
        self.refused("no index.json", Folder, path, 64)
        self.refused("is not empty", shards, path)

    def test_a_row_that_no_shard_has_is_refused(self):
        self.refused("no row of 4096", Folder, shards(self.folder / "a", documents=3), 4096)
        self.refused("packed into rows of 128", Folder, shards(self.folder / "b", pack=128), 64)


class Documents(Case):
    def corpus(self, source, **changes):
        return Corpus(source=[str(path) for path in source], **changes)

    def test_texts_end_with_end_of_text(self):
        lines, text = self.folder / "a.jsonl", self.folder / "b.txt"
        lines.write_text('{"text": "one two"}\n\n{"text": "three"}\n')
        text.write_text("four\nfive\n<|endoftext|>\nsix\n")
        write(self.corpus([lines, text]), self.folder / "out")
        folder, encoder = Folder(self.folder / "out", 8), load(TINY / "tokenizer.json")
        tokens = np.load(self.folder / "out" / "00000.tokens.npy").tolist()
        end = encoder.token_to_id("<|endoftext|>")
        found = encoder.decode(tokens, skip_special_tokens=False)
        self.assertEqual(found, "one two<|endoftext|>three<|endoftext|>four\nfive\n<|endoftext|>six\n<|endoftext|>")
        self.assertEqual(
            [place + 1 for place, token in enumerate(tokens) if token == end],
            np.load(self.folder / "out" / "00000.ends.npy").tolist(),
        )
        self.assertEqual(folder.shards[0]["documents"], 4)

    def test_only_what_the_assistant_says_counts_in_a_chat(self):
        lines = self.folder / "a.jsonl"
        chat = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hello!"}]
        lines.write_text((json.dumps({"messages": chat, "tools": ["dial"]}) + "\n") * 3)
        write(self.corpus([lines], pack=128), self.folder / "out")
        tokens, classes, positions = Folder(self.folder / "out", 128).row(0)
        said = load(TINY / "tokenizer.json").decode(tokens[classes == ASSISTANT].tolist(), skip_special_tokens=False)
        self.assertEqual(said, "Hello!<|im_end|>" * 3)
        self.assertEqual((positions[classes != IGNORE] == 0).sum(), 0)

    def test_bad_documents_name_their_line(self):
        lines = self.folder / "a.jsonl"
        for bad, part in (
            ("{", "a.jsonl:2: no JSON"),
            ('{"x": 1}', "a.jsonl:2: neither"),
            ('{"messages": []}', "a.jsonl:2"),
        ):
            lines.write_text(f'{{"text": "one"}}\n{bad}\n')
            self.refused(
                part, lambda: write(self.corpus([lines]), self.folder / bad.strip('{}":[] ')[:2] / str(len(bad)))
            )
        self.refused("there is no file", lambda: write(self.corpus([self.folder / "*.none"]), self.folder / "none"))

    def test_packing_loses_nothing_and_cuts_only_what_is_too_long(self):
        documents = [list(range(length)) for length in (5, 30, 12, 33, 7, 9, 20)]
        rows = pack(documents, 32)
        self.assertLessEqual(max(sum(map(len, row)) for row in rows), 32)
        whole = sorted([d for d in documents if len(d) <= 32] + [list(range(32)), [32]])
        self.assertEqual(sorted(piece for row in rows for piece in row), whole)


class Draws(Case):
    def test_a_shuffle_is_a_permutation(self):
        for count in (1, 2, 7, 64, 1000):
            self.assertEqual(sorted(shuffled(index, count, 5) for index in range(count)), list(range(count)))
        self.assertNotEqual([shuffled(i, 1000, 5) for i in range(9)], [shuffled(i, 1000, 6) for i in range(9)])

    def test_shares_follow_the_weights_and_a_pass_sees_every_row_once(self):
        a, b = (shards(self.folder / name, documents=40, length=64) for name in "ab")
        mixture = Mixture([{"path": a, "weight": 3}, {"path": b}], 64, 1)
        self.assertEqual(mixture.counts, [768, 256])
        seen = [mixture.folders[0].row, mixture.folders[1].row]
        asked = [[], []]
        for which in (0, 1):
            mixture.folders[which].row = lambda number, which=which: asked[which].append(number) or seen[which](number)
        mixture.rows(0, 1024)
        self.assertEqual([len(each) for each in asked], [768, 256])
        self.assertEqual(sorted(asked[1][:40]), list(range(40)))
        self.assertNotEqual(asked[1][:40], asked[1][40:80])

    def test_processes_share_a_batch_and_a_later_start_changes_nothing(self):
        mixture = Mixture([{"path": shards(self.folder / "a")}], 64, 1)
        best = Mixture([{"path": shards(self.folder / "b", seed=2)}], 64, 2)
        draw = lambda part, first: list(steps_of_shards([(mixture, 0), (best, 3)], 4, part, first, 5))
        whole, left, right = draw(slice(0, 4), 0), draw(slice(0, 2), 0), draw(slice(2, 4), 2)
        for step in range(5):
            self.assertTrue((whole[step][0][:2] == left[step][0]).all())
        for step in range(2, 5):
            self.assertTrue((whole[step][0][2:] == right[step - 2][0]).all())
        self.assertTrue((whole[3][0] == best.rows(0, 4)[0]).all())

    def test_bad_mixtures_are_refused(self):
        path = shards(self.folder / "a")
        self.refused("write a list like", Mixture, "shards", 64, 1)
        self.refused("write {path: FOLDER", Mixture, [{"folder": path}], 64, 1)
        self.refused("above 0", Mixture, [{"path": path, "weight": 0}], 64, 1)
        self.refused("below 1/1024", Mixture, [{"path": path}, {"path": path, "weight": 1e-6}], 64, 1)
        with self.assertRaises(Exception):
            damaged = Mixture([{"path": path}], 64, 1)
            (path / "00000.tokens.npy").write_bytes(b"")
            list(steps_of_shards([(damaged, 0)], 4, slice(0, 4), 0, 9))


if __name__ == "__main__":
    unittest.main()
