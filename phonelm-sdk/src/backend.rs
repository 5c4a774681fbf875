//! What computes a model, as its options say: the CPU, the GPU, or whichever was measured as the fastest on this device.
//! Builds without Cargo's feature `gpu` have the same names and the CPU alone.

use phonelm_search::{Cpu, Device, LoadFailure};

use crate::{BackendPreference, SdkError, SearchOptions};

#[cfg(not(feature = "gpu"))]
mod cpu;
#[cfg(feature = "gpu")]
mod gpu;

#[cfg(not(feature = "gpu"))]
pub(crate) use cpu::{Placing, gpu_copies, load};
#[cfg(not(feature = "gpu"))]
use cpu::{gpu_device, gpu_refusal};
#[cfg(feature = "gpu")]
pub(crate) use gpu::{Placing, gpu_copies, load};
#[cfg(feature = "gpu")]
use gpu::{gpu_device, gpu_refusal};

/// What a model that starts on the GPU takes there.
#[derive(Default)]
pub(crate) struct GpuCopies {
    /// Of weights.
    pub(crate) bytes: u64,
    /// Of buffers.
    pub(crate) scratch: u64,
    /// Whether the CPU needs none of its own. They are made should the GPU fail, whose are then gone.
    pub(crate) alone: bool,
}

/// What a search times shapes on.
pub(crate) fn search_device(options: &SearchOptions) -> Result<Box<dyn Device>, SdkError> {
    match options.backend {
        None | Some(BackendPreference::Cpu) => Ok(Box::new(Cpu(options.cpu()))),
        Some(BackendPreference::Gpu) => gpu_device(),
        Some(BackendPreference::Auto) => Err(SdkError::OptionInvalid {
            option: "backend".into(),
            value: "auto".into(),
            allowed: "cpu or gpu: a search is for what will compute the model".into(),
        }),
    }
}

/// Why what was to time a shape did not take it.
pub(crate) fn refusal(shape: &str, failure: LoadFailure) -> SdkError {
    match failure.downcast() {
        Ok(error) => SdkError::of_cpu(shape, *error),
        Err(failure) => gpu_refusal(shape, failure),
    }
}
