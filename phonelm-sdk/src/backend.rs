//! What computes a model, as its options say: the CPU, the GPU, or whichever was measured as the fastest on this device.
//! Builds without Cargo's feature `gpu` have the same names and the CPU alone.

#[cfg(not(feature = "gpu"))]
mod cpu;
#[cfg(feature = "gpu")]
mod gpu;

#[cfg(not(feature = "gpu"))]
pub(crate) use cpu::{Placing, gpu_copies, load};
#[cfg(feature = "gpu")]
pub(crate) use gpu::{Placing, gpu_copies, load};

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
