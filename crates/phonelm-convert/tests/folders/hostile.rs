//! Broken and hostile folders: each ends in an error that says what and where, and leaves nothing behind.

use std::fs;
use std::ops::ControlFlow;

use crate::folder::{Folder, refusal_in};
use phonelm_convert::{Error, Options, convert};
use phonelm_gguf::TensorType;
use safetensors::Dtype;
use serde_json::json;

fn assert_says(message: &str, expected: &str) {
    assert!(message.contains(expected), "expected: {expected}\nfound: {message}");
}

#[test]
fn missing_files() {
    let folder = Folder::new("llama");
    let dir = folder.dir.path();
    assert_says(&refusal_in(dir), "has no config.json; give the folder");
    fs::write(dir.join("config.json"), folder.config.to_string()).unwrap();
    assert_says(&refusal_in(dir), "has no model.safetensors (nor an index");
    let file = dir.join("config.json");
    let error = convert(&file, &dir.join("out"), &Options::new(TensorType::F32), &mut |_| ControlFlow::Continue(()))
        .unwrap_err();
    assert_says(&error.to_string(), "is no folder");
}

#[test]
fn garbage_in_every_file() {
    let folder = Folder::new("llama");
    let dir = folder.write();
    let texts = ["", "{", "[]", "null", "{\"a\": }", &"[".repeat(100_000), "\u{feff}{}"];
    for name in ["config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json"] {
        let good = fs::read(dir.join(name)).ok();
        for text in texts {
            fs::write(dir.join(name), text).unwrap();
            assert_says(&refusal_in(dir), &format!("{name} is broken"));
        }
        fs::write(dir.join(name), [0xff, 0xfe]).unwrap();
        assert_says(&refusal_in(dir), &format!("{name}: stream did not contain valid UTF-8"));
        match good {
            Some(bytes) => fs::write(dir.join(name), bytes).unwrap(),
            None => fs::remove_file(dir.join(name)).unwrap(),
        }
    }
    fs::write(dir.join("tools.json"), "{}").unwrap();
    assert_says(&refusal_in(dir), "tools.json is broken");
    fs::remove_file(dir.join("tools.json")).unwrap();

    let weights = dir.join("model.safetensors");
    let good = fs::read(&weights).unwrap();
    fs::write(&weights, "").unwrap();
    assert_says(&refusal_in(dir), "model.safetensors is empty");
    for bytes in [&b"garbage"[..], &[0xff; 64], &good[..good.len() - 1], &good[..100], &[0, 0, 0, 0, 0, 0, 0, 0]] {
        fs::write(&weights, bytes).unwrap();
        assert_says(&refusal_in(dir), "model.safetensors is no safetensors file");
    }
}

#[test]
fn a_broken_index() {
    let mut folder = Folder::new("llama");
    folder.shards = 2;
    let dir = folder.write();
    let index = dir.join("model.safetensors.index.json");
    let good: serde_json::Value = serde_json::from_str(&fs::read_to_string(&index).unwrap()).unwrap();
    let write = |value: &serde_json::Value| fs::write(&index, value.to_string()).unwrap();

    write(&json!({}));
    assert_says(&refusal_in(dir), "weight_map is missing");
    for name in ["../other.safetensors", "/etc/passwd", "a\\b.safetensors", "config.json", ""] {
        write(&json!({"weight_map": {"model.norm.weight": name}}));
        assert_says(&refusal_in(dir), "it should be the name of a .safetensors file beside the index");
    }
    write(&json!({"weight_map": {"model.norm.weight": 7}}));
    assert_says(&refusal_in(dir), "weight_map is 7");

    let mut absent = good.clone();
    absent["weight_map"]["model.norm.weight"] = "model-00003-of-00003.safetensors".into();
    write(&absent);
    assert_says(&refusal_in(dir), "has no model-00003-of-00003.safetensors, which model.safetensors.index.json names");

    let mut promised = good.clone();
    promised["weight_map"]["model.extra"] = "model-00001-of-00002.safetensors".into();
    write(&promised);
    assert_says(&refusal_in(dir), "model-00001-of-00002.safetensors holds tensor model.extra, but it does not");

    write(&good);
    fs::copy(dir.join("model-00001-of-00002.safetensors"), dir.join("model-00002-of-00002.safetensors")).unwrap();
    assert_says(&refusal_in(dir), "is stored twice, the second time in model-00002-of-00002.safetensors");
}

#[test]
fn tensors_that_do_not_fit() {
    let mut missing = Folder::new("qwen3");
    missing.tensors.remove("model.layers.1.self_attn.q_norm.weight");
    assert_says(&missing.refusal(), "tensor layers.1.self_attn.q_norm.weight is missing");

    let mut shape = Folder::new("llama");
    shape.tensor("model.layers.0.mlp.up_proj.weight").0 = vec![96, 130];
    assert_says(&shape.refusal(), "up_proj.weight has the shape [96, 130]; config.json asks for [130, 96]");

    let mut scalar = Folder::new("llama");
    *scalar.tensor("model.norm.weight") = (vec![], vec![1.0]);
    assert_says(&scalar.refusal(), "norm.weight has the shape []");

    let mut unknown = Folder::new("llama");
    unknown.tensors.insert("model.layers.0.self_attn.o_proj.bias".into(), (vec![96], vec![0.0; 96]));
    unknown.tensors.insert("model.visual.weight".into(), (vec![1], vec![0.0]));
    assert_says(&unknown.refusal(), "layers.0.self_attn.o_proj.bias is unknown in a model of this family (2 such");

    let mut layers = Folder::new("llama");
    layers.config["num_hidden_layers"] = 1.into();
    assert_says(&layers.refusal(), "tensor layers.1.input_layernorm.weight is unknown");

    let mut head = Folder::new("llama");
    head.untie();
    head.tensors.remove("lm_head.weight");
    assert_says(&head.refusal(), "tensor lm_head.weight is missing");
    head.untie();
    head.config["tie_word_embeddings"] = true.into();
    assert_says(&head.refusal(), "lm_head.weight differs from embed_tokens.weight");

    let mut dtype = Folder::new("llama");
    dtype.dtype = Dtype::F64;
    assert_says(&dtype.refusal(), "holds F64 numbers; F32, F16 and BF16 are read");
}

#[test]
fn numbers_that_no_weight_may_be() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut folder = Folder::new("phonelm");
        folder.tensor("model.layers.1.mlp.down_proj.weight").1[131] = value;
        assert_says(
            &folder.refusal(),
            &format!("layers.1.mlp.down_proj.weight holds {value} at element 131, which is no finite"),
        );
    }
    // Row 1 of the file is row 5 of the folder in a llama model.
    let mut moved = Folder::new("llama");
    moved.tensor("model.layers.0.self_attn.q_proj.weight").1[5 * 96 + 7] = f32::NAN;
    assert_says(&moved.refusal(), "holds NaN at element 487");

    let mut large = Folder::new("phonelm");
    large.tensor("model.layers.0.mlp.up_proj.weight").1[3] = 1e5;
    assert!(large.convert(TensorType::F32).is_ok() && large.convert(TensorType::BF16).is_ok());
    fs::remove_file(large.dir.path().join("out.gguf")).unwrap();
    for ty in [TensorType::F16, TensorType::Q4_0] {
        let message = large.convert(ty).map(drop).unwrap_err().to_string();
        assert_says(&message, &format!("up_proj.weight holds 100000 at element 3, which {ty} cannot hold"));
    }
    assert!(!large.dir.path().join("out.gguf").exists());
}

#[test]
fn types_that_cannot_be_made() {
    for ty in [TensorType::Q4_K, TensorType::Q5_K, TensorType::Q6_K] {
        let message = Folder::new("llama").convert(ty).map(drop).unwrap_err().to_string();
        assert_says(&message, &format!("{ty} files cannot be made here; choose f32"));
    }
}

#[test]
fn places_where_nothing_can_be_written() {
    let folder = Folder::new("llama");
    let dir = folder.write();
    for out in [dir.to_path_buf(), dir.join("absent/out.gguf"), dir.join("config.json/out.gguf")] {
        let error = convert(dir, &out, &Options::new(TensorType::F32), &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert_says(&error.to_string(), &format!("cannot write {}: writing failed", out.display()));
    }
}

#[test]
fn a_stopped_conversion_leaves_nothing() {
    let folder = Folder::new("llama");
    let (dir, mut calls) = (folder.write(), 0);
    let error = convert(dir, &dir.join("out.gguf"), &Options::new(TensorType::F32), &mut |_| {
        calls += 1;
        if calls == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(error, Err(Error::Cancelled)) && calls == 3, "{error:?} after {calls} calls");
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.into_iter().all(|name| !name.ends_with(".gguf") && !name.ends_with(".partial")));
}

#[test]
fn an_older_file_survives_a_failed_conversion() {
    let mut folder = Folder::new("llama");
    folder.convert(TensorType::F32).unwrap();
    let before = fs::read(folder.dir.path().join("out.gguf")).unwrap();
    folder.tensor("model.norm.weight").1[0] = f32::NAN;
    folder.refusal();
    assert!(fs::read(folder.dir.path().join("out.gguf")).unwrap() == before);
}
