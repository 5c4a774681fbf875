"""The Hugging Face folder that `from_pretrained` and `phonelm convert` read."""

import json
import shutil
from pathlib import Path

import torch
from transformers import GenerationConfig

from . import checkpoint
from .errors import Problem
from .model import PhoneLMForCausalLM, read_config
from .render import template
from .tokenizer import load


def write(folder, config, weights, tokenizer, form):
    """Writes config, weights (f16), tokenizer and, with a `form`, the chat template."""
    folder, encoder = Path(folder), load(tokenizer)
    model = PhoneLMForCausalLM(config)
    model.load_state_dict(weights)
    model = model.to(torch.float16)
    end_of_text, end_of_turn = (encoder.token_to_id(mark) for mark in ("<|endoftext|>", "<|im_end|>"))
    ids = {"bos_token_id": end_of_text, "eos_token_id": end_of_turn if form else end_of_text}
    for name, value in ids.items():
        setattr(model.config, name, value)
    model.generation_config = GenerationConfig(**ids, pad_token_id=end_of_text, do_sample=False)
    model.save_pretrained(folder)
    about = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "add_bos_token": False,
        "add_prefix_space": False,
        "bos_token": None,
        "eos_token": "<|im_end|>" if form else "<|endoftext|>",
        "pad_token": "<|endoftext|>",
        "unk_token": None,
        "clean_up_tokenization_spaces": False,
        "model_max_length": config.max_position_embeddings,
    }
    if form:
        about["chat_template"] = template(form)
    (folder / "tokenizer_config.json").write_text(
        json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    if Path(tokenizer).resolve() != (folder / "tokenizer.json").resolve():
        shutil.copyfile(tokenizer, folder / "tokenizer.json")


def export(source, out):
    """Writes the folder OUT from a checkpoint, or from the last one of a run."""
    source = Path(source)
    if not (source / "run.json").exists():
        found = checkpoint.checkpoints(source)
        if not found:
            raise Problem(f"{source} is neither a checkpoint nor a run with one")
        source = found[-1]
    if Path(out).exists() and any(Path(out).iterdir()):
        raise Problem(f"{out} is not empty: remove it or give another folder")
    from .config import made
    from .settings import Settings, check_sizes

    run = checkpoint.read_run(source)
    settings = made(Settings, run["settings"], str(source))
    config = settings.config()
    check_sizes(run["sizes"], config.sizes(), source)
    model = PhoneLMForCausalLM(config).float()
    checkpoint.load_weights(source, model)
    write(out, config, model.state_dict(), settings.tokenizer_path(), settings.form)
    return source


def load_weights(folder, model):
    """Fills the model with the weights of a Hugging Face folder."""
    model.load_state_dict(read_model(folder).state_dict())


def read_model(folder, device="cpu"):
    """The model of a folder, in f32."""
    config = read_config(folder)
    try:
        model, report = PhoneLMForCausalLM.from_pretrained(
            folder, config=config, dtype=torch.float32, output_loading_info=True
        )
    except Exception as error:
        raise Problem(f"the weights in {folder} cannot be read: {str(error).splitlines()[0]}") from None
    wrong = {
        key: sorted(names) for key, names in report.items() if key in ("missing_keys", "unexpected_keys") and names
    }
    if wrong:
        raise Problem(f"the weights in {folder} do not fit its config.json: {wrong}")
    return model.to(device).eval()


def read(folder, device="cpu"):
    """(model in f32, tokenizer, chat template) of a folder."""
    folder = Path(folder)
    chat = json.loads((folder / "tokenizer_config.json").read_text())["chat_template"]
    return read_model(folder, device), load(folder / "tokenizer.json"), chat
