//! A build that computes on the CPU alone.

use std::ops::ControlFlow;

use phonelm_engine::Engine;
use phonelm_model::ModelFile;
use phonelm_search::{Device, LoadFailure};

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
    check(options)?;
    let engine = Engine::load(file, &options.cpu(), progress);
    Ok((engine.map_err(|error| SdkError::of_loading(name, error))?, None))
}

pub(crate) fn gpu_copies(_: &ModelFile, options: &ModelOptions, _: usize) -> Result<GpuCopies, SdkError> {
    check(options).map(|()| GpuCopies::default())
}

pub(super) fn gpu_device() -> Result<Box<dyn Device>, SdkError> {
    Err(no_gpu())
}

pub(super) fn gpu_refusal(_: &str, failure: LoadFailure) -> SdkError {
    SdkError::Internal { reason: failure.to_string() }
}

fn check(options: &ModelOptions) -> Result<(), SdkError> {
    if options.backend == Some(BackendPreference::Gpu) { Err(no_gpu()) } else { Ok(()) }
}

fn no_gpu() -> SdkError {
    SdkError::Unsupported { reason: "this build has no GPU backend; use cpu".into() }
}
