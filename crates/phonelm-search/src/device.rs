//! What shapes are timed on: whatever makes an executor of a model.

use phonelm_kernels::{CpuExecutor, CpuOptions};
use phonelm_model::{Executor, ModelFile};

/// Why a device does not take a model.
pub type LoadFailure = Box<dyn std::error::Error + Send + Sync>;

/// Something that runs models.
pub trait Device {
    /// Brings a model there.
    fn load(&mut self, file: ModelFile) -> Result<Box<dyn Executor>, LoadFailure>;
}

/// The processor.
#[derive(Clone, Debug, Default)]
pub struct Cpu(pub CpuOptions);

impl Device for Cpu {
    fn load(&mut self, file: ModelFile) -> Result<Box<dyn Executor>, LoadFailure> {
        Ok(Box::new(CpuExecutor::new(file, &self.0)?))
    }
}

/// A GPU.
#[cfg(feature = "gpu")]
#[derive(Clone, Debug, Default)]
pub struct Gpu(pub phonelm_gpu::GpuOptions);

#[cfg(feature = "gpu")]
impl Device for Gpu {
    fn load(&mut self, file: ModelFile) -> Result<Box<dyn Executor>, LoadFailure> {
        Ok(Box::new(phonelm_gpu::GpuExecutor::new(file, &self.0)?))
    }
}
