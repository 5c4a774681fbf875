//! Models and executors of the tests.

use phonelm_convert::random_model;
use phonelm_gguf::TensorType;
use phonelm_gpu::{GpuExecutor, GpuOptions};
use phonelm_kernels::{CpuExecutor, CpuOptions, KvType};
use phonelm_model::{Config, Mapping, ModelFile};

pub(crate) fn model(config: &Config, ty: TensorType) -> ModelFile {
    ModelFile::new(Mapping::from_vec(random_model(config, ty, 7).unwrap())).unwrap()
}

pub(crate) fn gpu(file: &ModelFile) -> GpuExecutor {
    gpu_with(file, KvType::F16)
}

pub(crate) fn gpu_with(file: &ModelFile, kv: KvType) -> GpuExecutor {
    GpuExecutor::new(file.clone(), &GpuOptions { kv, ..GpuOptions::default() }).unwrap_or_else(|e| panic!("{e}"))
}

/// What a GPU keeps keys and values as.
pub(crate) const KV_TYPES: [KvType; 2] = [KvType::F16, KvType::Q8_0];

pub(crate) fn cpu(file: &ModelFile, kv: KvType) -> CpuExecutor {
    CpuExecutor::new(file.clone(), &CpuOptions { threads: Some(2), kv, ..CpuOptions::default() }).unwrap()
}

/// Token ids that differ from their neighbours.
pub(crate) fn text(len: usize, vocab: usize) -> Vec<u32> {
    (0..len).map(|i| ((i * 31 + 7) % vocab) as u32).collect()
}
