"""Quantised blocks: bytes to values for every type, values to bytes where the gguf package quantises.

blocks/<type>-blocks.npy   u8  [n, bytes of a block]: random bytes with random finite f16 scales
blocks/<type>-values.npy   f32 [n, values of a block]: what they mean
blocks/floats.npy          f32 [rows, 256]: awkward rows
blocks/<type>-quantised.npy u8 [rows, bytes of a row]: those rows, quantised
"""

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Type
from gguf.quants import dequantize, quantize

from common import BLOCKS, fresh_folder

# Byte offsets of the f16 fields of one block (ggml-common.h).
SCALES = {
    Type.Q4_0: [0],
    Type.Q4_1: [0, 2],
    Type.Q5_0: [0],
    Type.Q5_1: [0, 2],
    Type.Q8_0: [0],
    Type.Q4_K: [0, 2],
    Type.Q5_K: [0, 2],
    Type.Q6_K: [208],
}
QUANTISED = [Type.BF16, Type.F16, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0]


def random_blocks(kind: Type, rng: np.random.Generator) -> np.ndarray:
    values, size = GGML_QUANT_SIZES[kind]
    count = 40 if values == 32 else 12
    blocks = rng.integers(0, 256, (count, size), np.uint8)
    blocks[0], blocks[1] = 0, 255  # all bits clear, all bits set (but for the scales)
    for offset in SCALES[kind]:
        scales = (rng.normal(size=count) * 10.0 ** rng.integers(-3, 2, count)).astype(np.float16)
        scales[:6] = [1, -1, 0, -0.0, 6e-8, 1000]  # 6e-8 is the smallest subnormal
        blocks[:, offset : offset + 2] = scales.view(np.uint8).reshape(count, 2)
    return blocks


def awkward_floats(rng: np.random.Generator) -> np.ndarray:
    rows = rng.normal(size=(12, 256))
    rows[1] *= 0.02
    rows[2] *= 500
    rows[3] = 0
    rows[4] = 0.75
    rows[5] = -np.abs(rows[5])
    rows[6] = np.abs(rows[6]) + 3
    rows[7] = rng.standard_t(2, 256)
    rows[8] = np.arange(-128, 128) / 2  # halves: ties when rounding
    rows[9, ::7] = 0
    rows[10] *= 1e-7  # scales fall below the smallest normal f16
    rows[11, :] = -0.0
    return rows.astype(np.float32)


def main() -> None:
    fresh_folder(BLOCKS)
    rng = np.random.default_rng(4000)
    for kind in SCALES:
        blocks = random_blocks(kind, rng)
        values = dequantize(blocks, kind)
        assert np.isfinite(values).all() and values.dtype == np.float32
        name = kind.name.lower()
        np.save(BLOCKS / f"{name}-blocks.npy", blocks)
        np.save(BLOCKS / f"{name}-values.npy", values)
        print(name, blocks.shape, values.shape)
    floats = awkward_floats(rng)
    np.save(BLOCKS / "floats.npy", floats)
    for kind in QUANTISED:
        data = quantize(floats, kind)
        np.save(BLOCKS / f"{kind.name.lower()}-quantised.npy", data.view(np.uint8))
        print("quantised", kind.name.lower(), data.view(np.uint8).shape)


if __name__ == "__main__":
    main()
