"""Greedy answers to a file of requests, counted against the calls that are right.

    python -m phonelm_training evaluate models/phonelm-tiny training/requests/dev.jsonl

A case is {"request", "calls": [{"name", "arguments"}], "kind"} and is asked with all functions offered,
or with those that it names under "tools". Strings are compared without case and outer punctuation.
"""

import json
import re
from collections import Counter
from pathlib import Path

import jinja2.sandbox
import torch
from torch.nn import functional as F

from .catalogue import functions
from .errors import Problem
from .export import read
from .quant import round_weights

_CALL = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.S)


def renderer(chat):
    """render(messages, tools) by the model's own chat template."""
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    compiled = environment.from_string(chat)
    return lambda messages, tools, prompt=True: compiled.render(
        messages=messages, tools=tools, add_generation_prompt=prompt
    )


class Cache:
    """Keys and values of rows of unequal length: `places` are where each row's new token stands, none in prefill."""

    def __init__(self, room):
        self.room, self.kept, self.places = room, {}, None

    def update(self, k, v, layer):
        if self.places is None:
            self.kept[layer] = tuple(F.pad(x, (0, 0, 0, self.room)) for x in (k, v))
            return k, v
        rows = torch.arange(len(k), device=k.device)
        for kept, new in zip(self.kept[layer], (k, v)):
            kept[rows, :, self.places] = new[:, :, 0]
        return self.kept[layer]


@torch.no_grad()
def greedy(model, prompts, limit=160, stop=2):
    """The most likely continuation of each list of ids, up to and without `stop`."""
    device, count, longest = model.device, len(prompts), max(map(len, prompts))
    room = min(model.config.max_position_embeddings, longest + limit)
    lengths = torch.tensor([len(ids) for ids in prompts], device=device)
    tokens = torch.zeros(count, longest, dtype=torch.long, device=device)
    for row, ids in enumerate(prompts):
        tokens[row, : len(ids)] = torch.tensor(ids)
    cache, rows = Cache(room - longest), torch.arange(count, device=device)
    hidden = model.model(tokens, torch.arange(longest, device=device).expand(count, -1), None, cache)
    last = model.logits(hidden[rows, lengths - 1]).argmax(-1)
    cache.places, running = lengths.clone(), torch.ones(count, dtype=torch.bool, device=device)
    answers = [[] for _ in prompts]
    while True:
        running &= (last != stop) & (cache.places < room - 1)
        for row in running.nonzero().flatten().tolist():
            answers[row].append(int(last[row]))
        if not running.any():
            return answers
        visible = (torch.arange(room, device=device) <= cache.places[:, None])[:, None, None]
        hidden = model.model(last[:, None], cache.places[:, None], visible, cache)
        last = model.logits(hidden[:, 0]).argmax(-1)
        cache.places = torch.where(running, cache.places + 1, cache.places)


def parse(answer):
    """The calls of an answer; a block that is no JSON counts as a call without a name."""
    calls = []
    for block in _CALL.findall(answer):
        try:
            call = json.loads(block)
            calls.append({"name": call["name"], "arguments": call["arguments"]})
        except (ValueError, KeyError, TypeError):
            calls.append({"name": None, "arguments": {}})
    return calls


def same(a, b):
    """Equality of two argument values: strings without case and outer punctuation, lists as sets."""
    if isinstance(a, str) and isinstance(b, str):
        plain = lambda text: " ".join(text.casefold().strip(" .,;:!?\"'").split())
        return plain(a) == plain(b)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(any(same(x, y) for y in b) for x in a)
    return type(a) is type(b) and a == b


def right(found, wanted):
    """Whether the calls are the wanted ones, in any order, with every argument."""
    if len(found) != len(wanted):
        return False
    left = list(found)
    for want in wanted:
        match = next(
            (
                call
                for call in left
                if call["name"] == want["name"]
                and call["arguments"].keys() == want["arguments"].keys()
                and all(same(call["arguments"][key], value) for key, value in want["arguments"].items())
            ),
            None,
        )
        if match is None:
            return False
        left.remove(match)
    return True


def arguments_right(found, wanted):
    """(right arguments, all arguments) over the wanted calls; a call that is missing has none right."""
    left, good, total = list(found), 0, 0
    for want in wanted:
        total += len(want["arguments"])
        named = [call for call in left if call["name"] == want["name"]]
        score = lambda call: sum(
            key in call["arguments"] and same(call["arguments"][key], value) for key, value in want["arguments"].items()
        )
        if named:
            best = max(named, key=score)
            left.remove(best)
            good += score(best)
    return good, total


def load_cases(path, parts=lambda case: (case["request"], case["calls"])):
    """The cases of a JSONL file; `parts` reads what each must have."""
    cases = []
    try:
        for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
            if line.strip():
                case = json.loads(line)
                parts(case)
                cases.append(case)
    except OSError as error:
        raise Problem(f"the cases cannot be read: {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise Problem(f"{path}:{number}: not what a case must have: {error!r}") from None
    if not cases:
        raise Problem(f"{path} holds no case")
    return cases


def evaluate(folder, cases, device="cpu", rounding="q8_0", batch=32, show_wrong=0):
    """Figures of a folder on cases; the weights go through `rounding` first, as they ship."""
    model, tokenizer, chat = read(folder, device)
    if rounding:
        round_weights(model, rounding)
    render, catalogue = renderer(chat), functions()
    prompts = []
    for case in cases:
        tools = [{"type": "function", "function": catalogue[name]} for name in case.get("tools", catalogue)]
        prompts.append(tokenizer.encode(render([{"role": "user", "content": case["request"]}], tools)).ids)
    answers = []
    for start in range(0, len(prompts), batch):
        answers += [
            tokenizer.decode(ids, skip_special_tokens=False) for ids in greedy(model, prompts[start : start + batch])
        ]
    by_kind, exact, good, total, names, quiet, nones, shown = Counter(), Counter(), 0, 0, 0, 0, 0, 0
    for case, answer in zip(cases, answers):
        found, wanted, kind = parse(answer), case["calls"], case.get("kind", "all")
        by_kind[kind] += 1
        ok = right(found, wanted)
        exact[kind] += ok
        if wanted:
            soft = arguments_right(found, wanted)
            good, total = good + soft[0], total + soft[1]
            names += Counter(c["name"] for c in found) == Counter(c["name"] for c in wanted)
        else:
            nones += 1
            quiet += not found
        if not ok and shown < show_wrong:
            shown += 1
            print(f"{case['request']!r}\n   wanted {json.dumps(wanted, ensure_ascii=False)}\n   found  {answer!r}")
    figures = {"cases": len(cases), "exact": sum(exact.values()) / len(cases)}
    figures.update({f"exact_{kind}": exact[kind] / number for kind, number in sorted(by_kind.items())})
    if len(cases) > nones:
        figures["functions_right"] = names / (len(cases) - nones)
        figures["arguments_right"] = good / max(1, total)
    if nones:
        figures["none_without_call"] = quiet / nones
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}


def own_split(count, seed=987654321):
    """Cases from the generator itself, from a seed that no training batch uses; all functions offered."""
    import random

    from . import conversation, style, talk
    from .grammar import finish

    rng, cases, everything = random.Random(seed), [], list(functions())
    while len(cases) < count:
        roll = rng.random()
        if roll < 0.2:
            pairs = talk.cannot(rng, "", everything)
            cases.append({"request": finish(style.typed(rng, pairs[0][0], [], False)), "calls": [], "kind": "none"})
            continue
        request = conversation.several(rng, everything) if roll < 0.36 else conversation.single(rng, everything, 1.0)
        said = style.typed(rng, style.polite(rng, request.text, request.open_end), request.calls, request.open_end)
        calls = [{"name": call.name, "arguments": call.arguments} for call in request.calls]
        cases.append({"request": said, "calls": calls, "kind": "multi" if len(calls) > 1 else "single"})
    return cases
