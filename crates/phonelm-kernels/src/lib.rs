//! Pure compute: block formats, the packed weight layout, one kernel set per instruction set behind
//! [`Kernels`], the compute [`Pool`], and the CPU executor, which runs a model's forward pass with them.
//!
//! Left out on purpose: files and text. All kernel sets give the same bits as the scalar one, because
//! each output sums its parts in one fixed order (see [`Kernels`]).

#[cfg(target_arch = "aarch64")]
mod aarch64;
mod attention;
mod bandwidth;
pub mod blocks;
mod check;
mod cores;
mod executor;
mod float;
mod kernels;
mod packed;
mod peak;
mod pool;
mod registry;
mod rows;
mod scalar;
mod self_test;
mod skipping;
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use attention::{KV_BLOCK, KvBlock, Q8Square};
pub use bandwidth::{BANDWIDTH_BYTES, Bandwidth, BandwidthProbe};
pub use check::{BadWeight, check_weights};
pub use cores::{ask_for_big_cores, default_threads};
pub use executor::{CpuExecutor, CpuOptions, Embedding, KvType, LoadError, Memory, read_vector};
pub use kernels::{GROUP, Kernels, LANES, TILE_ROWS};
pub use packed::Packed;
pub use peak::{ProductPeak, product_peak};
pub use pool::Pool;
pub use registry::{KERNELS_VARIABLE, KernelError, KernelSet, choose, choose_named, kernel_sets, kernels_named};
pub use rows::{FloatMatrix, OutRows, QuantizedGroup, QuantizedRows};
pub use skipping::Active;
