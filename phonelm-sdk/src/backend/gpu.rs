//! A build that computes on GPU and CPU. Under [`BackendPreference::Auto`] a model starts on the CPU, measures both when it is first
//! idle, and keeps what it found in the app's `cache_dir`, from where the next start takes it.

use std::{ops::ControlFlow, path::PathBuf};

use phonelm_engine::Engine;
use phonelm_gpu::{GpuOptions, HybridExecutor, LoadError, adapters};
use phonelm_model::{ModelFile, Placement};
use phonelm_search::{Device, Gpu, LoadFailure};

use super::GpuCopies;
use crate::{BackendPreference, KvType, ModelOptions, SdkError, measured::Measured, model::About};

/// The names under which placements are kept.
const NAMES: [(&str, Placement); 3] =
    [("cpu", Placement::Cpu), ("gpu", Placement::Gpu), ("prefill-on-gpu", Placement::PrefillOnGpu)];

/// What is to be measured for a model whose app left the choice open.
pub(crate) struct Placing {
    measured: Measured,
    /// What an earlier start kept, and for which GPU and driver.
    kept: Option<(Placement, String)>,
    /// Whether a GPU in software counts, which no user has.
    software: bool,
}

impl Placing {
    fn of(fingerprint: &str, options: &ModelOptions) -> Self {
        let measured = Measured::of("backend", fingerprint, options);
        let kept = measured.read().as_deref().and_then(|text| {
            let (name, gpu) = text.trim_end().split_once('\n')?;
            let (_, placement) = NAMES.into_iter().find(|(known, _)| *known == name)?;
            Some((placement, gpu.to_owned()))
        });
        Self { measured, kept, software: false }
    }

    /// What names GPU and driver; nothing where there is no GPU.
    fn gpu(&self) -> Option<String> {
        let gpu = adapters().into_iter().next().filter(|gpu| self.software || gpu.kind != "software")?;
        Some(format!("{}, {}", gpu.name, gpu.driver))
    }

    /// Where the model starts: where it was fastest with this GPU and driver, else on the CPU.
    fn start(&mut self) -> Placement {
        match self.kept.take() {
            // Which GPU it was is looked at when there is time.
            Some(kept @ (Placement::Cpu, _)) => self.kept = Some(kept),
            Some(kept) if self.gpu().as_ref() == Some(&kept.1) => self.kept = Some(kept),
            _ => {}
        }
        self.kept.as_ref().map_or(Placement::Cpu, |(placement, _)| *placement)
    }

    /// Measures as long as nobody waits; what is returned was interrupted and is to be tried again.
    pub(crate) fn measure(self, engine: &mut Engine, nobody_waits: &mut dyn FnMut() -> bool) -> Option<Self> {
        let gpu = self.gpu()?;
        if self.kept.as_ref().is_some_and(|(_, kept)| *kept == gpu) {
            return None;
        }
        match engine.measure_placement(nobody_waits) {
            Ok(Some(placement)) => {
                let name = NAMES.into_iter().find(|(_, known)| *known == placement).map_or("", |(name, _)| name);
                tracing::info!(placement = name, gpu, "computes fastest");
                self.measured.keep(&format!("{name}\n{gpu}\n"));
                None
            }
            Ok(None) => Some(self),
            Err(error) => {
                tracing::warn!(%error, "the fastest backend could not be measured");
                None
            }
        }
    }
}

/// Takes a model to where its options say; the choice, if there is one, is still to be measured.
pub(crate) fn load(
    file: ModelFile,
    name: &str,
    about: &About,
    options: &ModelOptions,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<(Engine, Option<Placing>), SdkError> {
    let on_cpu = |progress: &mut dyn FnMut(f64) -> ControlFlow<()>| {
        let engine = Engine::load(file.clone(), &options.cpu(), progress);
        engine.map_err(|error| SdkError::of_loading(name, error))
    };
    match options.backend.unwrap_or_default() {
        BackendPreference::Cpu => Ok((on_cpu(progress)?, None)),
        BackendPreference::Gpu => {
            check_kv(options)?;
            Ok((hybrid(&file, name, options, Placement::Gpu, progress)?, None))
        }
        // The GPU keeps no keys and values as f32.
        BackendPreference::Auto if check_kv(options).is_err() => Ok((on_cpu(progress)?, None)),
        BackendPreference::Auto => {
            let mut placing = Placing::of(&about.fingerprint, options);
            let placement = placing.start();
            let engine = match hybrid(&file, name, options, placement, progress) {
                Err(error @ SdkError::Unsupported { .. }) if placement != Placement::Cpu => {
                    tracing::warn!(%error, "the CPU computes");
                    placing.kept = None;
                    hybrid(&file, name, options, Placement::Cpu, progress)?
                }
                result => result?,
            };
            Ok((engine, Some(placing)))
        }
    }
}

/// What can go wrong on two threads.
enum Failure {
    Gpu(LoadError),
    Engine(phonelm_engine::Error),
}

impl From<phonelm_engine::Error> for Failure {
    fn from(error: phonelm_engine::Error) -> Self {
        Self::Engine(error)
    }
}

fn hybrid(
    file: &ModelFile,
    name: &str,
    options: &ModelOptions,
    placement: Placement,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<Engine, SdkError> {
    let cpu = options.cpu();
    let gpu = GpuOptions { cache_dir: options.cache_dir.as_ref().map(PathBuf::from), ..GpuOptions::default() };
    let engine = Engine::beside(file, || {
        let hybrid = HybridExecutor::load(file.clone(), &cpu, &gpu, placement, progress);
        Ok(Box::new(hybrid.map_err(Failure::Gpu)?))
    });
    engine.map_err(|failure| match failure {
        Failure::Engine(error) => SdkError::of_loading(name, error),
        Failure::Gpu(error) => of_gpu(name, error),
    })
}

/// Why the GPU does not take the model `name`.
fn of_gpu(name: &str, error: LoadError) -> SdkError {
    match error {
        LoadError::Weights(error) => SdkError::of_cpu(name, error),
        LoadError::Cancelled => SdkError::Cancelled,
        LoadError::Option { option, value, max } => {
            SdkError::OptionInvalid { option: option.into(), value: value.to_string(), allowed: format!("1 to {max}") }
        }
        LoadError::Block(_) => SdkError::ModelInvalid { path: name.into(), reason: error.to_string() },
        error => SdkError::Unsupported { reason: error.to_string() },
    }
}

pub(super) fn gpu_device() -> Result<Box<dyn Device>, SdkError> {
    Ok(Box::new(Gpu::default()))
}

pub(super) fn gpu_refusal(name: &str, failure: LoadFailure) -> SdkError {
    match failure.downcast() {
        Ok(error) => of_gpu(name, *error),
        Err(failure) => SdkError::Internal { reason: failure.to_string() },
    }
}

/// Whether the GPU keeps keys and values as the options want.
fn check_kv(options: &ModelOptions) -> Result<(), SdkError> {
    match options.kv_type.unwrap_or_default() {
        KvType::F16 | KvType::Q8_0 => Ok(()),
        KvType::F32 => Err(SdkError::OptionInvalid {
            option: "kv_type".into(),
            value: "f32".into(),
            allowed: "f16 or q8_0 on the GPU".into(),
        }),
    }
}

/// `context` is the longest text.
pub(crate) fn gpu_copies(file: &ModelFile, options: &ModelOptions, context: usize) -> Result<GpuCopies, SdkError> {
    let start = match options.backend.unwrap_or_default() {
        BackendPreference::Gpu => check_kv(options).map(|()| Placement::Gpu)?,
        BackendPreference::Auto if check_kv(options).is_ok() => Placing::of(&file.fingerprint(), options).start(),
        BackendPreference::Cpu | BackendPreference::Auto => Placement::Cpu,
    };
    if start == Placement::Cpu {
        return Ok(GpuCopies::default());
    }
    Ok(GpuCopies {
        bytes: phonelm_gpu::weight_bytes(file),
        scratch: phonelm_gpu::scratch_bytes(file.config(), context),
        alone: start == Placement::Gpu,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::fs;

    use super::*;

    const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/phonelm-tiny/phonelm-tiny.gguf");

    #[test]
    fn what_is_fastest_is_measured_once_for_a_gpu_and_its_driver() {
        let folder = tempfile::tempdir().unwrap();
        let cache_dir = Some(folder.path().to_string_lossy().into_owned());
        let options = ModelOptions { cache_dir, ..ModelOptions::default() };
        let file = ModelFile::open(TINY.as_ref()).unwrap();
        let placing = || Placing { software: true, ..Placing::of(&file.fingerprint(), &options) };
        let mut engine = hybrid(&file, "tiny", &options, Placement::Cpu, &mut |_| ControlFlow::Continue(())).unwrap();
        let kept = placing().measured.0.unwrap();

        assert_eq!(placing().start(), Placement::Cpu);
        // Somebody waits.
        let interrupted = placing().measure(&mut engine, &mut || false).unwrap();
        assert!(!kept.exists());
        assert!(interrupted.measure(&mut engine, &mut || true).is_none());
        let text = fs::read_to_string(&kept).unwrap();
        println!("{text}{:?}", engine.take_change());
        let (_, measured) = NAMES.into_iter().find(|(name, _)| text.starts_with(&format!("{name}\n"))).unwrap();
        assert_eq!(placing().start(), measured);
        let mut nobody = || unreachable!("it is known");
        assert!(placing().measure(&mut engine, &mut nobody).is_none());

        // Each of the three is taken over; what belongs to another driver is not.
        for (name, placement) in NAMES {
            let gpu = text.lines().last().unwrap();
            fs::write(&kept, format!("{name}\n{gpu}\n")).unwrap();
            assert_eq!(placing().start(), placement);
            fs::write(&kept, format!("{name}\n{gpu}.1\n")).unwrap();
            assert_eq!(placing().start(), Placement::Cpu);
        }
        // No user has a GPU in software.
        let mut real = Placing { software: false, ..placing() };
        fs::write(&kept, &text).unwrap();
        real.kept = None;
        assert!(real.gpu().is_some() || real.measure(&mut engine, &mut nobody).is_none());
    }
}
