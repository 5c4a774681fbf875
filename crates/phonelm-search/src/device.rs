//! What shapes are timed on: whatever makes an executor of a model.

use phonelm_kernels::{CpuExecutor, CpuOptions};
use phonelm_model::{Executor, ModelFile};

/// Why a device does not take a model.
pub type LoadFailure = Box<dyn std::error::Error + Send + Sync>;

/// Something that runs models.
pub trait Device {
    /// Brings a model there.
    fn load(&mut self, file: ModelFile) -> Result<Box<dyn Timed>, LoadFailure>;
}

/// A model on a device.
pub trait Timed: Executor {
    /// Bytes that one token after `context` others reads.
    fn bytes_per_token(&self, context: usize) -> u64;
}

impl Timed for CpuExecutor {
    fn bytes_per_token(&self, context: usize) -> u64 {
        self.bytes_per_token(context)
    }
}

/// The processor.
#[derive(Clone, Debug, Default)]
pub struct Cpu(pub CpuOptions);

impl Device for Cpu {
    fn load(&mut self, file: ModelFile) -> Result<Box<dyn Timed>, LoadFailure> {
        Ok(Box::new(CpuExecutor::new(file, &self.0)?))
    }
}

#[cfg(feature = "gpu")]
pub use gpu::Gpu;

#[cfg(feature = "gpu")]
mod gpu {
    use phonelm_gpu::{GpuExecutor, GpuOptions};

    use super::{Device, LoadFailure, ModelFile, Timed};

    impl Timed for GpuExecutor {
        fn bytes_per_token(&self, context: usize) -> u64 {
            self.bytes_per_token(context)
        }
    }

    /// A GPU.
    #[derive(Clone, Debug, Default)]
    pub struct Gpu(pub GpuOptions);

    impl Device for Gpu {
        fn load(&mut self, file: ModelFile) -> Result<Box<dyn Timed>, LoadFailure> {
            Ok(Box::new(GpuExecutor::new(file, &self.0)?))
        }
    }
}
