"""The engine's rounding of weights, to measure a model as it will ship and to train it for that."""

import torch

BLOCK = 32


def q8_0(matrix):
    """The matrix after a round trip through Q8_0: blocks of 32 along a row, an f16 scale each."""
    blocks = matrix.float().reshape(-1, BLOCK)
    scale = blocks.abs().amax(1, keepdim=True) / 127
    # Half away from zero, as Rust rounds.
    whole = torch.trunc(blocks * _inverse(scale) + 0.5 * blocks.sign())
    return (whole * scale.half().float()).reshape(matrix.shape).to(matrix.dtype)


def q4_0(matrix):
    """The same through Q4_0: the element of largest magnitude becomes -8, the others -8 to 7."""
    blocks = matrix.float().reshape(-1, BLOCK)
    extreme = blocks.gather(1, blocks.abs().argmax(1, keepdim=True))
    scale = extreme / -8
    whole = torch.trunc(blocks * _inverse(scale) + 8.5).clamp(0, 15) - 8
    return (whole * scale.half().float()).reshape(matrix.shape).to(matrix.dtype)


def _inverse(scale):
    return torch.where(scale != 0, 1 / torch.where(scale != 0, scale, 1), 0)


KINDS = {"q8_0": q8_0, "q4_0": q4_0}


def rounding_of(kind, name, columns):
    """What `phonelm convert --type KIND` does to a matrix: tables get 8 bits at least, rows of no whole blocks stay."""
    from .model import is_table

    if columns % BLOCK:
        return None
    return q8_0 if is_table(name) else KINDS[kind]


def feel(model, kind):
    """Every matrix of the model rounds its weights in the forward pass from now on (`None`: no longer)."""
    for name, module in model.named_modules():
        if hasattr(module, "rounding"):
            weight = module.embed_tokens.weight if hasattr(module, "embed_tokens") else module.weight
            place = f"{name}.embed_tokens" if hasattr(module, "embed_tokens") else name
            module.rounding = rounding_of(kind, place, weight.shape[1]) if kind else None


@torch.no_grad()
def round_weights(model, kind="q8_0"):
    """Replaces the model's matrices by their rounding."""
    for name, parameter in model.named_parameters():
        rounding = rounding_of(kind, name, parameter.shape[-1]) if parameter.ndim == 2 else None
        if rounding:
            parameter.copy_(rounding(parameter))
    return model
