//! Broken and hostile files, built byte by byte: each check of the reader has the file that it is there for.

use phonelm_gguf::{Error, Gguf, MAX_DEPTH, TensorType, Value, Writer};

/// A file under construction.
#[derive(Clone)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn header(tensors: u64, entries: u64) -> Self {
        Self(b"GGUF".to_vec()).u32(3).u64(tensors).u64(entries)
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    fn u32(self, n: u32) -> Self {
        self.raw(&n.to_le_bytes())
    }

    fn u64(self, n: u64) -> Self {
        self.raw(&n.to_le_bytes())
    }

    fn string(self, text: &str) -> Self {
        self.u64(text.len() as u64).raw(text.as_bytes())
    }

    fn entry(self, key: &str, ty: u32) -> Self {
        self.string(key).u32(ty)
    }

    /// A line of the tensor table.
    fn tensor(self, name: &str, shape: &[u64], ty: u32, offset: u64) -> Self {
        let with_dims = self.string(name).u32(shape.len() as u32);
        shape.iter().fold(with_dims, |bytes, &dim| bytes.u64(dim)).u32(ty).u64(offset)
    }

    /// Pads to the data section and adds `data` bytes.
    fn data(mut self, data: usize) -> Self {
        let start = self.0.len().next_multiple_of(32);
        self.0.resize(start + data, 0);
        self
    }

    #[expect(clippy::expect_used, reason = "only tests call it")]
    fn error(&self) -> Error {
        Gguf::parse(&self.0).expect_err("the file must be refused")
    }

    fn message(&self) -> String {
        self.error().to_string()
    }
}

const F32: u32 = 0;
const Q4_0: u32 = 2;

#[test]
fn no_gguf_file() {
    for bytes in [&b""[..], b"GG", b"GGML\x03\0\0\0", b"{\"a\": 1}"] {
        assert!(matches!(Gguf::parse(bytes), Err(Error::Magic { .. })), "{bytes:?}");
    }
}

#[test]
fn versions() {
    for found in [0, 1, 4, u32::MAX] {
        let error = Bytes(b"GGUF".to_vec()).u32(found).error();
        assert!(matches!(error, Error::Version { found: f } if f == found), "{error}");
    }
    assert!(matches!(Bytes(b"GGUF".to_vec()).u32(3u32.swap_bytes()).error(), Error::BigEndian));
}

#[test]
fn version_2_reads_like_version_3() {
    let mut file = Bytes::header(1, 1).entry("k", 4).u32(7).tensor("t", &[2], F32, 0).data(8);
    file.0[4] = 2;
    let gguf = Gguf::parse(&file.0).unwrap();
    assert_eq!((gguf.version(), gguf.metadata().u64("k").unwrap()), (2, Some(7)));
    assert_eq!(gguf.tensor("t").unwrap().bytes(&file.0).unwrap(), [0; 8]);
}

#[test]
fn counts_beyond_the_file() {
    let tensors = Bytes::header(u64::MAX, 0).message();
    assert_eq!(
        tensors,
        "the number of tensors at byte 8 is 18446744073709551615, but the rest of the file holds at most 0"
    );
    assert!(matches!(Bytes::header(0, 1 << 40).error(), Error::Count { offset: 16, limit: 0, .. }));
    let array = Bytes::header(0, 1).entry("a", 9).u32(8).u64(u64::MAX / 8);
    assert!(array.message().starts_with("the array length of key \"a\" at byte 41"), "{}", array.message());
}

#[test]
fn string_lengths_beyond_the_file() {
    let key = Bytes::header(0, 1).u64(u64::MAX).raw(&[b'a'; 20]);
    assert!(matches!(key.error(), Error::Truncated { offset: 32, needed: u64::MAX, available: 20, .. }));
    let value = Bytes::header(0, 1).entry("k", 8).u64(1000);
    assert!(value.message().contains("the value of key \"k\""), "{}", value.message());
}

#[test]
fn text_that_is_not_utf8() {
    let key = Bytes::header(0, 1).u64(2).raw(&[b'a', 0xff]).raw(&[0; 5]);
    assert!(matches!(key.error(), Error::NotUtf8 { offset: 33, .. }));
    let element = Bytes::header(0, 1).entry("k", 9).u32(8).u64(2).string("ok").u64(1).raw(&[0xc0]);
    assert!(element.message().starts_with("element 1 of key \"k\""), "{}", element.message());
}

#[test]
fn value_types_and_booleans() {
    assert!(matches!(Bytes::header(0, 1).entry("k", 13).u64(0).error(), Error::UnknownValueType { found: 13, .. }));
    let array = Bytes::header(0, 1).entry("k", 9).u32(99).u64(0);
    assert!(matches!(array.error(), Error::UnknownValueType { found: 99, .. }));
    assert!(matches!(Bytes::header(0, 1).entry("k", 7).raw(&[2]).error(), Error::Boolean { found: 2, .. }));
    let array = Bytes::header(0, 1).entry("k", 9).u32(7).u64(2).raw(&[1, 3]);
    assert!(matches!(array.error(), Error::Boolean { found: 3, offset: 50, .. }));
}

#[test]
fn arrays_nested_too_deep() {
    let nested = |depth: usize| {
        let opened = (1..depth).fold(Bytes::header(0, 1).entry("k", 9), |bytes, _| bytes.u32(9).u64(1));
        opened.u32(0).u64(0)
    };
    assert!(Gguf::parse(&nested(MAX_DEPTH).0).is_ok());
    assert!(matches!(nested(MAX_DEPTH + 1).error(), Error::Depth { .. }));
    assert!(matches!(nested(100_000).error(), Error::Depth { .. }));
}

#[test]
fn duplicates() {
    let key = Bytes::header(0, 2).entry("k", 0).raw(&[1]).entry("k", 0).raw(&[2]);
    assert_eq!(key.message(), "key \"k\" at byte 38 occurs a second time");
    let tensor = Bytes::header(2, 0).tensor("t", &[1], F32, 0).tensor("t", &[1], F32, 32).data(64);
    assert_eq!(tensor.message(), "tensor \"t\" occurs a second time in the tensor table");
}

#[test]
fn dimensions_and_sizes() {
    for dims in [0, 5, u32::MAX] {
        let file = Bytes::header(1, 0).string("t").u32(dims).raw(&[0; 64]);
        assert!(matches!(file.error(), Error::Dimensions { found, .. } if found == u64::from(dims)));
    }
    for shape in [&[0][..], &[4, 0], &[1 << 33, 1 << 33], &[u64::MAX, 1, 1, 2], &[1 << 62]] {
        let file = Bytes::header(1, 0).tensor("t", shape, F32, 0).data(64);
        assert!(matches!(file.error(), Error::Shape { .. }), "{shape:?}: {}", file.message());
    }
    let row = Bytes::header(1, 0).tensor("t", &[33], Q4_0, 0).data(64);
    assert_eq!(row.message(), "tensor \"t\" has rows of 33 elements; q4_0 needs a multiple of 32");
}

#[test]
fn unknown_tensor_types_say_what_to_do() {
    for id in [4, 5, 10, 31, 40, 1000, u32::MAX] {
        let message = Bytes::header(1, 0).tensor("odd", &[256], id, 0).data(2000).message();
        assert!(message.starts_with(&format!("tensor \"odd\" has type number {id} (at byte 47)")), "{message}");
        assert!(message.contains("make the file again as f32, f16"), "{message}");
    }
}

#[test]
fn data_outside_the_file() {
    let offsets = [32, 1 << 40, u64::MAX - 31, 1 << 63];
    for offset in offsets {
        let file = Bytes::header(1, 0).tensor("t", &[8], F32, offset).data(32);
        assert!(matches!(file.error(), Error::OutOfFile { size: 32.., end: 96, .. }), "{}", file.message());
    }
    let huge = Bytes::header(1, 0).tensor("t", &[(1 << 62) - 1], F32, 32).data(32);
    assert!(matches!(huge.error(), Error::OutOfFile { .. }));
    let short = Bytes::header(1, 0).tensor("t", &[8], F32, 0).data(31);
    assert!(matches!(short.error(), Error::OutOfFile { start: 64, size: 32, end: 95, .. }));
}

#[test]
fn alignment() {
    let misplaced = Bytes::header(1, 0).tensor("t", &[1], F32, 8).data(64);
    assert!(matches!(misplaced.error(), Error::Misaligned { found: 8, alignment: 32, .. }));
    for found in [0u32, 3, 12, 24, u32::MAX] {
        let file = Bytes::header(0, 1).entry("general.alignment", 4).u32(found);
        assert!(matches!(file.error(), Error::Alignment { found: f } if f == u64::from(found)));
    }
    let text = Bytes::header(0, 1).entry("general.alignment", 8).string("32");
    assert!(matches!(text.error(), Error::WrongType { .. }));
    let largest = Bytes::header(1, 1).entry("general.alignment", 10).u64(1 << 63).tensor("t", &[1], F32, 0).data(8);
    assert!(matches!(largest.error(), Error::OutOfFile { .. }));
    assert!(Gguf::parse(&Bytes::header(0, 1).entry("general.alignment", 10).u64(1 << 63).0).is_ok());
}

#[test]
fn overlapping_tensors_are_both_named() {
    let file = Bytes::header(2, 0).tensor("late", &[8], F32, 32).tensor("early", &[16], F32, 0).data(96);
    assert_eq!(file.message(), "tensors \"early\" and \"late\" overlap at byte 160");
    let same = Bytes::header(2, 0).tensor("a", &[8], F32, 0).tensor("b", &[8], F32, 0).data(96);
    assert!(matches!(same.error(), Error::Overlap { .. }));
}

/// A file with most features, so that every field has a place where the file can end.
fn small_file() -> Result<Vec<u8>, Error> {
    let mut writer = Writer::new();
    writer
        .set("text", "grüß")
        .set("texts", vec!["a".to_owned(), String::new()])
        .set("numbers", vec![1i16, -2])
        .set("flags", vec![true, false])
        .set("one", Value::F64(0.5))
        .tensor("a", &[32, 2], TensorType::Q8_0)
        .tensor("b", &[3], TensorType::F16);
    let mut body = writer.start(Vec::new())?;
    body.tensor(&[1; 68])?;
    body.tensor(&[2; 6])?;
    body.finish()
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let file = small_file().unwrap();
    let end = Gguf::parse(&file).unwrap().tensor("b").unwrap().range.end as usize;
    for len in 0..end {
        assert!(Gguf::parse(&file[..len]).is_err(), "cut at {len}");
    }
    assert!(Gguf::parse(&file[..end]).is_ok(), "padding behind the last tensor may be missing");
}

#[test]
fn a_file_with_any_byte_changed_does_not_panic() {
    let file = small_file().unwrap();
    for i in 0..file.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff, file[i] ^ 1] {
            let mut changed = file.clone();
            changed[i] = value;
            if let Ok(gguf) = Gguf::parse(&changed) {
                gguf.tensors().iter().for_each(|t| assert!(t.bytes(&changed).is_some()));
            }
        }
    }
}
