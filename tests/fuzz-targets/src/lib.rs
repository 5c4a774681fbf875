//! What must hold for any bytes, one module for each kind of bytes that is not trusted. `fuzz/` draws the bytes, led by what
//! they reach; the test of this crate takes the kept ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a target fails by panicking")]

pub mod blocks;
pub mod convert;
pub mod gguf;
pub mod grammar;
pub mod prompt;
pub mod search;
pub mod session;
pub mod template;
pub mod tokenizer;
pub mod transcript;

use std::sync::Arc;

use phonelm_sdk::{LoadEvent, Model, ModelOptions, ModelSource, load_model};
use pollster::block_on;

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/phonelm-tiny/phonelm-tiny.gguf");

/// The model that ships, for bytes that only a model takes.
fn model(options: ModelOptions) -> Arc<Model> {
    let loading = load_model(ModelSource::Path { path: TINY.into() }, options);
    loop {
        if let Some(LoadEvent::Ready { model }) = block_on(loading.next()).unwrap() {
            return model;
        }
    }
}
