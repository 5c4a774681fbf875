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
    /// Whichever is faster here, which is measured first
    #[cfg(feature = "gpu")]
    Auto,
}

/// A model that is ready to compute.
pub(crate) enum Loaded {
    Cpu(Box<CpuExecutor>),
    #[cfg(feature = "gpu")]
    Other(Box<dyn Executor>),
}

impl Backend {
    /// Whether the processor computes.
    pub(crate) fn is_cpu(&self) -> bool {
        self.kind == Kind::Cpu
    }

    /// Brings `model` to what computes it. A GPU takes `kv` of the options.
    pub(crate) fn load(&self, model: &Model, cpu: &CpuOptions) -> Result<Loaded, Error> {
        match self.kind {
            Kind::Cpu => Ok(Loaded::Cpu(Box::new(model.executor(cpu)?))),
            #[cfg(feature = "gpu")]
            Kind::Gpu => {
                Self::check(cpu)?;
                let executor = GpuExecutor::new(model.file.clone(), &GpuOptions { kv: cpu.kv, ..self.gpu() });
                let failed = |cause| Error::Gpu { model: model.name.clone(), cause };
                Ok(Loaded::Other(Box::new(executor.map_err(failed)?)))
            }
            #[cfg(feature = "gpu")]
            Kind::Auto => Ok(Loaded::Other(self.fastest(model, cpu)?)),
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
            Kind::Auto => Err(Error::Usage(
                "--backend auto: a search is for what will compute the model; say cpu or gpu".to_owned(),
            )),
        }
    }

    /// For answers: a GPU that fails is given up, and the processor goes on.
    pub(crate) fn engine(&self, model: &Model, cpu: &CpuOptions) -> Result<Engine, Error> {
        let engine = match self.kind {
            Kind::Cpu => Engine::open(model.file.clone(), cpu),
            #[cfg(feature = "gpu")]
            Kind::Gpu => {
                Self::check(cpu)?;
                around(model, Box::new(self.hybrid(model, cpu, Placement::Gpu)?))
            }
            #[cfg(feature = "gpu")]
            Kind::Auto => around(model, self.fastest(model, cpu)?),
        };
        engine.map_err(|cause| model.engine(cause))
    }

    /// Measures processor and GPU, and says which it is.
    #[cfg(feature = "gpu")]
    fn fastest(&self, model: &Model, cpu: &CpuOptions) -> Result<Box<dyn Executor>, Error> {
        // The GPU keeps no keys and values as f32.
        if cpu.kv == KvType::F32 {
            return Ok(Box::new(model.executor(cpu)?));
        }
        let mut hybrid = self.hybrid(model, cpu, Placement::Cpu)?;
        hybrid.measure_placement(&mut || true).map_err(|cause| model.failed(cause))?;
        tell(&format!("{} is the fastest", hybrid.describe()));
        hybrid.take_change();
        Ok(Box::new(hybrid))
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
        if cpu.kv == KvType::F32 {
            return refused("--kv f32 is for the processor; the GPU keeps keys and values as f16 or q8_0");
        }
        Ok(())
    }
}

#[cfg(feature = "gpu")]
fn around(model: &Model, executor: Box<dyn Executor>) -> Result<Engine, phonelm_engine::Error> {
    Engine::new(model.file.metadata(), model.file.config().vocab, executor)
}

impl Loaded {
    /// Whether the processor computes.
    pub(crate) fn is_cpu(&self) -> bool {
        matches!(self, Self::Cpu(_))
    }

    /// The kernel set, or what else computes.
    pub(crate) fn kernels(&self) -> String {
        match self {
            Self::Cpu(executor) => executor.kernels().to_owned(),
            #[cfg(feature = "gpu")]
            Self::Other(executor) => executor.describe(),
        }
    }
}

impl Deref for Loaded {
    type Target = dyn Executor;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Cpu(executor) => &**executor,
            #[cfg(feature = "gpu")]
            Self::Other(executor) => &**executor,
        }
    }
}

impl DerefMut for Loaded {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match self {
            Self::Cpu(executor) => &mut **executor,
            #[cfg(feature = "gpu")]
            Self::Other(executor) => &mut **executor,
        }
    }
}
