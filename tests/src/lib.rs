//! What the suites that run several rooms together share: golden data, random models, comparisons.

#![allow(clippy::panic)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use phonelm_model::{Activation, Config, Executor, Family, Input, LogitsFor, Rope, RopeLayout, Segment};

/// The folder `tests/golden`, or a path in it.
pub fn golden(path: impl AsRef<Path>) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(path)
}

/// A little-endian f32 matrix of a .npy file: values and width of a row.
pub fn read_npy(path: &Path) -> (Vec<f32>, usize) {
    let bytes = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\0", "{}: not a version 1 .npy file", path.display());
    let header_len = u16::from_le_bytes([bytes[8], bytes[9]]) as usize;
    let header = String::from_utf8_lossy(&bytes[10..10 + header_len]);
    assert!(header.contains("'<f4'") && header.contains("'fortran_order': False"), "{}: {header}", path.display());
    let shape = header.split("'shape': (").nth(1).and_then(|s| s.split(')').next()).unwrap_or_default();
    let width = shape.split(',').filter_map(|n| n.trim().parse().ok()).next_back().unwrap_or(1);
    let values = bytes[10 + header_len..].chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    (values.collect(), width)
}

/// Token ids of a JSON list.
pub fn read_tokens(path: &Path) -> Vec<u32> {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Root mean square difference of two sets of logits over the standard deviation of the reference.
pub fn distance(found: &[f32], reference: &[f32]) -> f64 {
    assert_eq!(found.len(), reference.len());
    let n = reference.len() as f64;
    let mean = reference.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let spread = (reference.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n).sqrt();
    let square = |(a, b): (&f32, &f32)| (f64::from(*a) - f64::from(*b)).powi(2);
    (found.iter().zip(reference).map(square).sum::<f64>() / n).sqrt() / spread
}

/// Logits of every token of a text in a new cache, computed in one call.
pub fn logits(executor: &mut dyn Executor, tokens: &[u32]) -> Vec<f32> {
    let cache = executor.create();
    let logits = extend(executor, cache, tokens);
    executor.release(cache);
    logits
}

/// Appends tokens to a cache and returns the logits of each.
pub fn extend(executor: &mut dyn Executor, cache: phonelm_model::CacheId, tokens: &[u32]) -> Vec<f32> {
    let segment = Segment { cache, input: Input::Tokens(tokens), logits: LogitsFor::All };
    executor.forward(&[segment]).unwrap_or_else(|e| panic!("forward: {e}")).values
}

/// A small shape of a family: awkward sizes (head_dim 40, two key heads for four query heads) where `awkward`.
pub fn small_config(family: Family, awkward: bool) -> Config {
    let (hidden, heads, kv_heads, head_dim, ffn, vocab) =
        if awkward { (96, 4, 2, 40, 224, 301) } else { (128, 4, 4, 32, 256, 320) };
    Config {
        family,
        context: 512,
        hidden,
        layers: 2,
        heads,
        kv_heads,
        head_dim,
        ffn,
        vocab,
        norm_eps: 1e-6,
        rope: Rope {
            base: 10_000.0,
            layout: if family == Family::Llama { RopeLayout::Pairs } else { RopeLayout::Halves },
            linear_factor: 1.0,
            factors: None,
            int8: family == Family::PhoneLm,
        },
        activation: if family == Family::PhoneLm { Activation::Relu } else { Activation::Silu },
        qkv_bias: family == Family::Qwen2,
        qk_norm: family == Family::Qwen3,
        tied: !awkward,
    }
}
