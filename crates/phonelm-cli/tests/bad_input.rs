//! Foreign bytes and impossible requests: each one line that says what and where, code 1, nothing half-written.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{Place, golden, patch, refusal};
use phonelm_gguf::Gguf;

/// Every command that opens a model, with the model's name in place.
fn commands(model: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["inspect", model],
        vec!["inspect", model, "--json"],
        vec!["run", model, "--prompt", "Hello"],
        vec!["tokenize", model, "Hello"],
        vec!["logits", model, "--tokens", "1,2", "-o", "out.npy"],
        vec!["perplexity", model, "text.txt"],
        vec!["bench", model, "-p", "4", "-n", "2"],
    ]
}

/// All commands refuse the model and leave no result; their words hold `expected`.
fn all_refuse(place: &Place, model: &str, expected: &str) {
    place.write("text.txt", "Some words to foresee.");
    for args in commands(model) {
        let line = place.fails(&args);
        assert!(line.contains(expected), "{args:?}: {line}");
        assert!(!place.path("out.npy").exists());
    }
}

#[test]
fn missing_empty_and_garbage_files_and_folders() {
    let place = Place::new();
    all_refuse(&place, "none.gguf", "cannot open none.gguf: No such file");
    place.write("empty.gguf", "");
    all_refuse(&place, "empty.gguf", "empty.gguf is empty");
    place.write("garbage.gguf", "PK\x03\x04 this is no model at all, but it is long enough to look like one");
    all_refuse(&place, "garbage.gguf", "garbage.gguf: ");
    std::fs::create_dir(place.path("folder")).unwrap();
    all_refuse(&place, "folder", "folder is no file");
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_no_models() {
    let place = Place::new();
    let made = std::process::Command::new("mkfifo").arg(place.path("pipe")).status().unwrap();
    assert!(made.success());
    all_refuse(&place, "pipe", "pipe is no file");
    all_refuse(&place, "/dev/null", "/dev/null is no file");
}

#[test]
fn files_cut_short_anywhere() {
    let place = Place::new();
    let whole = std::fs::read(place.convert("llama-tied-gqa", "f32")).unwrap();
    place.write("text.txt", "Some words to foresee.");
    for len in [1, 4, 7, 8, 20, 24, 100, 1_000, 10_000, 20_000, whole.len() / 2, whole.len() - 1] {
        place.write("cut.gguf", &whole[..len]);
        let line = place.fails(&["logits", "cut.gguf", "--tokens", "1", "-o", "out.npy"]);
        assert!(line.contains("cut.gguf: "), "{len}: {line}");
        place.fails(&["inspect", "cut.gguf"]);
    }
    assert_eq!(place.names(), ["cut.gguf", "llama-tied-gqa.gguf", "text.txt"]);
}

#[test]
fn counts_that_no_file_can_hold() {
    let place = Place::new();
    let whole = std::fs::read(place.convert("llama-tied-gqa", "f32")).unwrap();
    for field in [8..16, 16..24] {
        let mut bytes = whole.clone();
        bytes[field].fill(0xff);
        place.write("huge.gguf", &bytes);
        all_refuse(&place, "huge.gguf", "the number of");
    }
}

#[test]
fn unknown_architecture_is_named() {
    let place = Place::new();
    let path = place.convert("qwen2-gqa", "f32");
    let name = b"general.architecture\x08\0\0\0\x05\0\0\0\0\0\0\0";
    patch(&path, &[name, b"qwen2".as_slice()].concat(), &[name, b"mamba".as_slice()].concat());
    all_refuse(&place, "qwen2-gqa.gguf", "architecture \"mamba\" is not supported");
    let shown = place.run(&["inspect", "qwen2-gqa.gguf"]).stdout;
    assert!(shown.contains("family        mamba") || shown.contains("mamba"), "{shown}");
}

#[test]
fn unknown_tensor_types_and_wrong_shapes_name_the_tensor() {
    let place = Place::new();
    let path = place.convert("llama-tied-gqa", "f32");
    // A line of the tensor table: name, dimensions, shape, type.
    let line = b"blk.0.attn_q.weight\x02\0\0\0\x40\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0";
    patch(&path, &[line, [0, 0, 0, 0].as_slice()].concat(), &[line, [99, 0, 0, 0].as_slice()].concat());
    all_refuse(&place, "llama-tied-gqa.gguf", "blk.0.attn_q.weight");

    let path = place.convert("llama-tied-gqa", "f32");
    let narrow = b"blk.0.attn_q.weight\x02\0\0\0\x20\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0";
    patch(&path, line, narrow);
    all_refuse(&place, "llama-tied-gqa.gguf", "tensor blk.0.attn_q.weight has shape [32, 64], expected [64, 64]");
}

#[test]
fn a_tokenizer_that_does_not_fit() {
    let place = Place::new();
    let path = place.convert("llama-tied-gqa", "f32");
    patch(&path, "\"Ġare\": 313".as_bytes(), "\"Ġare\": 999".as_bytes());
    place.write("text.txt", "Some words to foresee.");
    for args in [
        vec!["tokenize", "llama-tied-gqa.gguf", "Hello"],
        vec!["run", "llama-tied-gqa.gguf", "--prompt", "Hello"],
        vec!["perplexity", "llama-tied-gqa.gguf", "text.txt"],
        vec!["inspect", "llama-tied-gqa.gguf"],
    ] {
        let line = place.fails(&args);
        assert!(line.contains("999") && line.contains("320"), "{args:?}: {line}");
    }
}

#[test]
fn a_model_without_a_tokenizer_refuses_text_only() {
    let place = Place::new();
    place.convert("phonelm-gqa", "f32");
    place.write("text.txt", "Some words to foresee.");
    for args in [
        vec!["tokenize", "phonelm-gqa.gguf", "Hello"],
        vec!["run", "phonelm-gqa.gguf", "--prompt", "Hello"],
        vec!["perplexity", "phonelm-gqa.gguf", "text.txt"],
    ] {
        let line = place.fails(&args);
        assert!(line.contains("no tokenizer"), "{args:?}: {line}");
    }
    place.succeeds(&["logits", "phonelm-gqa.gguf", "--tokens", "1,2", "-o", "out.npy"]);
    place.succeeds(&["bench", "phonelm-gqa.gguf", "-p", "4", "-n", "2", "-r", "1"]);
}

#[test]
fn token_ids_outside_the_vocabulary() {
    let place = Place::new();
    place.convert("llama-tied-gqa", "f32");
    for (ids, expected) in [
        ("1,320", "token id 320 at position 1 of the input is outside the vocabulary of 320"),
        ("4294967295", "4294967295"),
        ("4294967296", "is no token id"),
        ("-1", "is no token id"),
        ("1,,2", "is no token id"),
        ("one", "is no token id"),
        ("", "--tokens is empty"),
    ] {
        let line = place.fails(&["logits", "llama-tied-gqa.gguf", "--tokens", ids, "-o", "out.npy"]);
        assert!(line.contains(expected), "{ids:?}: {line}");
    }
    assert_eq!(place.names(), ["llama-tied-gqa.gguf"]);
}

#[test]
fn texts_longer_than_the_context() {
    let place = Place::new();
    place.convert("llama-tied-gqa", "f32");
    let ids = vec!["1"; 513].join(",");
    let line = place.fails(&["logits", "llama-tied-gqa.gguf", "--tokens", &ids, "-o", "out.npy"]);
    assert!(line.contains("513 tokens do not fit into a context of 512"), "{line}");
    let long = "a quick brown fox ".repeat(400);
    let line = place.fails(&["run", "llama-tied-gqa.gguf", "--prompt", &long]);
    assert!(line.contains("512"), "{line}");
    for option in ["-p", "-n"] {
        let line = place.fails(&["bench", "llama-tied-gqa.gguf", option, "99999"]);
        assert!(line.contains("99999 tokens do not fit into a context of 512"), "{option}: {line}");
    }
}

#[test]
fn nan_in_a_folder_is_found_while_converting() {
    let place = Place::new();
    let folder = place.copy("llama-tied-gqa");
    let weights = folder.join("model.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    let len = bytes.len();
    bytes[len - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&weights, bytes).unwrap();
    for ty in ["f32", "f16", "q8_0", "q4_0"] {
        let line = place.fails(&["convert", "llama-tied-gqa", "-o", "out.gguf", "--type", ty]);
        assert!(line.contains("NaN") && line.contains("tensor "), "{line}");
    }
    assert_eq!(place.names(), ["llama-tied-gqa"]);
}

#[test]
fn nan_in_a_model_file_is_found_while_loading_or_computing() {
    let place = Place::new();
    for (tensor, named) in [
        ("blk.1.ffn_norm.weight", "value 0 of a norm vector in layer 1 is NaN"),
        ("blk.0.attn_q.weight", "element 0 of tensor blk.0.attn_q.weight is no finite number"),
        ("output_norm.weight", "value 0 of a norm vector"),
    ] {
        let path = place.convert("llama-tied-gqa", "f32");
        let mut bytes = std::fs::read(&path).unwrap();
        let start = Gguf::parse(&bytes).unwrap().tensor(tensor).unwrap().range.start as usize;
        bytes[start..start + 4].copy_from_slice(&f32::NAN.to_le_bytes());
        std::fs::write(&path, bytes).unwrap();
        place.write("text.txt", "Some words to foresee.");
        for args in [
            ["logits", "llama-tied-gqa.gguf", "--tokens", "1,2", "-o", "out.npy"].as_slice(),
            &["run", "llama-tied-gqa.gguf", "--prompt", "Hello"],
            &["perplexity", "llama-tied-gqa.gguf", "text.txt"],
            &["bench", "llama-tied-gqa.gguf"],
        ] {
            let line = place.fails(args);
            assert!(line.contains(named) && line.contains("damaged"), "{tensor}: {line}");
        }
    }
    assert_eq!(place.names(), ["llama-tied-gqa.gguf", "text.txt"]);
}

#[test]
fn folders_that_are_no_models() {
    let place = Place::new();
    let line = place.fails(&["convert", "none", "-o", "out.gguf"]);
    assert!(line.contains("none is no folder"), "{line}");
    std::fs::create_dir(place.path("bare")).unwrap();
    let line = place.fails(&["convert", "bare", "-o", "out.gguf"]);
    assert!(line.contains("bare has no config.json"), "{line}");
    place.write("bare/config.json", "{\"model_type\": \"mamba\"}");
    let line = place.fails(&["convert", "bare", "-o", "out.gguf"]);
    assert!(line.contains("mamba"), "{line}");
    place.write("bare/config.json", "{");
    let line = place.fails(&["convert", "bare", "-o", "out.gguf"]);
    assert!(line.contains("config.json is broken"), "{line}");

    let folder = place.copy("llama-tied-gqa");
    let weights = std::fs::read(folder.join("model.safetensors")).unwrap();
    for len in [0, 7, 100, weights.len() - 1] {
        std::fs::write(folder.join("model.safetensors"), &weights[..len]).unwrap();
        let line = place.fails(&["convert", "llama-tied-gqa", "-o", "out.gguf"]);
        assert!(line.contains("model.safetensors"), "{len}: {line}");
    }
    assert_eq!(place.names(), ["bare", "llama-tied-gqa"]);
}

#[test]
fn unknown_types_list_the_known_ones() {
    let place = Place::new();
    let folder = golden("llama-tied-gqa");
    for ty in ["q3", "q4_k", ""] {
        let line = place.fails(&["convert", folder.to_str().unwrap(), "-o", "out.gguf", "--type", ty]);
        assert!(["f32", "f16", "bf16", "q8_0", "q4_0"].iter().all(|known| line.contains(known)), "{line}");
    }
    assert!(place.names().is_empty());
}

/// A limit on the size of files stands for the full disk: writing fails in the middle, with or without privileges.
#[cfg(unix)]
#[test]
fn a_disk_that_takes_no_more_leaves_the_old_file() {
    let place = Place::new();
    place.convert("qwen2-gqa", "f32");
    let folder = golden("llama-tied-gqa");
    let ids = vec!["1"; 200].join(",");
    for args in [
        ["convert", folder.to_str().unwrap(), "-o", "old", "--type", "f32"].as_slice(),
        &["logits", "qwen2-gqa.gguf", "--tokens", &ids, "-o", "old"],
    ] {
        place.write("old", "what stood here");
        let mut shell = std::process::Command::new("sh");
        shell.current_dir(place.path("")).args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\""]);
        let output = shell.arg(env!("CARGO_BIN_EXE_phonelm")).args(args).output().unwrap();
        let line = refusal(&common::Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        });
        assert!(line.contains("cannot write old: ") && !line.contains(".partial"), "{line}");
        assert_eq!(std::fs::read(place.path("old")).unwrap(), b"what stood here");
        assert_eq!(place.names(), ["old", "qwen2-gqa.gguf"]);
    }
}

#[cfg(unix)]
#[test]
fn results_do_not_replace_devices_or_folders() {
    let place = Place::new();
    place.convert("llama-tied-gqa", "f32");
    let folder = golden("llama-tied-gqa");
    for out in ["/dev/full", "."] {
        let line = place.fails(&["convert", folder.to_str().unwrap(), "-o", out]);
        assert!(line.contains("is no ordinary file"), "{line}");
        let line = place.fails(&["logits", "llama-tied-gqa.gguf", "--tokens", "1", "-o", out]);
        assert!(line.contains("is no ordinary file"), "{line}");
    }
    let line = place.fails(&["logits", "llama-tied-gqa.gguf", "--tokens", "1", "-o", "no/folder/out.npy"]);
    assert!(line.contains("cannot write no/folder/out.npy: there is no folder no/folder"), "{line}");
    let line = place.fails(&["convert", folder.to_str().unwrap(), "-o", "no/folder/out.gguf"]);
    assert!(line.ends_with("there is no folder no/folder"), "{line}");
}

#[test]
fn prompts_that_are_none() {
    let place = Place::new();
    place.convert("llama-tied-gqa", "f32");
    let line = refusal(&place.pipe(&["run", "llama-tied-gqa.gguf"], b""));
    assert!(line.contains("empty"), "{line}");
    let line = refusal(&place.pipe(&["run", "llama-tied-gqa.gguf"], b" \n"));
    assert!(line.contains("empty"), "{line}");
    let line = refusal(&place.pipe(&["run", "llama-tied-gqa.gguf"], b"\xff\xfe"));
    assert!(line.contains("UTF-8"), "{line}");
    place.fails(&["run", "llama-tied-gqa.gguf", "--prompt", ""]);
}

#[test]
fn options_out_of_range() {
    let place = Place::new();
    place.convert("llama-tied-gqa", "f32");
    let model = "llama-tied-gqa.gguf";
    for args in [
        vec!["run", model, "--prompt", "a", "--temperature", "-1"],
        vec!["run", model, "--prompt", "a", "--temperature", "nan"],
        vec!["run", model, "--prompt", "a", "--threads", "0"],
        vec!["run", model, "--prompt", "a", "--threads", "100000"],
        vec!["run", model, "--prompt", "a", "--seed", "x"],
        vec!["bench", model, "-p", "0", "-n", "0"],
        vec!["bench", model, "-r", "0"],
        vec!["bench", "--shape", "phonelm-9b"],
        vec!["bench", model, "--type", "q4_0"],
        vec!["frobnicate"],
        vec!["logits", model],
    ] {
        place.fails(&args);
    }
}

#[test]
fn searches_that_cannot_be() {
    let place = Place::new();
    std::fs::create_dir(place.path("taken")).unwrap();
    place.write("taken/config.json", "a model's");
    for (args, expected) in [
        ("--params 1M -o new", "no shape has 1000000 parameters within 2 %: the nearest has "),
        ("--params many -o new", "write 500M or 1.5B"),
        ("--params 100M --tolerance 0 -o new", "tolerance is 0"),
        ("--params 100M --budget 20 -o new", "write 90s, 20m or 2h"),
        ("--params 100M --prefill 2000 -o new", "decode is 64, but it should be from 1 to 48"),
        ("--params 100M --type q6_k -o new", "choose one of"),
        ("--params 100M --type f16 -o new", "type is f16, but it should be q4_0 or q8_0"),
        ("--params 100M --also 100x3x32x3 -o new", "shape is 100x3"),
        ("--params 100M --threads 0 -o new", "threads must lie between 1 and"),
        ("--params 100M -o taken", "taken holds other files and no search"),
    ] {
        let args: Vec<&str> = ["search"].into_iter().chain(args.split(' ')).collect();
        let line = place.fails(&args);
        assert!(line.contains(expected), "{args:?}: {line}");
    }
    assert_eq!(place.names(), ["taken"]);
}

#[test]
fn texts_too_short_or_no_text() {
    let place = Place::new();
    place.convert("llama-tied-gqa", "f32");
    place.write("empty.txt", "");
    place.write("one.txt", "a");
    place.write("bytes.txt", b"abc\xff");
    for (file, expected) in [
        ("empty.txt", "at least 2"),
        ("one.txt", "at least 2"),
        ("bytes.txt", "byte 3 is no UTF-8"),
        ("none.txt", "cannot read none.txt"),
        (".", "cannot read ."),
    ] {
        let line = place.fails(&["perplexity", "llama-tied-gqa.gguf", file]);
        assert!(line.contains(expected), "{line}");
    }
}
