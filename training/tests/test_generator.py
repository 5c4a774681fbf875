"""The generator's conversations, their rendering and the evaluator."""

import json
import random
import sys
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "training"))

from phonelm_training.catalogue import FORMS, functions, problem  # noqa: E402
from phonelm_training.conversation import MAKERS, conversation  # noqa: E402
from phonelm_training.corpus import ASSISTANT, Generated  # noqa: E402
from phonelm_training.evaluate import arguments_right, parse, renderer, right, same  # noqa: E402
from phonelm_training.render import template, text  # noqa: E402

MODEL = REPOSITORY / "models" / "phonelm-tiny"


def corpus(rows=2):
    return Generated(str(MODEL / "tokenizer.json"), 7, "signature", rows, 2048).open()


class Conversations(unittest.TestCase):
    def test_every_function_has_a_maker(self):
        self.assertEqual(set(MAKERS), set(functions()))

    def test_calls_are_valid_and_offered(self):
        rng = random.Random(3)
        for _ in range(2000):
            document = conversation(rng)
            for message in document["messages"]:
                for call in message.get("tool_calls", []):
                    self.assertIn(call["function"]["name"], document["tools"])
                    self.assertIsNone(problem(call["function"]))

    def test_the_template_and_the_fast_renderer_agree(self):
        for form in FORMS:
            render, rng = renderer(template(form)), random.Random(4)
            for index in range(300):
                document = conversation(rng)
                tools = [functions()[name] for name in document["tools"]]
                if index % 2:
                    tools = [{"type": "function", "function": tool} for tool in tools]
                self.assertEqual(render(document["messages"], tools), text(document, form, generation_prompt=True))


class Batches(unittest.TestCase):
    def test_a_batch_depends_on_seed_and_index_alone(self):
        first, second = corpus().batch(5), corpus().batch(5)
        for a, b in zip(first, second):
            self.assertTrue((a == b).all())

    def test_the_table_of_function_lines_changes_no_id(self):
        made, rng = corpus(), random.Random(8)
        for _ in range(200):
            document = conversation(rng)
            self.assertEqual(made.ids(document), made.encoder.encode(text(document, "signature")).ids)

    def test_the_assistant_is_what_stands_between_its_marks(self):
        made = corpus()
        ids = made.ids(
            {"tools": [], "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hello!"}]}
        )
        spoken = [token for token, kind in zip(ids, made.marks.classes(ids)) if kind == ASSISTANT]
        self.assertEqual(made.encoder.decode(spoken, skip_special_tokens=False), "Hello!<|im_end|>")


class Evaluation(unittest.TestCase):
    def test_strings_ignore_case_and_outer_punctuation(self):
        self.assertTrue(same("Call Anna!", "call anna"))
        self.assertFalse(same("call Anna", "call Ann"))
        self.assertFalse(same(1, True))

    def test_a_missing_argument_is_wrong(self):
        wanted = [{"name": "dial", "arguments": {"to": "Anna"}}]
        answer = '<tool_call>\n{"name": "dial", "arguments": {"to": "anna"}}\n</tool_call>'
        self.assertTrue(right(parse(answer), wanted))
        self.assertFalse(right(parse(answer.replace('"to": "anna"', "")), wanted))
        self.assertFalse(right(parse(answer + answer), wanted))
        self.assertEqual(parse("<tool_call>\n{broken\n</tool_call>")[0]["name"], None)

    def test_verdicts_are_those_of_the_program(self):
        for case in json.loads((REPOSITORY / "training" / "tests" / "scoring.json").read_text(encoding="utf-8")):
            self.assertEqual(right(case["found"], case["wanted"]), case["right"], case)
            self.assertEqual(list(arguments_right(case["found"], case["wanted"])), case["arguments"], case)


class Shipped(unittest.TestCase):
    def test_the_folder_carries_the_template_of_this_code(self):
        config = json.loads((MODEL / "tokenizer_config.json").read_text())
        self.assertEqual(config["chat_template"], template("signature"))


if __name__ == "__main__":
    unittest.main()
