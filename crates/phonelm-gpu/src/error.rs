//! Why a model cannot be brought onto a GPU.

use phonelm_kernels::blocks::BlockError;

/// Everything that can stand between a model and a GPU.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no GPU that can be used.
    #[error(
        "no GPU with Vulkan or Metal was found: install its driver (on Debian mesa-vulkan-drivers and libvulkan1) or use the CPU"
    )]
    NoAdapter,
    /// No GPU has the name that was asked for.
    #[error("no GPU's name contains {name:?}; there are: {found}")]
    UnknownAdapter {
        /// What was asked for.
        name: String,
        /// The names that there are.
        found: String,
    },
    /// The driver refused to open the GPU.
    #[error("{adapter} cannot be opened: {cause}")]
    Open {
        /// The GPU.
        adapter: String,
        /// What the driver said.
        cause: String,
    },
    /// One row of a matrix, or another piece that cannot be split, is larger than the GPU binds at once.
    #[error("{what} takes {needed} bytes at once, and {adapter} binds at most {limit}")]
    Binding {
        /// What is too large.
        what: &'static str,
        /// Its bytes.
        needed: u64,
        /// What fits.
        limit: u64,
        /// The GPU.
        adapter: String,
    },
    /// Heads that the attention shaders cannot hold.
    #[error("heads of {head_dim} elements are wider than the {limit} that the GPU kernels hold: use the CPU")]
    HeadWidth {
        /// Elements of a head.
        head_dim: usize,
        /// The widest.
        limit: usize,
    },
    /// A storage type of keys and values for references.
    #[error("the GPU keeps keys and values as f16 or q8_0, not as f32: choose one of them or use the CPU")]
    KvType,
    /// The GPU has no memory left.
    #[error("the GPU has no {bytes} bytes left for {what}")]
    OutOfMemory {
        /// What was to be stored.
        what: &'static str,
        /// Its bytes.
        bytes: u64,
    },
    /// The driver failed.
    #[error("the GPU driver failed: {cause}")]
    Driver {
        /// What it said.
        cause: String,
    },
    /// A shader gives other numbers than the same in plain Rust.
    #[error(
        "{adapter} (driver {driver}) computes wrongly: {kernel} is {apart:.1e} of the spread away from the right numbers; use the CPU or another driver"
    )]
    WrongResult {
        /// The shader.
        kernel: String,
        /// The largest error, in parts of the spread.
        apart: f64,
        /// The GPU.
        adapter: String,
        /// Its driver.
        driver: String,
    },
    /// A tensor's bytes are damaged.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// Norms, biases or the embedding cannot be read, or the heads do not fit the storage type of keys and values.
    #[error(transparent)]
    Weights(#[from] phonelm_kernels::LoadError),
    /// The caller ended the loading.
    #[error("loading was cancelled")]
    Cancelled,
    /// An option out of range.
    #[error("{option} must lie between 1 and {max}, not {value}")]
    Option {
        /// The option's name.
        option: &'static str,
        /// What was asked for.
        value: usize,
        /// The largest allowed.
        max: usize,
    },
}
