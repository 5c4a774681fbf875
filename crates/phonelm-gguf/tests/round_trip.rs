//! Files written and read back, and the writer's own checks.

use phonelm_gguf::{Array, Error, Gguf, MAX_DEPTH, PADDING_KEY, PAGE, TensorType, Value, Writer};
use proptest::collection::vec;
use proptest::prelude::*;

fn array(depth: usize) -> BoxedStrategy<Array> {
    let plain = prop_oneof![
        vec(any::<u8>(), 0..5).prop_map(Array::U8),
        vec(any::<i8>(), 0..5).prop_map(Array::I8),
        vec(any::<u16>(), 0..5).prop_map(Array::U16),
        vec(any::<i16>(), 0..5).prop_map(Array::I16),
        vec(any::<u32>(), 0..5).prop_map(Array::U32),
        vec(any::<i32>(), 0..5).prop_map(Array::I32),
        vec(any::<f32>(), 0..5).prop_map(Array::F32),
        vec(any::<bool>(), 0..5).prop_map(Array::Bool),
        vec(any::<String>(), 0..5).prop_map(Array::String),
        vec(any::<u64>(), 0..5).prop_map(Array::U64),
        vec(any::<i64>(), 0..5).prop_map(Array::I64),
        vec(any::<f64>(), 0..5).prop_map(Array::F64),
    ];
    if depth == MAX_DEPTH {
        return plain.boxed();
    }
    prop_oneof![4 => plain, 1 => vec(array(depth + 1), 0..3).prop_map(Array::Array)].boxed()
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<u8>().prop_map(Value::U8),
        any::<i8>().prop_map(Value::I8),
        any::<u16>().prop_map(Value::U16),
        any::<i16>().prop_map(Value::I16),
        any::<u32>().prop_map(Value::U32),
        any::<i32>().prop_map(Value::I32),
        any::<f32>().prop_map(Value::F32),
        any::<bool>().prop_map(Value::Bool),
        any::<String>().prop_map(Value::String),
        any::<u64>().prop_map(Value::U64),
        any::<i64>().prop_map(Value::I64),
        any::<f64>().prop_map(Value::F64),
        array(1).prop_map(Value::Array),
    ]
}

fn tensor() -> impl Strategy<Value = (TensorType, Vec<u64>)> {
    let shape = (1u64..4, vec(1u64..4, 0..4));
    (proptest::sample::select(TensorType::ALL.to_vec()), shape).prop_map(|(ty, (blocks, outer))| {
        let row = blocks * ty.block_len() as u64;
        (ty, std::iter::once(row).chain(outer).collect())
    })
}

/// Bytes that differ between tensors.
fn data(index: usize, len: u64) -> Vec<u8> {
    (0..len).map(|i| (i as u8).wrapping_mul(7).wrapping_add(index as u8)).collect()
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        entries in vec((any::<String>(), value()), 0..8),
        tensors in vec(tensor(), 0..5),
        alignment in proptest::sample::select(vec![1u32, 2, 8, 32, 256]),
        page_aligned: bool,
    ) {
        let mut writer = Writer::new();
        writer.alignment(alignment).page_aligned(page_aligned);
        for (i, (key, value)) in entries.iter().enumerate() {
            writer.set(format!("{i}{key}"), value.clone());
        }
        for (i, (ty, shape)) in tensors.iter().enumerate() {
            writer.tensor(format!("tensor {i}"), shape, *ty);
        }
        let mut body = writer.start(Vec::new()).unwrap();
        let sizes: Vec<u64> = body.tensors().iter().map(|t| t.size()).collect();
        for (i, &size) in sizes.iter().enumerate() {
            let bytes = data(i, size);
            let (head, tail) = bytes.split_at(bytes.len() / 3);
            body.chunk(head).unwrap();
            body.tensor(tail).unwrap();
        }
        let file = body.finish().unwrap();

        let gguf = Gguf::parse(&file).unwrap();
        prop_assert_eq!(gguf.version(), 3);
        prop_assert_eq!(gguf.alignment(), u64::from(alignment));
        prop_assert_eq!(gguf.metadata().len(), entries.len() + 1 + usize::from(page_aligned));
        for (i, (key, value)) in entries.iter().enumerate() {
            // Compared as text, because NaN differs from itself.
            let found = gguf.metadata().get(&format!("{i}{key}"));
            prop_assert_eq!(format!("{found:?}"), format!("{:?}", Some(value)));
        }
        prop_assert_eq!(gguf.tensors().len(), tensors.len());
        for (i, (ty, shape)) in tensors.iter().enumerate() {
            let found = gguf.tensor(&format!("tensor {i}")).unwrap();
            prop_assert_eq!((&found.ty, &found.shape), (ty, shape));
            prop_assert_eq!(found.row_len() * found.rows(), shape.iter().product::<u64>());
            prop_assert_eq!(found.range.start % u64::from(alignment), 0);
            prop_assert_eq!(found.bytes(&file).unwrap(), data(i, found.size()));
        }
        if page_aligned {
            prop_assert_eq!(gguf.data_start() % PAGE, 0);
        }

        let mut again = Writer::new();
        gguf.metadata().iter().for_each(|(key, value)| { again.set(key, value.clone()); });
        gguf.tensors().iter().for_each(|t| { again.tensor(&t.name, &t.shape, t.ty); });
        let mut body = again.page_aligned(page_aligned).start(Vec::new()).unwrap();
        gguf.tensors().iter().for_each(|t| body.tensor(t.bytes(&file).unwrap()).unwrap());
        prop_assert!(body.finish().unwrap() == file, "writing what was read gives the same bytes");
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in vec(any::<u8>(), 0..200)) {
        let file = [b"GGUF\x03\0\0\0", bytes.as_slice()].concat();
        let _ = Gguf::parse(&file);
    }
}

#[test]
fn padding_of_another_file_is_replaced_and_setting_again_overwrites() {
    let mut writer = Writer::new();
    writer.set(PADDING_KEY, " ".repeat(70_000)).set("k", 1u8).set("k", 2u8).page_aligned(true);
    let file = writer.start(Vec::new()).unwrap().finish().unwrap();
    let gguf = Gguf::parse(&file).unwrap();
    assert_eq!((gguf.data_start(), file.len() as u64), (PAGE, PAGE));
    assert_eq!(gguf.metadata().get("k"), Some(&Value::U8(2)));
}

#[test]
fn declarations_are_checked() {
    let error = |writer: &mut Writer| writer.start(Vec::new()).map(drop).expect_err("must be refused");
    let shaped = |shape: &[u64], ty| error(Writer::new().tensor("t", shape, ty));

    assert!(matches!(error(Writer::new().alignment(12)), Error::Alignment { found: 12 }));
    assert!(matches!(shaped(&[], TensorType::F32), Error::Dimensions { found: 0, .. }));
    assert!(matches!(shaped(&[1, 0], TensorType::F32), Error::Shape { .. }));
    assert!(matches!(shaped(&[1 << 61], TensorType::F32), Error::Shape { .. }));
    assert!(matches!(shaped(&[48], TensorType::Q8_0), Error::RowLength { .. }));
    let mut twice = Writer::new();
    twice.tensor("t", &[1], TensorType::F32).tensor("t", &[1], TensorType::F32);
    assert!(matches!(error(&mut twice), Error::DuplicateTensor { .. }));
    let deep = (0..MAX_DEPTH).fold(Array::U8(vec![]), |inner, _| Array::Array(vec![inner]));
    assert!(matches!(error(Writer::new().set("deep", deep)), Error::Depth { .. }));
}

#[test]
fn the_body_takes_exactly_what_was_declared() {
    let mut writer = Writer::new();
    writer.tensor("a", &[2], TensorType::F32).tensor("b", &[2], TensorType::F32);
    let start = || writer.start(Vec::new()).unwrap();

    let mut body = start();
    assert!(matches!(body.tensor(&[0; 7]), Err(Error::TensorBytes { expected: 8, found: 7, .. })));
    body.chunk(&[0; 6]).unwrap();
    assert!(matches!(body.chunk(&[0; 3]), Err(Error::TensorBytes { expected: 8, found: 9, .. })));
    let error = body.finish().unwrap_err();
    assert_eq!(error.to_string(), "tensor \"a\" takes 8 bytes, 6 were given");

    let mut body = start();
    body.tensor(&[0; 8]).unwrap();
    body.tensor(&[0; 8]).unwrap();
    assert!(matches!(body.chunk(&[0]), Err(Error::NoTensorLeft)));
    assert_eq!(body.finish().unwrap().len() % 32, 0);
}

#[test]
fn a_full_disk_is_an_error() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        return;
    };
    let mut writer = Writer::new();
    writer.set("k", 1u8);
    let error = writer.start(full).map(drop).unwrap_err();
    assert!(error.to_string().starts_with("writing failed: No space left on device"), "{error}");
}
