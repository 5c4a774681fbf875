//! A file that another implementation wrote (tests/data/make.py).

use phonelm_gguf::{Array, Gguf, TensorType, Value};

#[test]
fn a_file_of_gguf_py_is_read() {
    let file = include_bytes!("data/gguf-py.gguf");
    let gguf = Gguf::parse(file).unwrap();
    let expected: [(&str, Value); 15] = [
        ("general.architecture", "llama".into()),
        ("general.name", "made by gguf-py".into()),
        ("t.u8", 200u8.into()),
        ("t.i8", (-100i8).into()),
        ("t.u16", 60000u16.into()),
        ("t.i16", (-30000i16).into()),
        ("t.i32", (-5i32).into()),
        ("t.f32", 0.5f32.into()),
        ("t.u64", (1u64 << 60).into()),
        ("t.i64", (-(1i64 << 60)).into()),
        ("t.f64", 0.25f64.into()),
        ("t.bool", true.into()),
        ("t.strings", Array::String(["a", "grüß", ""].map(str::to_owned).to_vec()).into()),
        ("t.ints", vec![1i32, -2, 3].into()),
        ("t.floats", vec![0.5f32, -1.5].into()),
    ];
    let found: Vec<_> = gguf.metadata().iter().collect();
    assert_eq!(found, expected.iter().map(|(key, value)| (*key, value)).collect::<Vec<_>>());

    let floats = gguf.tensor("floats").unwrap();
    assert_eq!((floats.ty, floats.shape.as_slice(), floats.rows()), (TensorType::F32, &[3, 2][..], 2));
    let values: Vec<f32> = floats.bytes(file).unwrap().as_chunks().0.iter().map(|&c| f32::from_le_bytes(c)).collect();
    assert_eq!(values, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    let halves = gguf.tensor("halves").unwrap();
    assert_eq!(halves.bytes(file).unwrap(), [0, 0, 0, 0x3c, 0, 0x40, 0, 0x42], "0, 1, 2 and 3 as f16");
    let blocks = gguf.tensor("blocks").unwrap();
    assert_eq!((blocks.ty, blocks.shape.as_slice(), blocks.size()), (TensorType::Q8_0, &[32, 2][..], 68));
    assert_eq!(blocks.bytes(file).unwrap()[33], 127, "the largest weight of the first row");
}
