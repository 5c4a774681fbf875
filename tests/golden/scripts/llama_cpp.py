"""Runs llama.cpp: quantising, logits and token ids (see llama_ref.cpp and README.md).

LLAMA_CPP_SRC names its source tree and LLAMA_CPP_BUILD the build folder (static libraries).
"""

import functools
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent


def _folder(variable: str) -> Path:
    if variable not in os.environ:
        raise SystemExit(f"set {variable} (tests/golden/README.md tells how to build llama.cpp)")
    return Path(os.environ[variable])


@functools.cache
def reference_program() -> str:
    """llama_ref, compiled against the library."""
    source, build = _folder("LLAMA_CPP_SRC"), _folder("LLAMA_CPP_BUILD")
    program = build / "bin" / "llama_ref"
    libraries = [build / "src" / "libllama.a", *(build / "ggml" / "src" / f"lib{n}.a" for n in ("ggml", "ggml-cpu", "ggml-base"))]
    includes = [f"-I{source / d}" for d in ("include", "ggml/include")]
    subprocess.run(["g++", "-O1", "-std=c++17", *includes, HERE / "llama_ref.cpp", *libraries, "-fopenmp", "-ldl", "-lpthread", "-o", program], check=True)
    return str(program)


def quantise(source: Path, target: Path, kind: str, pure: bool) -> None:
    program = _folder("LLAMA_CPP_BUILD") / "bin" / "llama-quantize"
    options = ["--pure"] if pure else []
    subprocess.run([program, *options, source, target, kind, "1"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def logits(model: Path, ids: list[int], vocab: int) -> np.ndarray:
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run([reference_program(), "logits", model, out.name, *map(str, ids)], check=True)
        return np.fromfile(out.name, np.float32).reshape(len(ids), vocab)


def token_ids(model: Path, texts: list[str]) -> list[dict]:
    """The same fields as bpe.string_cases, from llama.cpp."""
    data = b"".join(text.encode() + b"\0" for text in texts)
    out = subprocess.run([reference_program(), "tokenize", model], input=data, check=True, stdout=subprocess.PIPE).stdout
    lines = [[int(x) for x in line.split()] for line in out.decode().split("\n")[:-1]]
    assert len(lines) == 3 * len(texts)
    return [
        {"text": text, "ids": lines[3 * i], "ids_text": lines[3 * i + 1], "ids_with_special": lines[3 * i + 2]}
        for i, text in enumerate(texts)
    ]
