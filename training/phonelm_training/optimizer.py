"""Muon for the matrices, AdamW for the embedding and the norms.

Muon replaces a matrix's momentum by its nearest orthogonal matrix (Newton-Schulz, five steps), scaled to the
size of AdamW's updates, so that one learning rate and one weight decay serve both. On several GPUs each process makes
whole matrices of its share of a stack and gives the rows back.
"""

from collections import defaultdict

import torch
from torch.distributed.tensor import DTensor, Shard

from .errors import Problem
from .model import is_table

KINDS = ("muon", "adamw")


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


def orthogonal_updates(updates, members):
    """`orthogonal` of a stack of updates; `members` are the parameters that they are for, whole or shared by rows."""
    first = members[0]
    if not isinstance(first, DTensor):
        return orthogonal(updates)
    mesh, size = first.device_mesh, torch.Size([len(members), *first.shape])
    stride = (first.numel(), first.shape[1], 1)
    by_rows = DTensor.from_local(updates, mesh, [Shard(1)], run_check=False, shape=size, stride=stride)
    by_matrix = by_rows.redistribute(mesh, [Shard(0)])
    made = orthogonal(by_matrix.to_local()) if by_matrix.to_local().shape[0] else by_matrix.to_local().bfloat16()
    made = DTensor.from_local(made.contiguous(), mesh, [Shard(0)], run_check=False, shape=size, stride=stride)
    return made.redistribute(mesh, [Shard(1)]).to_local()


def _local(tensor):
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


class Muon(torch.optim.Optimizer):
    """Momentum 0.95 with Nesterov, decoupled weight decay; matrices of one shape are stepped together."""

    def __init__(self, parameters, lr, momentum=0.95, weight_decay=0.0):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            by_shape = defaultdict(list)
            for parameter in group["params"]:
                by_shape[parameter.shape].append(parameter)
            for shape, members in by_shape.items():
                for member in members:
                    if "momentum" not in self.state[member]:
                        self.state[member]["momentum"] = torch.zeros_like(member)
                gradients = [_local(member.grad) for member in members]
                momenta = [_local(self.state[member]["momentum"]) for member in members]
                torch._foreach_lerp_(momenta, gradients, 1 - group["momentum"])
                updates = torch.stack(torch._foreach_lerp(gradients, momenta, group["momentum"]))
                changes = orthogonal_updates(updates, members).to(members[0].dtype).unbind(0)
                weights = [_local(member) for member in members]
                torch._foreach_mul_(weights, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_(weights, changes, alpha=-group["lr"] * 0.2 * max(shape) ** 0.5)


def build(model, kind, lr, weight_decay):
    """The optimizers over all parameters of a model: `muon` (AdamW for tables and norms) or `adamw` for everything."""
    if kind not in KINDS:
        raise Problem(f"the optimizer is {kind!r}: it must be one of {', '.join(KINDS)}")
    named = list(model.named_parameters())
    matrices = [p for name, p in named if p.ndim == 2 and not is_table(name)]
    rest = [p for name, p in named if p.ndim != 2 or is_table(name)]
    adamw = lambda groups: torch.optim.AdamW(groups, lr, betas=(0.9, 0.95), eps=1e-8, fused=matrices[0].is_cuda)
    rest = {"params": rest, "weight_decay": 0.0}
    if kind == "adamw":
        return [adamw([{"params": matrices, "weight_decay": weight_decay}, rest])]
    return [Muon(matrices, lr, weight_decay=weight_decay), adamw([rest])]
