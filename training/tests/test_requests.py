"""Tests of the hand-written development requests against the schemas and against the generator's frames."""

import json
import random
import re
import sys
import unittest
from collections import Counter
from pathlib import Path

TRAINING = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TRAINING))

from phonelm_training.catalogue import functions, problem  # noqa: E402
from phonelm_training.conversation import MAKERS  # noqa: E402
from phonelm_training.dialogue import dialogues, holds  # noqa: E402
from phonelm_training.grammar import CLOSE, OPEN  # noqa: E402

FILES = {"dev.jsonl": 160, "dev2.jsonl": 392}


def cases(name):
    lines = (TRAINING / "requests" / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def shingles(text, length=6):
    """Every run of `length` words; '_' stands for a filled slot and belongs to no run."""
    words = re.findall(r"[\w'@.-]+|_", text.lower())
    runs = {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}
    return {run for run in runs if "_" not in run}


class Requests(unittest.TestCase):
    def test_every_call_fits_its_schema(self):
        for name, count in FILES.items():
            found = cases(name)
            self.assertEqual(len(found), count)
            self.assertEqual(len({case["id"] for case in found}), count)
            for case in found:
                self.assertEqual(
                    case["kind"], "none" if not case["calls"] else "single" if len(case["calls"]) == 1 else "multi"
                )
                for call in case["calls"]:
                    self.assertIsNone(problem(call), case)

    def test_copied_arguments_stand_in_the_request(self):
        copied = ("title", "label", "name", "to", "body", "query", "destination", "location", "phone", "email")
        for name in FILES:
            for case in cases(name):
                for call in case["calls"]:
                    for key in copied:
                        value = call["arguments"].get(key, [])
                        for text in value if isinstance(value, list) else [value]:
                            self.assertIn(text, case["request"])

    def test_every_function_is_asked_for(self):
        asked = Counter(call["name"] for case in cases("dev2.jsonl") for call in case["calls"])
        self.assertEqual(set(asked), set(functions()))
        self.assertGreaterEqual(min(asked.values()), 7)

    def test_the_frames_share_no_six_words_with_dev2(self):
        held_out = set().union(*(shingles(case["request"]) for case in cases("dev2.jsonl")))
        slot, rng, shared = re.compile(f"{OPEN}[^{CLOSE}]*{CLOSE}"), random.Random(5), Counter()
        for name, make in MAKERS.items():
            for _ in range(1500):
                shared.update((name, run) for run in shingles(slot.sub(" _ ", make(rng).text)) & held_out)
        self.assertEqual(shared, Counter())


class Dialogues(unittest.TestCase):
    def test_every_call_fits_its_schema_and_every_dialogue_has_five_turns(self):
        for case in dialogues(TRAINING / "requests" / "dialogues.jsonl"):
            self.assertEqual(len(case["turns"]), 5)
            for turn in case["turns"]:
                for call in turn["calls"]:
                    self.assertIsNone(problem(call), turn)

    def test_a_turn_holds_when_it_calls_or_says_what_it_must(self):
        turn = {"user": "capital of Norway?", "calls": [], "says": "oslo|i don't know"}
        self.assertTrue(holds(turn, "The capital of Norway is Oslo."))
        self.assertFalse(holds(turn, "Sorry."))
        call = {"name": "dial", "arguments": {"to": "Oslo"}}
        answer = f"<tool_call>\n{json.dumps(call)}\n</tool_call>"
        self.assertFalse(holds(turn, answer))
        self.assertTrue(holds({"user": "call Oslo", "calls": [call]}, answer))


if __name__ == "__main__":
    unittest.main()
