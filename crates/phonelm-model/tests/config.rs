//! Headers that are no model: each wrong number is an error that names its key.

#![allow(clippy::unwrap_used)]

use phonelm_gguf::{TensorType, Value, Writer};
use phonelm_model::{Activation, Error, Mapping, ModelFile};

const HIDDEN: u64 = 64;

/// A whole phonelm file of one layer whose metadata pass through `change` before they are written.
fn file(change: impl Fn(&str, Value) -> Option<Value>) -> Result<ModelFile, Error> {
    file_with_tensors(change, |_, shape| Some(shape))
}

fn file_with_keys(more: Vec<(&str, Value)>) -> Result<ModelFile, Error> {
    build(more, &[], |_, value| Some(value), |_, shape| Some(shape))
}

fn file_with_tensors(
    change: impl Fn(&str, Value) -> Option<Value>,
    reshape: impl Fn(&str, Vec<u64>) -> Option<Vec<u64>>,
) -> Result<ModelFile, Error> {
    build(Vec::new(), &[], change, reshape)
}

fn build(
    more: Vec<(&str, Value)>,
    vectors: &[&str],
    change: impl Fn(&str, Value) -> Option<Value>,
    reshape: impl Fn(&str, Vec<u64>) -> Option<Vec<u64>>,
) -> Result<ModelFile, Error> {
    let mut writer = Writer::new();
    for (key, value) in more {
        writer.set(key, value);
    }
    for (key, value) in [
        ("general.architecture", Value::String("phonelm".into())),
        ("phonelm.context_length", Value::U32(128)),
        ("phonelm.embedding_length", Value::U32(HIDDEN as u32)),
        ("phonelm.block_count", Value::U32(1)),
        ("phonelm.feed_forward_length", Value::U32(96)),
        ("phonelm.attention.head_count", Value::U32(4)),
        ("phonelm.attention.head_count_kv", Value::U32(2)),
        ("phonelm.attention.layer_norm_rms_epsilon", Value::F32(1e-6)),
    ] {
        if let Some(value) = change(key, value) {
            writer.set(key, value);
        }
    }
    let mut sizes = Vec::new();
    for (name, shape) in [
        ("token_embd.weight", vec![HIDDEN, 40]),
        ("blk.0.attn_norm.weight", vec![HIDDEN]),
        ("blk.0.attn_q.weight", vec![HIDDEN, 64]),
        ("blk.0.attn_k.weight", vec![HIDDEN, 32]),
        ("blk.0.attn_v.weight", vec![HIDDEN, 32]),
        ("blk.0.attn_output.weight", vec![64, HIDDEN]),
        ("blk.0.ffn_norm.weight", vec![HIDDEN]),
        ("blk.0.ffn_gate.weight", vec![HIDDEN, 96]),
        ("blk.0.ffn_up.weight", vec![HIDDEN, 96]),
        ("blk.0.ffn_down.weight", vec![96, HIDDEN]),
        ("output_norm.weight", vec![HIDDEN]),
    ] {
        if let Some(shape) = reshape(name, shape) {
            writer.tensor(name, &shape, TensorType::F32);
            sizes.push(shape.iter().product::<u64>() as usize * 4);
        }
    }
    for name in vectors {
        writer.tensor(*name, &[HIDDEN], TensorType::F32);
        sizes.push(HIDDEN as usize * 4);
    }
    let mut body = writer.start(Vec::new()).unwrap();
    for size in sizes {
        body.tensor(&vec![0; size]).unwrap();
    }
    ModelFile::new(Mapping::from_vec(body.finish().unwrap()))
}

#[test]
fn a_whole_file_is_read() {
    let file = file(|_, value| Some(value)).unwrap();
    let c = file.config();
    assert_eq!((c.hidden, c.layers, c.heads, c.kv_heads, c.head_dim, c.ffn, c.vocab), (64, 1, 4, 2, 16, 96, 40));
    assert!(c.tied && c.rope.int8);
    assert_eq!(c.parameters(), 40 * 64 + (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 96 + 2 * 64) + 64);
    assert_eq!(file.bytes_of(&file.weights().layers[0].down).len(), 96 * 64 * 4);
    assert_eq!(file.fingerprint().len(), 64);
}

#[test]
fn each_missing_key_is_named() {
    for key in [
        "general.architecture",
        "phonelm.context_length",
        "phonelm.embedding_length",
        "phonelm.block_count",
        "phonelm.feed_forward_length",
        "phonelm.attention.head_count",
        "phonelm.attention.layer_norm_rms_epsilon",
    ] {
        let error = file(|k, value| (k != key).then_some(value)).unwrap_err();
        assert!(error.to_string().contains(key), "{key}: {error}");
    }
}

#[test]
fn impossible_numbers_are_named() {
    for (key, value) in [
        ("phonelm.context_length", Value::U32(0)),
        ("phonelm.context_length", Value::U64(u64::MAX)),
        ("phonelm.embedding_length", Value::U32(u32::MAX)),
        ("phonelm.block_count", Value::U32(0)),
        ("phonelm.block_count", Value::U64(1 << 40)),
        ("phonelm.attention.head_count", Value::U32(0)),
        ("phonelm.attention.head_count", Value::U32(200)),
        ("phonelm.attention.head_count_kv", Value::U32(3)),
        ("phonelm.attention.layer_norm_rms_epsilon", Value::F32(f32::NAN)),
        ("phonelm.attention.layer_norm_rms_epsilon", Value::F32(-1.0)),
        ("phonelm.feed_forward_length", Value::I32(-5)),
        ("phonelm.embedding_length", Value::String("wide".into())),
    ] {
        let error = file(|k, v| Some(if k == key { value.clone() } else { v })).unwrap_err();
        let named = key.trim_end_matches("_kv").trim_start_matches("phonelm.");
        assert!(error.to_string().contains(named) || error.to_string().contains("key_length"), "{key}: {error}");
    }
}

#[test]
fn activation_and_rounding_are_data() {
    let with = |key: &'static str, value: Value| {
        file_with_keys(vec![(key, value)]).map(|f| (f.config().activation, f.config().rope.int8))
    };
    assert_eq!(with("phonelm.hidden_act", Value::String("silu".into())).unwrap(), (Activation::Silu, true));
    assert_eq!(with("phonelm.rope.int8", Value::Bool(false)).unwrap(), (Activation::Relu, false));
    let error = with("phonelm.hidden_act", Value::String("gelu".into())).unwrap_err();
    assert!(error.to_string().contains("hidden_act"), "{error}");
}

#[test]
fn unknown_architectures_are_refused() {
    let error =
        file(|k, v| Some(if k == "general.architecture" { Value::String("mamba".into()) } else { v })).unwrap_err();
    assert!(matches!(&error, Error::UnknownArchitecture { name } if name == "mamba"), "{error}");
}

#[test]
fn missing_and_misshapen_tensors_are_named() {
    let same = |_: &str, value| Some(value);
    for name in ["token_embd.weight", "blk.0.ffn_up.weight", "output_norm.weight"] {
        let error = file_with_tensors(same, |n, shape| (n != name).then_some(shape)).unwrap_err();
        assert!(matches!(&error, Error::MissingTensor { name: n } if n == name), "{error}");
        let error = file_with_tensors(same, |n, shape| Some(if n == name { vec![16, 4] } else { shape })).unwrap_err();
        assert!(matches!(&error, Error::WrongShape { name: n, .. } if n == name), "{name}: {error}");
    }
}

#[test]
fn tensors_without_a_role_are_refused() {
    let with = |vectors: &[&str]| build(Vec::new(), vectors, |_, value| Some(value), |_, shape| Some(shape));
    let error = with(&["blk.0.attn_output.bias", "blk.0.ffn_up.bias"]).unwrap_err();
    assert!(matches!(&error, Error::UnknownTensor { name, count: 2 } if name == "blk.0.attn_output.bias"), "{error}");
}

#[test]
fn linear_scaling_of_old_and_new_files() {
    let factor = |keys| file_with_keys(keys).map(|file| file.config().rope.linear_factor);
    let kind = |kind: &str| ("phonelm.rope.scaling.type", Value::String(kind.into()));
    let (new, old) = (("phonelm.rope.scaling.factor", Value::F32(4.0)), ("phonelm.rope.scale_linear", Value::F32(2.0)));
    assert_eq!(factor(vec![kind("linear"), new.clone()]).unwrap(), 4.0);
    assert_eq!(factor(vec![kind("none"), new.clone(), old.clone()]).unwrap(), 1.0);
    assert_eq!(factor(vec![new, old.clone()]).unwrap(), 4.0, "linear is what llama.cpp takes for granted");
    assert_eq!(factor(vec![old]).unwrap(), 2.0);
    let error = factor(vec![("phonelm.rope.scale_linear", Value::F32(0.0))]).unwrap_err();
    assert!(error.to_string().contains("phonelm.rope.scale_linear is 0"), "{error}");
}

#[test]
fn the_fingerprint_tells_files_apart() {
    let one = file(|_, v| Some(v)).unwrap();
    let mut bytes = one.bytes().to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let other = ModelFile::new(Mapping::from_vec(bytes)).unwrap();
    assert_eq!(one.fingerprint(), file(|_, v| Some(v)).unwrap().fingerprint());
    assert_ne!(one.fingerprint(), other.fingerprint());
}

#[test]
fn paths_that_are_no_model_say_so() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(ModelFile::open(folder.path()), Err(Error::NotAFile { .. })));
    assert!(matches!(ModelFile::open(&folder.path().join("none.gguf")), Err(Error::Open { .. })));
    let empty = folder.path().join("empty.gguf");
    std::fs::write(&empty, b"").unwrap();
    assert!(matches!(ModelFile::open(&empty), Err(Error::EmptyFile { .. })));
    let garbage = folder.path().join("garbage.gguf");
    std::fs::write(&garbage, b"not a model at all").unwrap();
    assert!(matches!(ModelFile::open(&garbage), Err(Error::Gguf(_))));
}
