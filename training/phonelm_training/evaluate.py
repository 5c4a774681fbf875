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
from .export import q8_0, read

_CALL = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.S)


def renderer(chat):
    """render(messages, tools) by the model's own chat template."""
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    compiled = environment.from_string(chat)
    return lambda messages, tools: compiled.render(messages=messages, tools=tools, add_generation_prompt=True)


@torch.no_grad()
def greedy(model, prompts, limit=160, stop=2):
    """The most likely continuation of each list of ids, up to and without `stop`."""
    device, shape = model.cos.device, model.shape
    count, longest = len(prompts), max(map(len, prompts))
    room = min(shape.context, longest + limit)
    lengths = torch.tensor([len(ids) for ids in prompts], device=device)
    tokens = torch.zeros(count, longest, dtype=torch.long, device=device)
    for row, ids in enumerate(prompts):
        tokens[row, : len(ids)] = torch.tensor(ids)
    caches = [
        [torch.zeros(count, shape.heads, room, shape.head_size, device=device) for _ in "kv"]
        for _ in range(shape.layers)
    ]

    def prefill(index, q, k, v):
        caches[index][0][:, :, :longest], caches[index][1][:, :, :longest] = k, v
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)

    hidden = model.hidden(tokens, torch.arange(longest, device=device).expand(count, -1), prefill)
    rows = torch.arange(count, device=device)
    last = F.linear(hidden[rows, lengths - 1], model.model.embed_tokens.weight).argmax(-1)
    places, running = lengths.clone(), torch.ones(count, dtype=torch.bool, device=device)
    answers = [[] for _ in prompts]
    while True:
        running &= (last != stop) & (places < room - 1)
        for row in running.nonzero().flatten().tolist():
            answers[row].append(int(last[row]))
        if not running.any():
            return answers
        visible = (torch.arange(room, device=device) <= places[:, None])[:, None, None]

        def step(index, q, k, v):
            caches[index][0][rows, :, places], caches[index][1][rows, :, places] = k[:, :, 0], v[:, :, 0]
            return F.scaled_dot_product_attention(q, *caches[index], attn_mask=visible)

        hidden = model.hidden(last[:, None], places[:, None], step)
        last = F.linear(hidden[:, 0], model.model.embed_tokens.weight).argmax(-1)
        places = torch.where(running, places + 1, places)


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


def load_cases(path):
    """The cases of a JSONL file."""
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]


def evaluate(folder, cases, device="cpu", rounded=True, batch=32, show_wrong=0):
    """Figures of a folder on cases; with `rounded`, the weights go through Q8_0 first, as they ship."""
    model, tokenizer, chat = read(folder, device)
    if rounded:
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim == 2:
                    parameter.copy_(q8_0(parameter))
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
