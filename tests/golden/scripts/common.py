"""Paths and file writing shared by the golden-data scripts.

A model case is a folder `models/<name>/` with config.json, the safetensors,
tokens.json (the input ids) and expected.npy (logits, f32, [tokens, vocab]).
"""

import json
import shutil
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "models"
GGUF = ROOT / "gguf"
BLOCKS = ROOT / "blocks"
TEMPLATES = ROOT / "templates"


def fresh_folder(path: Path) -> Path:
    """An empty folder at `path`; what lay there before is removed."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def write_json(path: Path, value) -> None:
    """An object is indented; a list of objects takes one line an item, a list of numbers one line."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        text = "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in value) + "\n]"
    else:
        text = json.dumps(value, indent=2 if isinstance(value, dict) else None, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def token_list(rng: np.random.Generator, count: int, vocab: int) -> list[int]:
    """`count` ids that hold the first and the last id of the vocabulary and one repeated id."""
    ids = rng.integers(0, vocab, count)
    ids[1], ids[3], ids[5] = 0, vocab - 1, ids[4]
    return ids.tolist()


def write_case(folder: Path, tokens: list[int], logits: np.ndarray) -> None:
    """tokens.json and expected.npy, after a check that the logits can tell right from wrong."""
    assert np.isfinite(logits).all()
    spread = float(logits.std())
    assert 0.3 < spread < 5, f"{folder.name}: spread {spread:.3f}"
    write_json(folder / "tokens.json", tokens)
    np.save(folder / "expected.npy", logits.astype(np.float32))
    print(f"{folder.name}: {logits.shape}, spread {spread:.3f}")


def to_bf16(x: np.ndarray) -> np.ndarray:
    """The bits (uint16) of f32 values rounded to bfloat16, half to even."""
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def from_bf16(bits: np.ndarray) -> np.ndarray:
    return (bits.astype(np.uint32) << 16).view(np.float32)


def round_to(x: np.ndarray, dtype: str) -> np.ndarray:
    """The f64 values that `x` has once stored as "f32", "f16" or "bf16"."""
    if dtype == "bf16":
        return from_bf16(to_bf16(x)).astype(np.float64)
    return x.astype({"f32": np.float32, "f16": np.float16}[dtype]).astype(np.float64)


def save_safetensors(path: Path, tensors: dict[str, np.ndarray], dtype: str) -> None:
    import torch
    from safetensors.torch import save_file

    kind = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}[dtype]
    save_file({name: torch.from_numpy(x).to(kind) for name, x in tensors.items()}, path, {"format": "pt"})
