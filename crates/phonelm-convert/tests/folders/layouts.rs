//! The packed layout: the same numbers, read in the file.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use phonelm_convert::{Layout, Options, Report, Warning, convert, repack};
use phonelm_gguf::TensorType;
use phonelm_kernels::{CpuExecutor, CpuOptions};
use phonelm_model::{Executor, Input, Logits, LogitsFor, Mapping, ModelFile, Segment};
use tempfile::TempDir;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/models/phonelm-long");

fn converted(dir: &TempDir, ty: TensorType, layout: Layout) -> (PathBuf, Report) {
    let out = dir.path().join(format!("{ty}-{layout:?}.gguf"));
    let options = Options { ty, layout };
    let report = convert(MODEL.as_ref(), &out, &options, &mut |_| ControlFlow::Continue(())).unwrap();
    (out, report)
}

fn relaid(source: &Path, layout: Layout) -> (PathBuf, Report) {
    let out = source.with_extension("relaid.gguf");
    let report = repack(source, &out, layout, &mut |_| ControlFlow::Continue(())).unwrap();
    (out, report)
}

fn logits(mapping: Mapping) -> (Logits, usize) {
    let mut executor = CpuExecutor::new(ModelFile::new(mapping).unwrap(), &CpuOptions::default()).unwrap();
    let cache = executor.create();
    let input = Input::Tokens(&[1, 2, 3, 2, 1]);
    let logits = executor.forward(&[Segment { cache, input, logits: LogitsFor::All }]).unwrap();
    (logits, executor.weight_bytes())
}

#[test]
fn layouts_give_the_same_logits_and_the_packed_one_takes_no_memory() {
    let dir = TempDir::new().unwrap();
    for ty in [TensorType::Q4_0, TensorType::Q8_0] {
        let (standard, _) = converted(&dir, ty, Layout::Standard);
        let (packed, report) = converted(&dir, ty, Layout::Packed);
        assert!(report.warnings.iter().all(|warning| !matches!(warning, Warning::NotPacked { .. })), "{report:?}");
        let (expected, copied) = logits(Mapping::open(&standard).unwrap());
        let (found, resident) = logits(Mapping::open(&packed).unwrap());
        assert_eq!(found.values, expected.values);
        assert!(copied > 0);
        assert_eq!(resident, 0);
    }
}

#[test]
fn a_file_goes_to_the_other_layout_and_back_without_a_changed_byte() {
    let dir = TempDir::new().unwrap();
    let (standard, _) = converted(&dir, TensorType::Q4_0, Layout::Standard);
    let (packed, _) = converted(&dir, TensorType::Q4_0, Layout::Packed);
    let read = |path: &Path| std::fs::read(path).unwrap();
    let (to_packed, report) = relaid(&standard, Layout::Packed);
    assert!(read(&to_packed) == read(&packed));
    assert!(report.tensors["q4_0x16"] > 0 && !report.tensors.contains_key("q4_0"));
    assert!(read(&relaid(&packed, Layout::Standard).0) == read(&standard));
    assert!(read(&relaid(&packed, Layout::Packed).0) == read(&packed));
}

#[test]
fn what_cannot_be_packed_stays_and_is_told() {
    let dir = TempDir::new().unwrap();
    let (source, _) = converted(&dir, TensorType::Q5_1, Layout::Standard);
    let (out, report) = relaid(&source, Layout::Packed);
    let [Warning::NotPacked { count, ty: TensorType::Q5_1, .. }] = report.warnings[..] else { panic!("{report:?}") };
    assert_eq!(count, report.tensors["q5_1"]);
    assert_eq!(logits(Mapping::open(&out).unwrap()).0.values, logits(Mapping::open(&source).unwrap()).0.values);
}

#[test]
fn another_layout_is_refused_with_the_way_out() {
    let dir = TempDir::new().unwrap();
    let mut bytes = std::fs::read(converted(&dir, TensorType::Q4_0, Layout::Packed).0).unwrap();
    let key = b"phonelm.layout";
    // After the key stand four bytes of type and four of value.
    let place = bytes.windows(key.len()).position(|window| window == key).unwrap() + key.len() + 4;
    assert_eq!(bytes[place], 1);
    bytes[place] = 2;
    let error = ModelFile::new(Mapping::from_vec(bytes)).unwrap_err().to_string();
    assert!(error.contains("layout 2") && error.contains("layout 1") && error.contains("phonelm convert"), "{error}");
}

#[test]
fn any_place_of_the_bytes_in_memory_will_do() {
    let dir = TempDir::new().unwrap();
    let bytes = std::fs::read(converted(&dir, TensorType::Q8_0, Layout::Packed).0).unwrap();
    let expected = logits(Mapping::from_vec(bytes.clone())).0;
    for offset in 1..4 {
        let shifted: &'static [u8] = [vec![0; offset], bytes.clone()].concat().leak();
        assert_eq!(logits(Mapping::from_static(&shifted[offset..])).0.values, expected.values);
    }
}
