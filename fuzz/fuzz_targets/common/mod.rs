//! The model that ships, loaded once: for targets whose bytes only a model takes.

use std::sync::{Arc, LazyLock};

use phonelm_sdk::{LoadEvent, Model, ModelOptions, ModelSource, load_model};
use pollster::block_on;

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/phonelm-tiny/phonelm-tiny.gguf");

#[allow(dead_code, reason = "one target has a model of its own")]
pub(crate) static MODEL: LazyLock<Arc<Model>> = LazyLock::new(|| load(ModelOptions::default()));

pub(crate) fn load(options: ModelOptions) -> Arc<Model> {
    let loading = load_model(ModelSource::Path { path: TINY.into() }, options);
    loop {
        if let Some(LoadEvent::Ready { model }) = block_on(loading.next()).unwrap() {
            return model;
        }
    }
}
