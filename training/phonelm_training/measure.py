"""What the model card states beside the figures on requests: loss with and without Q8_0, zeros of the
feed-forward layers, and how the model behaves when the function that is needed is not offered.
"""

import random

import torch
from torch.nn import functional as F

from .catalogue import functions
from .conversation import conversation
from .corpus import ASSISTANT, Generated
from .evaluate import evaluate, load_cases
from .export import read
from .quant import round_weights

_SEED = 424242


@torch.no_grad()
def loss_and_zeros(folder, documents=300):
    """(loss stored, loss after Q8_0, share of zeros after ReLU by layer) on held-out conversations."""
    model, _, _ = read(folder)
    corpus = Generated(f"{folder}/tokenizer.json", _SEED, "signature", 1, model.config.max_position_embeddings).open()
    rng = random.Random(_SEED)
    batch = [corpus.ids(conversation(rng)) for _ in range(documents)]
    zeros, seen = [0.0] * len(model.model.layers), 0

    def count(index):
        def hook(_, __, output):
            zeros[index] += (output <= 0).float().mean(-1).sum().item()

        return hook

    hooks = [layer.mlp.gate_proj.register_forward_hook(count(index)) for index, layer in enumerate(model.model.layers)]
    before = _loss(model, corpus, batch)
    seen = sum(map(len, batch))
    for hook in hooks:
        hook.remove()
    round_weights(model)
    return before, _loss(model, corpus, batch), [total / seen for total in zeros]


def _loss(model, corpus, batch):
    total, count = 0.0, 0
    for ids in batch:
        tokens = torch.tensor([ids])
        logits = model(tokens).logits[0, :-1]
        wanted = torch.tensor(corpus.marks.classes(ids))[1:] == ASSISTANT
        total += F.cross_entropy(logits[wanted], tokens[0, 1:][wanted], reduction="sum").item()
        count += int(wanted.sum())
    return total / count


def offered_subsets(folder, path):
    """Figures on a file's requests with calls: with 7 other functions offered beside the needed ones, and with
    the needed ones taken away, where no call is right."""
    rng, few, without = random.Random(_SEED), [], []
    for case in load_cases(path):
        if not case["calls"]:
            continue
        needed = {call["name"] for call in case["calls"]}
        others = [name for name in functions() if name not in needed]
        tools = rng.sample(others, 7) + sorted(needed)
        few.append({**case, "tools": rng.sample(tools, len(tools))})
        without.append({**case, "calls": [], "kind": "none", "tools": rng.sample(others, 8)})
    return evaluate(folder, few)["exact"], evaluate(folder, without)["none_without_call"]
