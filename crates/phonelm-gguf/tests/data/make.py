"""Writes gguf-py.gguf with the PyPI package gguf 0.19.0 (pip install gguf): python3 make.py"""

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, quants

writer = GGUFWriter("gguf-py.gguf", "llama")
writer.add_name("made by gguf-py")
writer.add_uint8("t.u8", 200)
writer.add_int8("t.i8", -100)
writer.add_uint16("t.u16", 60000)
writer.add_int16("t.i16", -30000)
writer.add_int32("t.i32", -5)
writer.add_float32("t.f32", 0.5)
writer.add_uint64("t.u64", 1 << 60)
writer.add_int64("t.i64", -(1 << 60))
writer.add_float64("t.f64", 0.25)
writer.add_bool("t.bool", True)
writer.add_array("t.strings", ["a", "grüß", ""])
writer.add_array("t.ints", [1, -2, 3])
writer.add_array("t.floats", [0.5, -1.5])
writer.add_tensor("floats", np.arange(6, dtype=np.float32).reshape(2, 3))
writer.add_tensor("halves", np.arange(4, dtype=np.float16))
q8 = quants.quantize(np.arange(64, dtype=np.float32).reshape(2, 32), GGMLQuantizationType.Q8_0)
writer.add_tensor("blocks", q8, raw_dtype=GGMLQuantizationType.Q8_0)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
