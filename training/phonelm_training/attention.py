"""Attention under the masks that training and inference need.

Packed documents are kept apart by `document_mask`: causal, and never across a document's beginning.
**Make the mask outside the compiled function**: made inside it (PyTorch 2.11), the loss rises after 20 steps and
becomes NaN.
"""

from inspect import signature

import torch
from torch.nn import functional as F
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention

try:
    from torch.nn.attention.varlen import varlen_attn
except ImportError:
    varlen_attn = None
_CAUSAL = (
    {"window_size": (-1, 0)}
    if varlen_attn and "window_size" in signature(varlen_attn).parameters
    else {"is_causal": True}
)
KINDS = ("flex", "varlen", "dense")
MOST_DOCUMENTS = 64
"""Documents a row, on average, that `varlen` has room for."""


def document_mask(positions, kind):
    """What `attention` needs for positions [rows, length], each document's beginning with 0: a block mask (`flex`),
    the documents' edges (`varlen`; both skip what no document spans) or a full mask (`dense`)."""
    documents = (positions == 0).cumsum(-1)
    rows, length = positions.shape
    if kind == "dense":
        mask = torch.ones(length, length, dtype=torch.bool, device=positions.device).tril()
        return (mask & (documents[:, :, None] == documents[:, None, :])).unsqueeze(1)
    if kind == "varlen":
        starts = (positions == 0).flatten().nonzero().flatten().int()
        edges = torch.full((rows * MOST_DOCUMENTS + 1,), rows * length, dtype=torch.int32, device=positions.device)
        edges[: len(starts)] = starts
        return edges

    def visible(b, h, q, k):
        return (q >= k) & (documents[b, q] == documents[b, k])

    return create_block_mask(visible, rows, None, length, length, device=positions.device, _compile=positions.is_cuda)


def padded_mask(mask, tokens, past):
    """(full mask, positions) of `tokens` after `past` cached ones; `mask` [rows, past + length] is 0 on padding."""
    rows, length = tokens.shape
    if mask is None:
        mask = torch.ones(rows, past + length, dtype=torch.bool, device=tokens.device)
    mask = mask.bool()
    keys = torch.arange(past + length, device=tokens.device)
    causal = keys[None, :] <= keys[past:, None]
    # A padded query sees itself, because a row of nothing has no softmax.
    itself = keys[None, :] == keys[past:, None]
    places = (mask.long().cumsum(-1) - 1).clamp(min=0)[:, past:]
    return (causal & mask[:, None, :] | itself)[:, None], places


def attention(q, k, v, mask):
    """softmax(q k / sqrt(head_dim)) v over [rows, heads, length, head_dim]; no mask is causal."""
    grouped = q.shape[1] != k.shape[1]
    if isinstance(mask, BlockMask):
        return flex_attention(q, k, v, block_mask=mask, enable_gqa=grouped)
    if mask is None:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=grouped)
    if mask.ndim > 1:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=grouped)
    if grouped:
        k, v = (x.repeat_interleave(q.shape[1] // k.shape[1], dim=1) for x in (k, v))
    rows, heads, length, size = q.shape
    flat = lambda x: x.transpose(1, 2).reshape(rows * length, heads, size)
    out = varlen_attn(flat(q), flat(k), flat(v), mask, mask, length, length, **_CAUSAL)
    return out.view(rows, length, heads, size).transpose(1, 2)
