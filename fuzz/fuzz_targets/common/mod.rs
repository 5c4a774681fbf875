//! The model that ships, loaded once: for targets whose bytes only a model takes.

use std::sync::{Arc, LazyLock};

use phonelm_sdk::{LoadEvent, Model, ModelOptions, ModelSource, load_model};
use pollster::block_on;

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/phonelm-tiny/phonelm-tiny.gguf");

pub(crate) static MODEL: LazyLock<Arc<Model>> = LazyLock::new(|| {
    let loading = load_model(ModelSource::Path { path: TINY.into() }, ModelOptions::default());
    loop {
        if let Some(LoadEvent::Ready { model }) = block_on(loading.next()).unwrap() {
            return model;
        }
    }
});
