//! How many threads decode fastest on this device: measured when a model is first idle, kept in the app's `cache_dir`.

use phonelm_engine::Engine;

use crate::measured::Measured;
use crate::model::About;
use crate::source::ModelOptions;

/// What is to be measured for a model whose app left the number of threads open.
pub(crate) struct Threads {
    kept: Measured,
}

impl Threads {
    /// Takes the number over that an earlier start kept; what is returned is still to be measured.
    pub(crate) fn settle(engine: &mut Engine, about: &About, options: &ModelOptions) -> Option<Self> {
        if options.threads.is_some() {
            return None;
        }
        // Another model, instruction set or number of cores is measured anew.
        let key: String = engine.executor().describe().chars().filter(char::is_ascii_alphanumeric).collect();
        let kept = Measured::of(&format!("threads-{key}"), &about.fingerprint, options);
        match kept.read().and_then(|text| text.trim().parse().ok()) {
            Some(threads) => {
                engine.set_threads(threads);
                None
            }
            None => Some(Self { kept }),
        }
    }

    /// Measures as long as nobody waits; what is returned was interrupted and is to be tried again.
    pub(crate) fn measure(self, engine: &mut Engine, nobody_waits: &mut dyn FnMut() -> bool) -> Option<Self> {
        match engine.measure_threads(nobody_waits) {
            Ok(Some(threads)) => {
                tracing::info!(threads, "decodes fastest");
                self.kept.keep(&format!("{threads}\n"));
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
