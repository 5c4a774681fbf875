//! How many threads decode fastest on this device: measured when a model is first idle, kept in the app's `cache_dir`.

use std::fs;
use std::path::PathBuf;

use phonelm_engine::Engine;
use phonelm_model::write_whole;

use crate::model::About;
use crate::source::ModelOptions;

/// What is to be measured for a model whose app left the number of threads open.
pub(crate) struct Threads {
    /// Where the number is kept, if anywhere.
    file: Option<PathBuf>,
}

impl Threads {
    /// Takes the number over that an earlier start kept; what is returned is still to be measured.
    pub(crate) fn settle(engine: &mut Engine, about: &About, options: &ModelOptions) -> Option<Self> {
        if options.threads.is_some() {
            return None;
        }
        // Another model, instruction set or number of cores is measured anew.
        let key: String = engine.executor().describe().chars().filter(char::is_ascii_alphanumeric).collect();
        let name = format!("phonelm-threads-{}-{key}", about.fingerprint.get(..16).unwrap_or_default());
        let file = options.cache_dir.as_ref().map(|dir| PathBuf::from(dir).join(name));
        let kept = file.as_ref().and_then(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
        match kept {
            Some(threads) => {
                engine.set_threads(threads);
                None
            }
            None => Some(Self { file }),
        }
    }

    /// Measures as long as nobody waits; what is returned was interrupted and is to be tried again.
    pub(crate) fn measure(self, engine: &mut Engine, nobody_waits: &mut dyn FnMut() -> bool) -> Option<Self> {
        match engine.measure_threads(nobody_waits) {
            Ok(Some(threads)) => {
                tracing::info!(threads, "decodes fastest");
                let kept = self.file.map_or(Ok(()), |file| write_whole(&file, format!("{threads}\n").as_bytes()));
                if let Err(error) = kept {
                    tracing::warn!(%error, "the number of threads could not be kept");
                }
                None
            }
            Ok(None) => Some(self),
            Err(error) => {
                tracing::warn!(%error, "threads could not be measured");
                None
            }
        }
    }
}
