//! `--backend gpu` and `auto`, on this machine's GPU and as if it had none.
#![cfg(feature = "gpu")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{Place, golden, read_npy};
use serde_json::Value;

#[test]
fn models_give_their_makers_logits_on_the_gpu() {
    let place = Place::new();
    place.convert("qwen3-gqa", "f32");
    let tokens = std::fs::read_to_string(golden("qwen3-gqa").join("tokens.json")).unwrap();
    let tokens: String = tokens.chars().filter(|c| !"[] \n".contains(*c)).collect();
    for backend in ["gpu", "auto"] {
        place.succeeds(&["logits", "qwen3-gqa.gguf", "--tokens", &tokens, "-o", "out.npy", "--backend", backend]);
        let (found, wanted) = (read_npy(&place.path("out.npy")), read_npy(&golden("qwen3-gqa").join("expected.npy")));
        assert_eq!(found.0, wanted.0);
        let mean = wanted.1.iter().sum::<f32>() / wanted.1.len() as f32;
        let spread = wanted.1.iter().map(|w| (w - mean).powi(2)).sum::<f32>();
        let error = wanted.1.iter().zip(&found.1).map(|(w, f)| (w - f).powi(2)).sum::<f32>();
        assert!((error / spread).sqrt() < 3e-3, "{backend}: {}", (error / spread).sqrt());
    }
}

#[test]
fn run_and_bench_take_the_gpu() {
    let place = Place::new();
    let prompt = ["run", "--prompt", "Set a timer for 5 minutes", "--json"];
    let calls = |text: &str| serde_json::from_str::<Value>(text).unwrap()["calls"].clone();
    let on_cpu = calls(&place.succeeds(&prompt));
    for (backend, kv) in [("gpu", "q8_0"), ("auto", "f16")] {
        let options = ["--backend", backend, "--kv", kv];
        assert_eq!(calls(&place.succeeds(&[&prompt[..], &options].concat())), on_cpu, "{backend}, {kv}");
    }

    place.convert("phonelm-gqa", "q4_0");
    let bench = ["bench", "phonelm-gqa.gguf", "-p", "16", "-n", "2", "-r", "1"];
    for (backend, kernels) in [("gpu", "GPU, "), ("auto", "PU, ")] {
        let options = ["--backend", backend, "--json"];
        let measure: Value = serde_json::from_str(&place.succeeds(&[&bench[..], &options].concat())).unwrap();
        assert!(measure["kernels"].as_str().unwrap().contains(kernels), "{measure}");
        for number in ["load_seconds", "bytes_per_token", "decode_gigabytes_per_second"] {
            assert!(measure[number].as_f64().unwrap() > 0.0, "{measure}");
        }
    }
}

#[test]
fn search_takes_the_gpu() {
    let place = Place::new();
    let args = "search --params 300K --tolerance 4% --vocab 512 --context 64 --prefill 16 --decode 8 --head-dims 32 \
                --kv-groups 1 --layers 4 --ffn-ratio 2..4 --backend gpu --budget 30s -o found --json";
    let found: Value = serde_json::from_str(&place.succeeds(&args.split_whitespace().collect::<Vec<_>>())).unwrap();
    assert!(found["device"].as_str().unwrap().starts_with("GPU, "), "{found}");
    assert!(found["shapes"][0]["measured"]["decode_tokens_per_second"].as_f64().unwrap() > 0.0);
}

#[test]
fn options_of_the_processor_are_refused() {
    let place = Place::new();
    for option in [&["--threads", "2"][..], &["--kv", "f32"], &["--dense"], &["--bandwidth"]] {
        let line = place.fails(&[&["bench", "--backend", "gpu"][..], option].concat());
        assert!(line.contains(option[0]), "{line}");
    }
    let line = place.fails(&["search", "--params", "100M", "-o", "new", "--backend", "auto"]);
    assert!(line.contains("say cpu or gpu"), "{line}");
}

#[cfg(target_os = "linux")]
#[test]
fn auto_needs_no_gpu() {
    let place = Place::new();
    let mut command = place.command(&["run", "--prompt", "Set a timer for 5 minutes", "--backend", "auto"]);
    let output = command.env("VK_DRIVER_FILES", "/dev/null").env("VK_ICD_FILENAMES", "/dev/null").output().unwrap();
    let (said, told) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(said.contains("set_timer") && told.contains("CPU, "), "{said}{told}");
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_gpu_the_way_out_is_told() {
    let place = Place::new();
    let mut command = place.command(&["run", "--prompt", "Hi", "--backend", "gpu"]);
    let output = command.env("VK_DRIVER_FILES", "/dev/null").env("VK_ICD_FILENAMES", "/dev/null").output().unwrap();
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{line}");
    assert!(line.contains("no GPU") && line.contains("mesa-vulkan-drivers") && line.contains("use the CPU"), "{line}");
}
