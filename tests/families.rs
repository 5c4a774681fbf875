//! Hugging Face folders of every family against reference logits of other implementations (`tests/golden/models`).

#![allow(clippy::unwrap_used, clippy::panic)]

use std::ops::ControlFlow;

use phonelm_convert::{Options, convert};
use phonelm_gguf::TensorType;
use phonelm_kernels::{CpuExecutor, CpuOptions, KvType};
use phonelm_model::ModelFile;
use phonelm_tests::{distance, golden, logits, read_npy, read_tokens};

/// Converted to `ty`, every golden folder is at most `limit` of the reference's spread away.
fn check(ty: TensorType, kv: KvType, limit: f64) {
    let out = tempfile::tempdir().unwrap();
    let mut names: Vec<_> = std::fs::read_dir(golden("models")).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    assert!(names.len() >= 12, "golden folders are missing");
    let mut failures = Vec::new();
    for folder in names {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let path = out.path().join(format!("{name}.gguf"));
        convert(&folder, &path, &Options::new(ty), &mut |_| ControlFlow::Continue(()))
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let file = ModelFile::open(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        let options = CpuOptions { threads: Some(2), kv, ..CpuOptions::default() };
        let mut executor = CpuExecutor::new(file, &options).unwrap_or_else(|e| panic!("{name}: {e}"));
        let found = logits(&mut executor, &read_tokens(&folder.join("tokens.json")));
        let apart = distance(&found, &read_npy(&folder.join("expected.npy")).0);
        println!("{name} as {ty}: {apart:.1e} of the spread");
        if apart.is_nan() || apart > limit {
            failures.push(format!("{name}: {apart:.1e} > {limit:.0e}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn f32_reproduces_the_reference() {
    check(TensorType::F32, KvType::F32, 1e-5);
}

#[test]
fn f16_with_an_f16_cache_stays_close() {
    check(TensorType::F16, KvType::F16, 3e-3);
}

#[test]
fn q8_0_stays_near() {
    check(TensorType::Q8_0, KvType::F16, 5e-2);
}
