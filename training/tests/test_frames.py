"""Tests of the frames and of what the makers fill into them."""

import random
import sys
import unittest
from pathlib import Path

TRAINING = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TRAINING))

from phonelm_training import chats, corrections, followups, incomplete, multi, style  # noqa: E402
from phonelm_training.catalogue import problem  # noqa: E402
from phonelm_training.coverage import variety  # noqa: E402
from phonelm_training.grammar import CLOSE, OPEN, articles, expand, finish, forms, frames  # noqa: E402
from phonelm_training.requests import MAKERS  # noqa: E402

COPIED = ("title", "label", "body", "name", "query", "destination", "subject", "location", "company", "phone")


def check(case, request):
    for call in request.calls:
        case.assertIsNone(problem({"name": call.name, "arguments": call.arguments}), finish(request.text))


class Frames(unittest.TestCase):
    def test_every_frame_parses(self):
        for path in sorted((TRAINING / "data" / "frames").glob("*.txt")):
            if path.stem == "rules":
                continue
            for section, patterns in frames(path.stem).items():
                self.assertTrue(patterns, section)
                for pattern in patterns:
                    self.assertGreaterEqual(forms(pattern), 1)

    def test_every_frame_of_a_function_is_drawn(self):
        for name, wanted in (("set_alarm", 900), ("show_alarms", 700), ("open_settings", 1300), ("dial", 600)):
            self.assertGreater(variety(name, 2000)[1], wanted)

    def test_articles_follow_the_sound_and_spare_slots(self):
        self.assertEqual(
            articles("a apple, an pear, a hour, an user, a one"), "an apple, a pear, an hour, a user, a one"
        )
        self.assertEqual(articles(f"an {OPEN}big a owl{CLOSE}"), f"a {OPEN}big a owl{CLOSE}")

    def test_a_rule_stands_for_its_alternatives(self):
        self.assertIn(
            expand(random.Random(1), "<look>"),
            (
                "have a look at",
                "take a look at",
                "look at",
                "see",
                "check",
                "glance at",
                "view",
                "inspect",
                "go over",
                "go through",
            ),
        )
        self.assertRaises(ValueError, forms, "<no such rule>")


class Requests(unittest.TestCase):
    def test_what_a_call_copies_stands_in_the_request(self):
        rng, everything = random.Random(6), list(MAKERS)
        for _ in range(3000):
            request = multi.single(rng, everything, 1.0) if rng.random() < 0.7 else multi.several(rng, everything)
            said = style.typed(rng, style.polite(rng, request.text, request.open_end), request.calls, request.open_end)
            self.assertFalse({OPEN, CLOSE} & set(said))
            check(self, request)
            for call in request.calls:
                for key in COPIED:
                    self.assertIn(call.arguments.get(key, ""), said)

    def test_only_the_last_word_of_a_correction_counts(self):
        rng = random.Random(2)
        said = {finish(corrections.changed(rng, "eight", lambda _: "seven", 1.0)) for _ in range(200)}
        self.assertTrue(all("seven" in text and "eight" in text for text in said))
        self.assertGreater(len(said), 15)

    def test_follow_ups_and_completions_fit_the_schemas(self):
        rng = random.Random(9)
        for _ in range(1500):
            first, question, request = incomplete.incomplete(rng)
            self.assertTrue(finish(first) and question)
            check(self, request)
            follow = followups.after(rng, request.calls[-1])
            if follow:
                check(self, follow)

    def test_small_talk_opens_goes_on_and_calls_nothing(self):
        rng = random.Random(3)
        for _ in range(300):
            turns = chats.chat(rng, "Pip", [])
            self.assertGreaterEqual(len(turns), 3)
            self.assertTrue(all(answer[0].isupper() for _, answer in turns))


if __name__ == "__main__":
    unittest.main()
