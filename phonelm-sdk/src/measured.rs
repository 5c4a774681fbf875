//! What was measured of a model when it was idle, kept in the app's `cache_dir` for the next start.

use std::fs;
use std::path::PathBuf;

use phonelm_model::write_whole;

use crate::ModelOptions;

/// The file of one measurement; none where the app names no folder.
pub(crate) struct Measured(pub(crate) Option<PathBuf>);

impl Measured {
    /// `what` was measured of the model with this fingerprint.
    pub(crate) fn of(what: &str, fingerprint: &str, options: &ModelOptions) -> Self {
        let name = format!("phonelm-{what}-{}", fingerprint.get(..16).unwrap_or_default());
        Self(options.cache_dir.as_ref().map(|dir| PathBuf::from(dir).join(name)))
    }

    /// What an earlier start kept, if anything.
    pub(crate) fn read(&self) -> Option<String> {
        fs::read_to_string(self.0.as_ref()?).ok()
    }

    /// Keeps it. Where that fails the next start measures again.
    pub(crate) fn keep(&self, text: &str) {
        let Some(file) = &self.0 else { return };
        if let Err(error) = write_whole(file, text.as_bytes()) {
            tracing::warn!(%error, file = %file.display(), "what was measured could not be kept");
        }
    }
}
