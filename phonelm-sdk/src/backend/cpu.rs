//! A build that computes on the CPU alone.

use std::ops::ControlFlow;

use phonelm_engine::Engine;
use phonelm_model::ModelFile;

use super::GpuCopies;
use crate::{BackendPreference, ModelOptions, SdkError, model::About};

/// There is nothing to choose between.
pub(crate) enum Placing {}

impl Placing {
    pub(crate) fn measure(self, _: &mut Engine, _: &mut dyn FnMut() -> bool) -> Option<Self> {
        match self {}
    }
}

pub(crate) fn load(
    file: ModelFile,
    name: &str,
    _: &About,
    options: &ModelOptions,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<(Engine, Option<Placing>), SdkError> {
    refuse_gpu(options)?;
    let engine = Engine::load(file, &options.cpu(), progress);
    Ok((engine.map_err(|error| SdkError::of_loading(name, error))?, None))
}

pub(crate) fn gpu_copies(_: &ModelFile, options: &ModelOptions, _: usize) -> Result<GpuCopies, SdkError> {
    refuse_gpu(options).map(|()| GpuCopies::default())
}

fn refuse_gpu(options: &ModelOptions) -> Result<(), SdkError> {
    if options.backend == Some(BackendPreference::Gpu) {
        return Err(SdkError::Unsupported { reason: "this build has no GPU backend; use auto or cpu".into() });
    }
    Ok(())
}
