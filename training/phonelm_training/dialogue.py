"""Hand-written dialogues: whether each turn calls what it must or says a word of the topic.

    python -m phonelm_training dialogue models/phonelm-tiny training/requests/dialogues.jsonl

A dialogue is {"turns": [{"user", "calls", "says", "result"}]}: `calls` are compared as `evaluate` does, `says` is a
pattern of which a part must stand in the answer, `result` is what the app returns. The model goes on from its own
answers, right or wrong, with all functions on offer.
"""

import json
import re

from .catalogue import functions
from .errors import Problem
from .evaluate import greedy, load_cases, parse, renderer, right
from .export import read
from .quant import round_weights


def holds(turn, answer):
    """Whether an answer calls what the turn wants and says what it wants."""
    return right(parse(answer), turn["calls"]) and re.search(turn.get("says", ""), answer, re.I) is not None


def dialogues(path):
    """The dialogues of a JSONL file."""
    found = load_cases(path, lambda case: [(turn["user"], turn["calls"]) for turn in case["turns"]])
    for case in found:
        for turn in case["turns"]:
            try:
                re.compile(turn.get("says", ""))
            except re.error as error:
                raise Problem(f"{path}: {turn['says']!r} is no pattern: {error}") from None
    return found


def talk(folder, cases, device="cpu", rounding="q8_0", show_wrong=0):
    """The share of turns and of whole dialogues that are right."""
    model, tokenizer, chat = read(folder, device)
    if rounding:
        round_weights(model, rounding)
    render, tools = renderer(chat), [{"type": "function", "function": tool} for tool in functions().values()]

    def answers(histories):
        prompts = [tokenizer.encode(render(messages, tools)).ids for messages in histories]
        return [tokenizer.decode(ids, skip_special_tokens=False) for ids in greedy(model, prompts)]

    histories, right_turns = [[] for _ in cases], [[] for _ in cases]
    for number in range(max(len(case["turns"]) for case in cases)):
        going = [index for index, case in enumerate(cases) if number < len(case["turns"])]
        for index in going:
            histories[index].append({"role": "user", "content": cases[index]["turns"][number]["user"]})
        called = []
        for index, answer in zip(going, answers([histories[index] for index in going])):
            turn, calls = cases[index]["turns"][number], parse(answer)
            right_turns[index].append(holds(turn, answer))
            if not right_turns[index][-1] and show_wrong > 0:
                show_wrong -= 1
                print(f"{cases[index].get('id', index)} {turn['user']!r}\n   found {answer!r}")
            content = "" if calls else answer
            calls = [{"type": "function", "function": call} for call in calls]
            histories[index].append({"role": "assistant", "content": content, "tool_calls": calls})
            if calls:
                result = json.dumps(turn.get("result", {"ok": True}))
                histories[index] += [{"role": "tool", "content": result} for _ in calls]
                called.append(index)
        if called:
            for index, answer in zip(called, answers([histories[index] for index in called])):
                histories[index].append({"role": "assistant", "content": answer})
    turns = [ok for each in right_turns for ok in each]
    return {
        "dialogues": len(cases),
        "turns": len(turns),
        "turns_right": round(sum(turns) / len(turns), 4),
        "dialogues_right": round(sum(all(each) for each in right_turns) / len(cases), 4),
    }
