"""PhoneLM: RMSNorm, attention with rounded rotary tables, gated ReLU feed-forward, tied head.

Weights carry the names of Hugging Face's llama, so `state_dict` is what is exported.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass
class Shape:
    """Sizes of a model; `heads * head_size == hidden`."""

    vocabulary: int = 4096
    hidden: int = 320
    heads: int = 5
    ffn: int = 960
    layers: int = 7
    context: int = 2048
    theta: float = 10000.0
    epsilon: float = 1e-6

    @property
    def head_size(self):
        return self.hidden // self.heads


def rotary_tables(shape):
    """cos and sin, [context, head_size], rounded to the 127ths that the engine's int8 tables hold."""
    half = torch.arange(0, shape.head_size, 2, dtype=torch.float64) / shape.head_size
    angles = torch.outer(torch.arange(shape.context, dtype=torch.float64), shape.theta**-half)
    angles = torch.cat((angles, angles), dim=-1)
    rounded = lambda table: (torch.round(table.float() * 127) / 127).float()
    return rounded(angles.cos()), rounded(angles.sin())


def rotate(x, cos, sin):
    """Rotary positions; the two halves of a head are the pairs' first and second members."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


class Norm(nn.Module):
    """RMSNorm in f32."""

    def __init__(self, size, epsilon):
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(size)), epsilon

    def forward(self, x):
        wide = x.float()
        wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.epsilon)
        return (wide * self.weight).to(x.dtype)


class Attention(nn.Module):
    """Multi-head attention without biases; `attend` does softmax(q k / sqrt(head_size)) v."""

    def __init__(self, shape):
        super().__init__()
        self.heads, self.size = shape.heads, shape.head_size
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            setattr(self, name, nn.Linear(shape.hidden, shape.hidden, bias=False))

    def forward(self, x, cos, sin, attend):
        rows, length, hidden = x.shape
        split = lambda y: y.view(rows, length, self.heads, self.size).transpose(1, 2)
        q, k, v = split(self.q_proj(x)), split(self.k_proj(x)), split(self.v_proj(x))
        q, k = rotate(q, cos, sin).to(v.dtype), rotate(k, cos, sin).to(v.dtype)
        return self.o_proj(attend(q, k, v).transpose(1, 2).reshape(rows, length, hidden))


class FeedForward(nn.Module):
    """down(relu(gate(x)) * up(x))."""

    def __init__(self, shape):
        super().__init__()
        self.gate_proj = nn.Linear(shape.hidden, shape.ffn, bias=False)
        self.up_proj = nn.Linear(shape.hidden, shape.ffn, bias=False)
        self.down_proj = nn.Linear(shape.ffn, shape.hidden, bias=False)

    def forward(self, x):
        return self.down_proj(F.relu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    """Attention and feed-forward, each behind a norm and a residual."""

    def __init__(self, shape):
        super().__init__()
        self.input_layernorm, self.self_attn = Norm(shape.hidden, shape.epsilon), Attention(shape)
        self.post_attention_layernorm, self.mlp = Norm(shape.hidden, shape.epsilon), FeedForward(shape)

    def forward(self, x, cos, sin, attend):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, attend)
        return x + self.mlp(self.post_attention_layernorm(x))


class Body(nn.Module):
    """Embedding, layers, last norm; the prefix `model.` of the exported names."""

    def __init__(self, shape):
        super().__init__()
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.hidden)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = Norm(shape.hidden, shape.epsilon)


class PhoneLM(nn.Module):
    """Token ids and positions [rows, length] to hidden states or logits."""

    def __init__(self, shape):
        super().__init__()
        self.shape, self.model = shape, Body(shape)
        cos, sin = rotary_tables(shape)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.reset()

    def reset(self, seed=0):
        """Normal weights of 0.02 (embedding) or 1/sqrt(inputs); the residual projections start at zero."""
        generator = torch.Generator(device="cpu").manual_seed(seed)
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if parameter.ndim == 1:
                    parameter.fill_(1.0)
                elif name.endswith(("o_proj.weight", "down_proj.weight")):
                    parameter.zero_()
                else:
                    spread = 0.02 if "embed" in name else parameter.shape[1] ** -0.5
                    parameter.copy_(torch.randn(parameter.shape, generator=generator) * spread)

    def hidden(self, tokens, positions, attend):
        """The last norm's output."""
        cos, sin = self.cos[positions].unsqueeze(1), self.sin[positions].unsqueeze(1)
        x = self.model.embed_tokens(tokens)
        for index, layer in enumerate(self.model.layers):
            x = layer(x, cos, sin, lambda q, k, v, index=index: attend(index, q, k, v))
        return self.model.norm(x)

    def forward(self, tokens, positions, attend):
        return F.linear(self.hidden(tokens, positions, attend), self.model.embed_tokens.weight)


def causal(index, q, k, v):
    """Plain attention for a single document a row."""
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)
