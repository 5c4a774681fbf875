//! Pure compute: block formats, the packed weight layout, one kernel set per instruction set behind
//! [`Kernels`], the compute [`Pool`], and [`CpuExecutor`], which runs a model's forward pass with them.
//!
//! Left out on purpose: files and text. All kernel sets give the same bits as the scalar one, because
//! each output sums its parts in one fixed order (see [`Kernels`]).

mod kernels;

pub use kernels::{GROUP, Kernels, LANES, TILE_ROWS};
