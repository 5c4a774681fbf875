//! The model that ships, for targets whose bytes only a model takes.

use std::sync::Arc;

use phonelm_sdk::{LoadEvent, Model, ModelOptions, ModelSource, load_model};
use pollster::block_on;

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/phonelm-tiny/phonelm-tiny.gguf");

pub(crate) fn load(options: ModelOptions) -> Arc<Model> {
    let loading = load_model(ModelSource::Path { path: TINY.into() }, options);
    loop {
        if let Some(LoadEvent::Ready { model }) = block_on(loading.next()).unwrap() {
            return model;
        }
    }
}
