//! Reading every byte of a model file, to tell whether they are what they were.

use std::{ops::ControlFlow, sync::Arc};

use phonelm_kernels::check_weights;
use phonelm_model::{Mapping, ModelFile};
use sha2::{Digest, Sha256};

use crate::{
    SdkError,
    task::{Task, Told},
};

/// What a verification tells.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
pub enum VerifyEvent {
    /// How far it is.
    Progress {
        /// 0 to 1.
        fraction: f64,
    },
    /// The last event: every weight is a number, and the checksum is the expected one if one was given.
    Verified {
        /// SHA-256 of the file, in hex.
        sha256: String,
    },
}

impl Told for VerifyEvent {
    fn is_progress(&self) -> bool {
        matches!(self, Self::Progress { .. })
    }
}

/// A model file that is being read. Dropping it cancels.
#[derive(uniffi::Object)]
pub struct Verification {
    task: Task<VerifyEvent>,
}

/// Bytes hashed between two looks at whether to stop.
const STRETCH: usize = 1 << 20;

impl Verification {
    /// Starts to read on a thread of its own.
    pub(crate) fn start(mapping: Option<Mapping>, expected: Option<String>) -> Arc<Self> {
        let task = Task::start("phonelm-verify", move |task| {
            let mapping = mapping.ok_or(SdkError::ModelUnloaded)?;
            let sha256 = verify(mapping, expected, &mut |fraction| task.tell(VerifyEvent::Progress { fraction }))?;
            Ok(VerifyEvent::Verified { sha256 })
        });
        Arc::new(Self { task })
    }
}

fn verify(
    mapping: Mapping,
    expected: Option<String>,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<String, SdkError> {
    let mut hash = Sha256::new();
    let stretches = mapping.len().div_ceil(STRETCH);
    for (index, stretch) in mapping.chunks(STRETCH).enumerate() {
        hash.update(stretch);
        if progress(0.5 * (index + 1) as f64 / stretches as f64).is_break() {
            return Err(SdkError::Cancelled);
        }
    }
    let sha256 = hex(&hash.finalize());
    if let Some(expected) = expected.filter(|expected| !expected.eq_ignore_ascii_case(&sha256)) {
        return Err(SdkError::ModelDamaged { reason: format!("its SHA-256 is {sha256}, expected was {expected}") });
    }
    let damaged = |reason: String| SdkError::ModelDamaged { reason };
    let file = ModelFile::new(mapping).map_err(|error| damaged(error.to_string()))?;
    match check_weights(&file, &mut |share| progress(0.5 + 0.5 * share)) {
        Ok(ControlFlow::Continue(())) => Ok(sha256),
        Ok(ControlFlow::Break(())) => Err(SdkError::Cancelled),
        Err(error) => Err(damaged(error.to_string())),
    }
}

/// Bytes in lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[uniffi::export]
impl Verification {
    /// Waits for the next event; `None` after the last one.
    pub async fn next(&self) -> Result<Option<VerifyEvent>, SdkError> {
        self.task.next().await
    }

    /// Ends the reading; [`Self::next`] then fails with [`SdkError::Cancelled`].
    pub fn cancel(&self) {
        self.task.cancel();
    }
}
