//! The GPU executor: a whole forward pass in WGSL, on Metal and Vulkan from one source (wgpu). Shaders lie in files of
//! their own; [`shaders`] puts them together.
//!
//! Left out on purpose: text. Sums are not in the CPU's order, so that logits agree
//! closely and not to the bit.

#![deny(unsafe_code)]

mod cache;
mod calls;
mod device;
mod error;
mod executor;
mod hybrid;
mod kept;
mod keys;
mod linear;
mod memory;
mod pace;
mod pass;
mod pipelines;
mod results;
mod scratch;
mod self_test;
pub mod shaders;
mod upload;

pub use device::{Adapter, adapters};
pub use error::LoadError;
pub use executor::{GpuExecutor, GpuOptions};
pub use hybrid::HybridExecutor;
pub use keys::KvFormat;
pub use memory::{scratch_bytes, weight_bytes};
