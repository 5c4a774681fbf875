//! `--backend`: what a command computes with, and a model brought there.

use std::ops::{Deref, DerefMut};

use clap::{Args, ValueEnum};
#[cfg(feature = "gpu")]
use phonelm_kernels::KvType;
use phonelm_kernels::{CpuExecutor, CpuOptions};
use phonelm_model::Executor;

use crate::error::Error;
use crate::model::Model;

/// Where a model computes.
#[derive(Args, Default)]
pub(crate) struct Backend {
    /// What computes
    #[arg(long = "backend", value_enum, default_value = "cpu")]
    kind: Kind,
    /// Part of the GPU's name [default: the first of `phonelm devices`]
    #[cfg(feature = "gpu")]
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// The processor
    #[default]
    Cpu,
    /// A GPU with Vulkan or Metal; `phonelm devices` lists them
    #[cfg(feature = "gpu")]
    Gpu,
}

/// A model that is ready to compute.
pub(crate) enum Loaded {
    Cpu(Box<CpuExecutor>),
    #[cfg(feature = "gpu")]
    Gpu(Box<phonelm_gpu::GpuExecutor>),
}

impl Backend {
    /// Whether the processor computes.
    pub(crate) fn is_cpu(&self) -> bool {
        self.kind == Kind::Cpu
    }

    /// Brings `model` onto the processor with these options, or onto a GPU, which takes none of them.
    pub(crate) fn load(&self, model: &Model, cpu: &CpuOptions) -> Result<Loaded, Error> {
        match self.kind {
            Kind::Cpu => Ok(Loaded::Cpu(Box::new(model.executor(cpu)?))),
            #[cfg(feature = "gpu")]
            Kind::Gpu => {
                let refused = |what: &str| Err(Error::Usage(format!("{what}: leave it out with --backend gpu")));
                if cpu.threads.is_some() {
                    return refused("--threads is for the processor");
                }
                if cpu.dense {
                    return refused("--dense is for the processor; the GPU computes every neuron");
                }
                if cpu.kv != KvType::F16 {
                    return refused("--kv is for the processor; the GPU keeps keys and values as f16");
                }
                let options =
                    phonelm_gpu::GpuOptions { adapter: self.device.clone(), ..phonelm_gpu::GpuOptions::default() };
                let executor = phonelm_gpu::GpuExecutor::new(model.file.clone(), &options);
                let failed = |cause| Error::Gpu { model: model.name.clone(), cause };
                Ok(Loaded::Gpu(Box::new(executor.map_err(failed)?)))
            }
        }
    }
}

impl Loaded {
    /// Whether the processor computes.
    pub(crate) fn is_cpu(&self) -> bool {
        matches!(self, Self::Cpu(_))
    }

    /// Bytes that one token after `context` others reads.
    pub(crate) fn bytes_per_token(&self, context: usize) -> u64 {
        match self {
            Self::Cpu(executor) => executor.bytes_per_token(context),
            #[cfg(feature = "gpu")]
            Self::Gpu(executor) => executor.bytes_per_token(context),
        }
    }

    /// The kernel set, or the GPU.
    pub(crate) fn kernels(&self) -> String {
        match self {
            Self::Cpu(executor) => executor.kernels().to_owned(),
            #[cfg(feature = "gpu")]
            Self::Gpu(executor) => executor.describe(),
        }
    }

    /// For an engine.
    pub(crate) fn into_executor(self) -> Box<dyn Executor> {
        match self {
            Self::Cpu(executor) => executor,
            #[cfg(feature = "gpu")]
            Self::Gpu(executor) => executor,
        }
    }
}

impl Deref for Loaded {
    type Target = dyn Executor;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Cpu(executor) => &**executor,
            #[cfg(feature = "gpu")]
            Self::Gpu(executor) => &**executor,
        }
    }
}

impl DerefMut for Loaded {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match self {
            Self::Cpu(executor) => &mut **executor,
            #[cfg(feature = "gpu")]
            Self::Gpu(executor) => &mut **executor,
        }
    }
}
