//! Every family converted: names, shapes, types, keys, and the numbers themselves.

use std::ops::ControlFlow;

use crate::folder::{Folder, noise, numbers};
use phonelm_convert::Warning;
use phonelm_gguf::TensorType;
use phonelm_model::{Activation, Config, Family, Rope, RopeLayout};
use safetensors::Dtype;
use serde_json::json;

/// Name in the folder's layer, name in the file's layer.
const LAYER: [(&str, &str); 14] = [
    ("input_layernorm.weight", "attn_norm.weight"),
    ("self_attn.q_proj.weight", "attn_q.weight"),
    ("self_attn.k_proj.weight", "attn_k.weight"),
    ("self_attn.v_proj.weight", "attn_v.weight"),
    ("self_attn.q_proj.bias", "attn_q.bias"),
    ("self_attn.k_proj.bias", "attn_k.bias"),
    ("self_attn.v_proj.bias", "attn_v.bias"),
    ("self_attn.q_norm.weight", "attn_q_norm.weight"),
    ("self_attn.k_norm.weight", "attn_k_norm.weight"),
    ("self_attn.o_proj.weight", "attn_output.weight"),
    ("post_attention_layernorm.weight", "ffn_norm.weight"),
    ("mlp.gate_proj.weight", "ffn_gate.weight"),
    ("mlp.up_proj.weight", "ffn_up.weight"),
    ("mlp.down_proj.weight", "ffn_down.weight"),
];

/// A tensor's name in the file.
fn gguf_name(name: &str) -> String {
    match name.trim_start_matches("model.") {
        "embed_tokens.weight" => "token_embd.weight".into(),
        "norm.weight" => "output_norm.weight".into(),
        "lm_head.weight" => "output.weight".into(),
        layer => {
            let (number, part) = layer.trim_start_matches("layers.").split_once('.').unwrap();
            format!("blk.{number}.{}", LAYER.iter().find(|(hf, _)| *hf == part).unwrap().1)
        }
    }
}

/// The rows of each head of 10 in the order 0 5 1 6 2 7 3 8 4 9, as llama.cpp's converter puts them.
fn paired(rows: &[f32]) -> Vec<f32> {
    let row = |i: usize| &rows[i * 96..(i + 1) * 96];
    let heads = (0..rows.len() / 960).map(|head| head * 10);
    heads.flat_map(|first| (0..5).flat_map(move |i| [row(first + i), row(first + i + 5)])).flatten().copied().collect()
}

fn config(family: Family) -> Config {
    let llama = family == Family::Llama;
    Config {
        family,
        context: 256,
        hidden: 96,
        layers: 2,
        heads: 6,
        kv_heads: 2,
        head_dim: 10,
        ffn: 130,
        vocab: 50,
        norm_eps: 1e-6,
        rope: Rope {
            base: 10_000.0,
            layout: if llama { RopeLayout::Pairs } else { RopeLayout::Halves },
            linear_factor: 1.0,
            factors: None,
            int8: family == Family::PhoneLm,
        },
        activation: if family == Family::PhoneLm { Activation::Relu } else { Activation::Silu },
        qkv_bias: family == Family::Qwen2,
        qk_norm: family == Family::Qwen3,
        tied: true,
    }
}

#[test]
fn every_family_keeps_its_shape_and_its_numbers() {
    for family in Family::ALL {
        for dtype in [Dtype::F32, Dtype::F16, Dtype::BF16] {
            let mut folder = Folder::new(family.name());
            folder.dtype = dtype;
            let (model, report) = folder.convert(TensorType::F32).unwrap();
            assert_eq!(model.config(), &config(family));
            assert_eq!(model.gguf().tensors().len(), folder.tensors.len());
            for (name, (_, expected)) in &folder.tensors {
                let moves = family == Family::Llama && (name.contains("q_proj") || name.contains("k_proj"));
                let expected = if moves { paired(expected) } else { expected.clone() };
                assert_eq!(numbers(&model, &gguf_name(name)), expected, "{family:?} {dtype} {name}");
            }
            assert_eq!(report.parameters, folder.tensors.values().map(|(_, n)| n.len() as u64).sum::<u64>());
            assert_eq!(report.warnings, [Warning::NoTokenizer, Warning::NoChatTemplate]);
        }
    }
}

#[test]
fn untied_heads_and_several_files() {
    let mut folder = Folder::new("phonelm");
    folder.untie();
    folder.shards = 3;
    let (model, report) = folder.convert(TensorType::F16).unwrap();
    assert!(!model.config().tied);
    assert_eq!(numbers(&model, "output.weight"), noise(1000, 50 * 96));
    assert_eq!(report.tensors, [("f16", 16), ("f32", 5)].into());
    assert_eq!(report.bytes, model.bytes().len() as u64);
}

#[test]
fn a_repeated_head_and_saved_rope_tables_are_left_out() {
    let mut folder = Folder::new("llama");
    let embedding = folder.tensor("model.embed_tokens.weight").clone();
    folder.tensors.insert("lm_head.weight".into(), embedding);
    folder.tensors.insert("model.layers.0.self_attn.rotary_emb.inv_freq".into(), (vec![5], vec![0.0; 5]));
    let (model, _) = folder.convert(TensorType::F32).unwrap();
    assert!(model.config().tied && model.gguf().tensor("output.weight").is_none());
}

#[test]
fn names_without_prefix_and_no_word_on_tying() {
    let mut folder = Folder::new("qwen2");
    folder.config["tie_word_embeddings"] = json!(null);
    folder.tensors =
        folder.tensors.into_iter().map(|(name, t)| (name.trim_start_matches("model.").to_owned(), t)).collect();
    assert!(folder.convert(TensorType::F32).unwrap().0.config().tied);
}

#[test]
fn types_follow_the_shape_of_each_tensor() {
    let mut folder = Folder::new("qwen2");
    folder.untie();
    let (model, report) = folder.convert(TensorType::Q4_0).unwrap();
    let ty = |name: &str| model.gguf().tensor(name).unwrap().ty;
    assert_eq!(ty("blk.0.attn_q.weight"), TensorType::Q4_0);
    assert_eq!((ty("token_embd.weight"), ty("output.weight")), (TensorType::Q8_0, TensorType::Q8_0));
    assert_eq!((ty("blk.1.attn_norm.weight"), ty("blk.1.attn_k.bias")), (TensorType::F32, TensorType::F32));
    assert_eq!((ty("blk.0.attn_output.weight"), ty("blk.0.ffn_down.weight")), (TensorType::F16, TensorType::F16));
    let first = "blk.0.attn_output.weight".to_owned();
    assert_eq!(report.warnings[0], Warning::StoredAsF16 { count: 4, first, asked: TensorType::Q4_0 });
    assert_eq!(model.metadata().u64("general.file_type").unwrap(), Some(2));

    let mut expected = Vec::new();
    phonelm_kernels::blocks::quantize(
        TensorType::Q4_0,
        &folder.tensors["model.layers.1.mlp.up_proj.weight"].1,
        &mut expected,
    )
    .unwrap();
    let up = model.gguf().tensor("blk.1.ffn_up.weight").unwrap();
    assert!(up.bytes(model.bytes()).unwrap() == expected);
}

#[test]
fn the_file_is_aligned_for_mapping() {
    let (model, _) = Folder::new("qwen3").convert(TensorType::Q8_0).unwrap();
    assert_eq!(model.gguf().data_start() % phonelm_gguf::PAGE, 0);
    assert!(model.gguf().tensors().iter().all(|tensor| tensor.range.start % 256 == 0));
}

#[test]
fn rope_scaling_reaches_the_file() {
    let mut folder = Folder::new("llama");
    folder.config["rope_scaling"] = json!({"type": "linear", "factor": 4.0});
    let (model, _) = folder.convert(TensorType::F32).unwrap();
    assert_eq!(model.config().rope.linear_factor, 4.0);
    assert_eq!(model.metadata().str("llama.rope.scaling.type").unwrap(), Some("linear"));

    folder.config["rope_scaling"] = json!({
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    });
    let (model, report) = folder.convert(TensorType::Q4_0).unwrap();
    let factors = model.config().rope.factors.clone().unwrap();
    assert_eq!((factors[0], factors[4]), (1.0, 8.0));
    assert_eq!(numbers(&model, "rope_freqs.weight"), factors);
    assert_eq!(report.tensors["f32"], 6);
}

#[test]
fn progress_rises_to_the_total() {
    let folder = Folder::new("llama");
    let mut seen = Vec::new();
    let out = folder.dir.path().join("out.gguf");
    let options = phonelm_convert::Options::new(TensorType::F32);
    phonelm_convert::convert(folder.write(), &out, &options, &mut |p| {
        seen.push((p.done, p.total));
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(seen.is_sorted_by(|a, b| a.0 < b.0) && seen.len() >= folder.tensors.len());
    let last = seen.last().unwrap();
    assert_eq!(last.0, last.1);
}

#[test]
fn the_golden_folders_convert() {
    let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/models");
    let out = tempfile::TempDir::new().unwrap();
    let mut count = 0;
    for entry in std::fs::read_dir(models).unwrap() {
        let dir = entry.unwrap().path();
        for ty in [TensorType::F32, TensorType::Q5_1] {
            let path = out.path().join("model.gguf");
            let options = phonelm_convert::Options::new(ty);
            phonelm_convert::convert(&dir, &path, &options, &mut |_| ControlFlow::Continue(())).unwrap();
            let model = phonelm_model::ModelFile::open(&path).unwrap();
            assert!(dir.ends_with(model.metadata().str("general.name").unwrap().unwrap()));
        }
        count += 1;
    }
    assert!(count > 10, "{count} folders found");
}
