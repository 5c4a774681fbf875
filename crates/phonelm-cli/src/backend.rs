//! `--backend`: what a command computes with, and a model brought there.

#[cfg(feature = "gpu")]
use std::ops::ControlFlow;
use std::ops::{Deref, DerefMut};

use clap::{Args, ValueEnum};
use phonelm_engine::Engine;
#[cfg(feature = "gpu")]
use phonelm_gpu::{GpuExecutor, GpuOptions, HybridExecutor};
#[cfg(feature = "gpu")]
use phonelm_kernels::KvType;
use phonelm_kernels::{CpuExecutor, CpuOptions};
use phonelm_model::Executor;
#[cfg(feature = "gpu")]
use phonelm_model::Placement;
use phonelm_search::Device;

use crate::error::Error;
use crate::model::Model;
#[cfg(feature = "gpu")]
use crate::output::tell;

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
    /// Whichever is faster here, which is measured first (for `phonelm run`)
    #[cfg(feature = "gpu")]
    Auto,
}

/// A model that is ready to compute.
pub(crate) enum Loaded {
    Cpu(Box<CpuExecutor>),
    #[cfg(feature = "gpu")]
    Gpu(Box<GpuExecutor>),
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
                Self::check(cpu)?;
                let executor = GpuExecutor::new(model.file.clone(), &self.gpu());
                let failed = |cause| Error::Gpu { model: model.name.clone(), cause };
                Ok(Loaded::Gpu(Box::new(executor.map_err(failed)?)))
            }
            #[cfg(feature = "gpu")]
            Kind::Auto => Err(Self::no_choice()),
        }
    }

    /// What times shapes: the processor with these options, or a GPU.
    pub(crate) fn device(&self, cpu: &CpuOptions) -> Result<Box<dyn Device>, Error> {
        match self.kind {
            Kind::Cpu => Ok(Box::new(phonelm_search::Cpu(cpu.clone()))),
            #[cfg(feature = "gpu")]
            Kind::Gpu => {
                Self::check(cpu)?;
                Ok(Box::new(phonelm_search::Gpu(self.gpu())))
            }
            #[cfg(feature = "gpu")]
            Kind::Auto => Err(Self::no_choice()),
        }
    }

    /// For answers: a GPU that fails is given up, and the processor goes on.
    pub(crate) fn engine(&self, model: &Model, cpu: &CpuOptions) -> Result<Engine, Error> {
        let executor: Box<dyn Executor> = match self.kind {
            Kind::Cpu => return Engine::open(model.file.clone(), cpu).map_err(|cause| model.engine(cause)),
            #[cfg(feature = "gpu")]
            Kind::Gpu => {
                Self::check(cpu)?;
                Box::new(self.hybrid(model, cpu, Placement::Gpu)?)
            }
            // The GPU keeps keys and values as f16 alone.
            #[cfg(feature = "gpu")]
            Kind::Auto if cpu.kv != KvType::F16 => Box::new(model.executor(cpu)?),
            #[cfg(feature = "gpu")]
            Kind::Auto => {
                let mut hybrid = self.hybrid(model, cpu, Placement::Cpu)?;
                hybrid.measure_placement(&mut || true).map_err(|cause| model.failed(cause))?;
                tell(&format!("{} is the fastest", hybrid.describe()));
                hybrid.take_change();
                Box::new(hybrid)
            }
        };
        Engine::new(model.file.metadata(), model.file.config().vocab, executor).map_err(|cause| model.engine(cause))
    }

    #[cfg(feature = "gpu")]
    fn hybrid(&self, model: &Model, cpu: &CpuOptions, placement: Placement) -> Result<HybridExecutor, Error> {
        let go_on = &mut |_| ControlFlow::Continue(());
        let hybrid = HybridExecutor::load(model.file.clone(), cpu, &self.gpu(), placement, go_on);
        hybrid.map_err(|cause| Error::Gpu { model: model.name.clone(), cause })
    }

    #[cfg(feature = "gpu")]
    fn gpu(&self) -> GpuOptions {
        GpuOptions { adapter: self.device.clone(), ..GpuOptions::default() }
    }

    /// The error of commands that compute on one device.
    #[cfg(feature = "gpu")]
    fn no_choice() -> Error {
        Error::Usage("--backend auto is for `phonelm run`: say cpu or gpu here".to_owned())
    }

    /// Refuses options that a GPU does not take.
    #[cfg(feature = "gpu")]
    fn check(cpu: &CpuOptions) -> Result<(), Error> {
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
        Ok(())
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
