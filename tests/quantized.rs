//! GGUF files written and quantised by llama.cpp: our logits lie no further from the exact ones than llama.cpp's own
//! rounding of activations puts it (`tests/golden/gguf`).

#![allow(clippy::unwrap_used, clippy::panic)]

use phonelm_kernels::{CpuExecutor, CpuOptions};
use phonelm_model::ModelFile;
use phonelm_tests::{distance, golden, logits, read_npy, read_tokens};

#[test]
fn files_made_elsewhere_give_their_makers_logits() {
    let mut seen = 0;
    let mut failures = Vec::new();
    let mut paths: Vec<_> = std::fs::read_dir(golden("gguf")).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let exact_path = path.with_extension("exact.npy");
        if path.extension().is_none_or(|e| e != "gguf") || !exact_path.exists() {
            continue;
        }
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let model = ["llama-freqs", "llama-spm", "qwen2", "qwen3"].into_iter().find(|m| stem.starts_with(m)).unwrap();
        let tokens = read_tokens(&path.with_file_name(format!("{model}.tokens.json")));
        let file = ModelFile::open(&path).unwrap_or_else(|e| panic!("{stem}: {e}"));
        let mut executor = CpuExecutor::new(file, &CpuOptions { threads: Some(2), ..CpuOptions::default() }).unwrap();
        let ours = logits(&mut executor, &tokens);
        let (exact, _) = read_npy(&exact_path);
        let (theirs, _) = read_npy(&path.with_extension("npy"));
        let (our_error, their_error) = (distance(&ours, &exact), distance(&theirs, &exact));
        let apart = distance(&ours, &theirs);
        println!("{stem}: ours {our_error:.1e}, llama.cpp {their_error:.1e} from exact, {apart:.1e} apart");
        seen += 1;
        // Two independent roundings of the same size lie about sqrt(2) of it apart.
        if our_error > 1.5 * their_error + 1e-3 || apart > 2.5 * their_error + 1e-3 {
            failures.push(stem);
        }
    }
    assert!(seen >= 9, "only {seen} files");
    assert!(failures.is_empty(), "{failures:#?}");
}
