//! Where a model's bytes come from, and how it is to run.

use std::path::Path;

use phonelm_kernels::CpuOptions;
use phonelm_model::{Mapping, ModelFile};

use crate::SdkError;

/// Where a model file lies. It is mapped and read in place, never copied.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ModelSource {
    /// A file.
    Path {
        /// Its path.
        path: String,
    },
    /// Part of a file that a descriptor is open on, such as an uncompressed asset of an APK. The descriptor stays the
    /// caller's and may be closed once the model is open.
    Descriptor {
        /// The descriptor's number.
        fd: i32,
        /// Where the model begins in the file, in bytes.
        offset: u64,
        /// Its length in bytes.
        length: u64,
    },
}

/// How keys and values of the conversation so far are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, uniffi::Enum)]
pub enum KvType {
    /// Half precision.
    #[default]
    F16,
    /// Single precision, twice the memory: for comparing with references, on the processor alone.
    F32,
    /// Bytes with a scale for 32 of them, half the memory: long conversations answer faster. Models whose heads are not a
    /// multiple of 32 wide refuse it.
    Q8_0,
}

/// What computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, uniffi::Enum)]
pub enum BackendPreference {
    /// The fastest, as measured when the model is first idle; until then the processor. What was measured holds for later
    /// starts where the options have a `cache_dir`.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The graphics processor. Loading fails with [`SdkError::Unsupported`] where there is none, or no code for it in this
    /// build. One that fails later is given up, and the processor goes on.
    Gpu,
}

/// How to run a model.
#[derive(Clone, Debug, Default, PartialEq, uniffi::Record)]
pub struct ModelOptions {
    /// Compute threads, 1 to 256. If absent, as many of the big cores as decode fastest on this device, which is measured when
    /// the model is first idle.
    #[uniffi(default = None)]
    pub threads: Option<u32>,
    /// Longest text in tokens, at most the model's own context, which it is if absent.
    #[uniffi(default = None)]
    pub context: Option<u32>,
    /// Storage of keys and values.
    #[uniffi(default = None)]
    pub kv_type: Option<KvType>,
    /// What is to compute.
    #[uniffi(default = None)]
    pub backend: Option<BackendPreference>,
    /// A folder of the app in which what was measured on this device, such as the fastest number of threads, may be kept
    /// between starts. It must exist.
    #[uniffi(default = None)]
    pub cache_dir: Option<String>,
    /// Bytes that the model may take beyond the mapped file. One whose [`crate::Plan::total_bytes`] is more is refused with
    /// [`SdkError::OverBudget`] before its weights are read. No limit if absent.
    #[uniffi(default = None)]
    pub memory_budget_bytes: Option<u64>,
}

impl ModelSource {
    /// The source in words.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Path { path } => path.clone(),
            Self::Descriptor { fd, .. } => format!("descriptor {fd}"),
        }
    }

    /// Maps the bytes.
    pub(crate) fn map(&self) -> Result<Mapping, SdkError> {
        match self {
            Self::Path { path } => Mapping::open(Path::new(path)),
            Self::Descriptor { fd, offset, length } => Mapping::of_descriptor(*fd, *offset, *length),
        }
        .map_err(|error| SdkError::of_model(&self.name(), error))
    }

    /// Maps the bytes and checks the header.
    pub(crate) fn open(&self) -> Result<ModelFile, SdkError> {
        ModelFile::new(self.map()?).map_err(|error| SdkError::of_model(&self.name(), error))
    }
}

impl ModelOptions {
    /// Refuses what no model can have.
    pub(crate) fn check(&self) -> Result<(), SdkError> {
        if let Some(dir) = self.cache_dir.as_ref().filter(|dir| !Path::new(dir).is_dir()) {
            return Err(SdkError::OptionInvalid {
                option: "cache_dir".into(),
                value: format!("{dir:?}"),
                allowed: "a folder that exists".into(),
            });
        }
        Ok(())
    }

    /// As the CPU takes them.
    pub(crate) fn cpu(&self) -> CpuOptions {
        CpuOptions {
            threads: self.threads.map(|n| n as usize),
            context: self.context.map(|n| n as usize),
            kv: match self.kv_type.unwrap_or_default() {
                KvType::F16 => phonelm_kernels::KvType::F16,
                KvType::F32 => phonelm_kernels::KvType::F32,
                KvType::Q8_0 => phonelm_kernels::KvType::Q8_0,
            },
            kernels: None,
            dense: false,
        }
    }
}
