"""Muon for the matrices, AdamW for the embedding and the norms.

Muon replaces a matrix's momentum by its nearest orthogonal matrix (Newton-Schulz, five steps), scaled to the
size of AdamW's updates, so that one learning rate and one weight decay serve both.
"""

from collections import defaultdict

import torch


def orthogonal(stack):
    """Approximately U V^T of each matrix in a stack [n, rows, columns]."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = stack.bfloat16()
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """Momentum 0.95 with Nesterov, decoupled weight decay; matrices of one shape are stepped together."""

    def __init__(self, parameters, lr, momentum=0.95, weight_decay=0.0):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            by_shape = defaultdict(list)
            for parameter in group["params"]:
                by_shape[parameter.shape].append(parameter)
            for shape, members in by_shape.items():
                state = self.state[members[0]]
                gradients = torch.stack([member.grad for member in members])
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(gradients)
                state["momentum"].lerp_(gradients, 1 - group["momentum"])
                update = orthogonal(gradients.lerp(state["momentum"], group["momentum"]))
                scale = 0.2 * max(shape) ** 0.5
                for member, change in zip(members, update):
                    member.mul_(1 - group["lr"] * group["weight_decay"])
                    member.add_(change.to(member.dtype), alpha=-group["lr"] * scale)


def build(model, lr, weight_decay):
    """(Muon, AdamW) over all parameters of a model."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    rest = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    fused = rest[0].is_cuda
    return [
        Muon(matrices, lr, weight_decay=weight_decay),
        torch.optim.AdamW(rest, lr, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.0, fused=fused),
    ]
