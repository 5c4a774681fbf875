//! Compiled shaders are kept between starts, and a damaged file of them harms nobody.

use std::fs;

use phonelm_gguf::TensorType;
use phonelm_gpu::{GpuExecutor, GpuOptions};
use phonelm_model::Family;
use phonelm_tests::{logits, small_config};

use crate::common::{model, text};

#[test]
fn compiled_shaders_are_kept_and_damaged_ones_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let file = model(&small_config(Family::Qwen3, true), TensorType::Q8_0);
    let tokens = text(40, file.config().vocab);
    let options = GpuOptions { cache_dir: Some(dir.path().into()), ..GpuOptions::default() };
    let start = || logits(&mut GpuExecutor::new(file.clone(), &options).unwrap(), &tokens);
    let expected = start();
    let kept: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [kept] = &kept[..] else { panic!("{kept:?}") };
    // How much a driver gives away is its own affair: at least the header by which it knows what it made.
    let whole = || {
        let bytes = fs::read(kept).unwrap();
        println!("{} bytes", bytes.len());
        let (sum, data) = bytes.split_at(blake3::OUT_LEN);
        assert!(blake3::hash(data).as_bytes() == sum && data.len() >= 16);
        bytes
    };
    let first = whole();
    assert!(start() == expected);
    for bad in [&b""[..], b"shaders", &first[..first.len() / 2]] {
        fs::write(kept, bad).unwrap();
        assert!(start() == expected);
        whole();
    }
}
