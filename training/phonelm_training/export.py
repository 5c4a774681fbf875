"""The Hugging Face folder that `phonelm convert` reads."""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from .model import PhoneLM, Shape
from .render import template
from .tokenizer import load

_IDS = {"bos_token_id": 0, "eos_token_id": 2}


def export(model, tokenizer, form, folder):
    """Writes config, weights (f16), tokenizer and chat template."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    shape = model.shape
    config = {
        "model_type": "phonelm",
        "architectures": ["PhoneLMForCausalLM"],
        "hidden_size": shape.hidden,
        "intermediate_size": shape.ffn,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.heads,
        "max_position_embeddings": shape.context,
        "rms_norm_eps": shape.epsilon,
        "rope_theta": shape.theta,
        "rope_scaling": None,
        "hidden_act": "relu",
        "vocab_size": shape.vocabulary,
        "tie_word_embeddings": True,
        **_IDS,
        "torch_dtype": "float16",
    }
    _write(folder / "config.json", config)
    _write(folder / "generation_config.json", {**_IDS, "pad_token_id": 0, "do_sample": False})
    _write(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "add_bos_token": False,
            "add_prefix_space": False,
            "bos_token": None,
            "eos_token": "<|im_end|>",
            "pad_token": "<|endoftext|>",
            "unk_token": None,
            "clean_up_tokenization_spaces": False,
            "model_max_length": shape.context,
            "chat_template": template(form),
        },
    )
    if Path(tokenizer).resolve() != (folder / "tokenizer.json").resolve():
        shutil.copyfile(tokenizer, folder / "tokenizer.json")
    weights = {name: value.detach().to("cpu", torch.float16).contiguous() for name, value in model.state_dict().items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def _write(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(folder, device="cpu"):
    """(model in f32, tokenizer, chat template) of a folder."""
    folder = Path(folder)
    config = json.loads((folder / "config.json").read_text())
    shape = Shape(
        config["vocab_size"],
        config["hidden_size"],
        config["num_attention_heads"],
        config["intermediate_size"],
        config["num_hidden_layers"],
        config["max_position_embeddings"],
        config["rope_theta"],
        config["rms_norm_eps"],
    )
    model = PhoneLM(shape)
    model.load_state_dict({name: value.float() for name, value in load_file(folder / "model.safetensors").items()})
    chat = json.loads((folder / "tokenizer_config.json").read_text())["chat_template"]
    return model.to(device).eval(), load(folder / "tokenizer.json"), chat


def q8_0(matrix):
    """The matrix after a round trip through Q8_0: blocks of 32 along a row, an f16 scale each."""
    blocks = matrix.float().reshape(-1, 32)
    scale = (blocks.abs().amax(1, keepdim=True) / 127).half().float()
    whole = torch.where(scale > 0, torch.round(blocks / torch.where(scale > 0, scale, 1)), 0).clamp(-127, 127)
    return (whole * scale).reshape(matrix.shape)
