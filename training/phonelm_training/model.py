"""PhoneLM for transformers: RMSNorm, grouped attention with rounded rotary tables, gated ReLU feed-forward.

    model = PhoneLMForCausalLM.from_pretrained("models/phonelm-tiny")

Importing this module makes `AutoModelForCausalLM` know the model type `phonelm`. `config.json` and the weights' names
are what `phonelm convert` reads.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    DynamicCache,
    GenerationMixin,
    PretrainedConfig,
    PreTrainedModel,
)
from transformers.modeling_outputs import CausalLMOutputWithPast

from .attention import attention, padded_mask
from .errors import Problem

# Newer versions of transformers call `past_key_values` `cache`.
_CACHE = "cache" if "cache" in CausalLMOutputWithPast.__annotations__ else "past_key_values"


class PhoneLMConfig(PretrainedConfig):
    """Sizes of a model; `num_key_value_heads` and `head_dim` follow from the others where they are missing."""

    model_type = "phonelm"
    keys_to_ignore_at_inference = ["past_key_values", "cache"]

    def __init__(
        self,
        vocab_size=49152,
        hidden_size=1024,
        intermediate_size=4864,
        num_hidden_layers=24,
        num_attention_heads=16,
        num_key_value_heads=None,
        head_dim=None,
        max_position_embeddings=2048,
        rope_theta=10000.0,
        rms_norm_eps=1e-6,
        hidden_act="relu",
        tie_word_embeddings=True,
        **others,
    ):
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.intermediate_size = intermediate_size
        self.num_hidden_layers = num_hidden_layers
        self.num_attention_heads = num_attention_heads
        self.num_key_value_heads = num_key_value_heads or num_attention_heads
        self.head_dim = head_dim or hidden_size // max(1, num_attention_heads)
        self.max_position_embeddings = max_position_embeddings
        self.rope_theta = rope_theta
        self.rms_norm_eps = rms_norm_eps
        self.hidden_act = hidden_act
        if others.pop("rope_scaling", None):
            raise Problem("the model has rope_scaling: PhoneLM's rotary positions are not scaled")
        super().__init__(tie_word_embeddings=tie_word_embeddings, **others)

    def check(self):
        """Refuses sizes that no PhoneLM can have; returns the config."""
        for name in _SIZES:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise Problem(f"the model's {name} is {value!r}: it must be a whole number above 0")
        if self.num_attention_heads % self.num_key_value_heads:
            raise Problem(
                f"the model's num_key_value_heads is {self.num_key_value_heads}: "
                f"it must divide the {self.num_attention_heads} heads"
            )
        if self.head_dim % 2:
            raise Problem(f"the model's head_dim is {self.head_dim}: rotary positions need an even number")
        if self.hidden_act != "relu":
            raise Problem(f"the model's hidden_act is {self.hidden_act!r}: PhoneLM has relu")
        return self

    def sizes(self):
        """What decides the weights' shapes and their meaning; equal for models whose weights can be exchanged."""
        return {name: getattr(self, name) for name in (*_SIZES, "rope_theta", "rms_norm_eps", "tie_word_embeddings")}


_SIZES = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "max_position_embeddings",
)


def read_config(source):
    """The checked config of a mapping, or of a config.json or its folder."""
    if not isinstance(source, dict):
        path = Path(source)
        path = path / "config.json" if path.is_dir() else path
        try:
            source = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise Problem(f"the model's config cannot be read: {path}: {error.strerror}") from None
        except ValueError as error:
            raise Problem(f"the model's config is no JSON: {path}: {error}") from None
    kind = source.get("model_type", "phonelm")
    if kind != "phonelm":
        raise Problem(f"the model's model_type is {kind!r}: only phonelm is trained here")
    return PhoneLMConfig(**{key: value for key, value in source.items() if key != "model_type"}).check()


def rotary_table(config):
    """cos and sin of every position, [2, context, head_dim], as the int8 that the engine's tables hold (127 is 1)."""
    half = torch.arange(0, config.head_dim, 2, dtype=torch.float64, device="cpu") / config.head_dim
    places = torch.arange(config.max_position_embeddings, dtype=torch.float64, device="cpu")
    angles = torch.outer(places, config.rope_theta**-half)
    angles = torch.cat((angles, angles), dim=-1)
    return torch.round(torch.stack((angles.cos(), angles.sin())).float() * 127).to(torch.int8)


def rotate(x, cos, sin):
    """Rotary positions; the two halves of a head are the pairs' first and second members."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


class Norm(nn.Module):
    """RMSNorm in f32; the residual stream is f32 too, the rest has the weights' type."""

    def __init__(self, size, epsilon):
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(size)), epsilon

    def forward(self, x):
        wide = x.float()
        wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.epsilon)
        return (wide * self.weight).to(self.weight.dtype)


class Linear(nn.Linear):
    """A matrix without bias; `rounding` is what quantising will do to its weights, felt in training."""

    rounding = None

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs, bias=False)

    def forward(self, x):
        return F.linear(x, rounded(self.weight, self.rounding))


def rounded(weight, rounding):
    """The weight as quantised, with the gradient of the weight as it is (straight through)."""
    return weight if rounding is None else weight + (rounding(weight) - weight).detach()


class Attention(nn.Module):
    """Grouped-query attention."""

    def __init__(self, config, index):
        super().__init__()
        self.index, self.head_dim = index, config.head_dim
        wide, narrow = config.num_attention_heads * config.head_dim, config.num_key_value_heads * config.head_dim
        self.q_proj = Linear(config.hidden_size, wide)
        self.k_proj = Linear(config.hidden_size, narrow)
        self.v_proj = Linear(config.hidden_size, narrow)
        self.o_proj = Linear(wide, config.hidden_size)

    def forward(self, x, cos, sin, mask, cache):
        rows, length, _ = x.shape
        split = lambda y: y.view(rows, length, -1, self.head_dim).transpose(1, 2)
        q, k, v = split(self.q_proj(x)), split(self.k_proj(x)), split(self.v_proj(x))
        q, k = rotate(q, cos, sin).to(v.dtype), rotate(k, cos, sin).to(v.dtype)
        if cache is not None:
            k, v = cache.update(k, v, self.index)
        return self.o_proj(attention(q, k, v, mask).transpose(1, 2).reshape(rows, length, -1))


class FeedForward(nn.Module):
    """down(relu(gate(x)) * up(x))."""

    def __init__(self, config):
        super().__init__()
        self.gate_proj = Linear(config.hidden_size, config.intermediate_size)
        self.up_proj = Linear(config.hidden_size, config.intermediate_size)
        self.down_proj = Linear(config.intermediate_size, config.hidden_size)

    def forward(self, x):
        return self.down_proj(F.relu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    """Attention and feed-forward, each behind a norm and a residual."""

    def __init__(self, config, index):
        super().__init__()
        size, epsilon = config.hidden_size, config.rms_norm_eps
        self.input_layernorm, self.self_attn = Norm(size, epsilon), Attention(config, index)
        self.post_attention_layernorm, self.mlp = Norm(size, epsilon), FeedForward(config)

    def forward(self, x, cos, sin, mask, cache):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask, cache)
        return x + self.mlp(self.post_attention_layernorm(x))


class Body(nn.Module):
    """Embedding, layers, last norm; the prefix `model.` of the weights' names."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config, index) for index in range(config.num_hidden_layers))
        self.norm = Norm(config.hidden_size, config.rms_norm_eps)
        self.rounding = None
        self.register_buffer("rotary", rotary_table(config), persistent=False)

    def forward(self, tokens, positions, mask, cache=None):
        """The last norm's output; `mask` is what `attention` takes."""
        cos, sin = (self.rotary[:, positions].unsqueeze(2).float() / 127).unbind(0)
        x = F.embedding(tokens, self.embedding()).float()
        for layer in self.layers:
            x = layer(x, cos, sin, mask, cache)
        return self.norm(x)

    def embedding(self):
        return rounded(self.embed_tokens.weight, self.rounding)


class PhoneLMForCausalLM(PreTrainedModel, GenerationMixin):
    """Token ids to logits; `generate` and the key-value cache are those of transformers."""

    config_class = PhoneLMConfig
    base_model_prefix = "model"
    _no_split_modules = ["Layer"]

    def __init__(self, config):
        super().__init__(config.check())
        self.model = Body(config)
        self.lm_head = None if config.tie_word_embeddings else Linear(config.hidden_size, config.vocab_size)
        self.post_init()

    def _init_weights(self, module):
        if isinstance(module, Body):
            module.rotary.copy_(rotary_table(module.config))

    def get_input_embeddings(self):
        return self.model.embed_tokens

    def get_output_embeddings(self):
        return self.lm_head

    def reset(self, seed):
        """Normal weights of 0.02 (embedding, head) or 1/sqrt(inputs); the residual projections start at zero."""
        generator = torch.Generator(device="cpu").manual_seed(seed)
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if parameter.ndim == 1:
                    parameter.fill_(1.0)
                elif name.endswith(("o_proj.weight", "down_proj.weight")):
                    parameter.zero_()
                else:
                    spread = 0.02 if is_table(name) else parameter.shape[1] ** -0.5
                    parameter.copy_(torch.randn(parameter.shape, generator=generator) * spread)
        return self

    def logits(self, hidden):
        """Logits of the last norm's output."""
        return F.linear(hidden, self.model.embedding()) if self.lm_head is None else self.lm_head(hidden)

    def token_logits(self, tokens, positions, mask):
        """What training needs, without the outputs of transformers."""
        return self.logits(self.model(tokens, positions, mask))

    def forward(
        self,
        input_ids,
        position_ids=None,
        attention_mask=None,
        past_key_values=None,
        cache=None,
        labels=None,
        use_cache=None,
        logits_to_keep=0,
        **_,
    ):
        """`attention_mask` is a [rows, length] mask of padding as transformers has it, or what `attention` takes."""
        cache = past_key_values if cache is None else cache
        cache = DynamicCache() if use_cache and cache is None else cache
        past = cache.get_seq_length() if cache is not None else 0
        if attention_mask is None and past or isinstance(attention_mask, torch.Tensor) and attention_mask.ndim == 2:
            attention_mask, places = padded_mask(attention_mask, input_ids, past)
            position_ids = places if position_ids is None else position_ids
        if position_ids is None:
            position_ids = torch.arange(input_ids.shape[1], device=input_ids.device).expand_as(input_ids)
        hidden = self.model(input_ids, position_ids, attention_mask, cache)
        keep = slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) and logits_to_keep else slice(None)
        logits, loss = self.logits(hidden[:, keep]), None
        if labels is not None:
            loss = F.cross_entropy(logits[:, :-1].float().flatten(0, 1), labels[:, 1:].flatten())
        return CausalLMOutputWithPast(loss=loss, logits=logits, **{_CACHE: cache})


def is_table(name):
    """Whether a weight is the embedding or the head: a row answers for one token."""
    return "embed_tokens" in name or "lm_head" in name


AutoConfig.register("phonelm", PhoneLMConfig)
AutoModelForCausalLM.register(PhoneLMConfig, PhoneLMForCausalLM)
