"""Writes all golden data anew and lists it in SHA256SUMS; review the difference before committing it.

Needs the packages of requirements.txt and, for gguf/, LLAMA_CPP_SRC and LLAMA_CPP_BUILD (README.md).
"""

import hashlib

import blocks
import families
import gguf_models
import phonelm_numpy
import templates
from common import ROOT

OUTPUTS = ["models", "blocks", "gguf", "templates"]


def write_sums() -> None:
    files = sorted(p for folder in OUTPUTS for p in (ROOT / folder).rglob("*") if p.is_file())
    lines = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(ROOT).as_posix()}\n" for p in files]
    (ROOT / "SHA256SUMS").write_text("".join(lines))
    print(f"{len(files)} files, {sum(p.stat().st_size for p in files) / 1e6:.2f} MB")


def main() -> None:
    for part in (phonelm_numpy, families, blocks, gguf_models, templates):
        print(f"== {part.__name__}")
        part.main()
    write_sums()


if __name__ == "__main__":
    main()
