//! What a governor is told, what it does, and which follows from which.

use crate::{SdkError, worker::Job};

/// How short memory is, as the platform last told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, uniffi::Enum)]
pub enum MemoryPressure {
    /// There is enough.
    #[default]
    Normal,
    /// Apps should give back what they can easily make again.
    Low,
    /// The system is about to end apps.
    Critical,
}

/// How hot the device is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, uniffi::Enum)]
pub enum ThermalState {
    /// Nothing to mind.
    #[default]
    Nominal,
    /// Warmer than usual.
    Fair,
    /// The system slows down.
    Serious,
    /// The device has to cool down.
    Critical,
}

/// Caches of idle sessions, those that no turn runs in, that are given back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, uniffi::Enum)]
pub enum IdleCaches {
    /// None.
    #[default]
    Keep,
    /// Those of sessions that are kept in a folder, after what is missing there is written. Their next turn reads them back.
    DropSaved,
    /// All. Sessions without a folder compute theirs anew; no word is lost.
    DropAll,
}

/// What the platform told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, uniffi::Record)]
pub struct Signals {
    /// The last word on memory.
    pub memory: MemoryPressure,
    /// How hot the device is.
    pub thermal: ThermalState,
    /// Whether the app is in the background.
    pub background: bool,
}

/// What is done about it.
#[derive(Clone, Copy, Debug, PartialEq, uniffi::Record)]
pub struct Measures {
    /// Whether nothing is computed. Answers wait between two tokens and go on with the same ones; cancelling, closing and saving
    /// work meanwhile.
    pub pause: bool,
    /// The share of its threads that a model computes with, above 0 up to 1, rounded up to whole ones. No answer depends on it.
    pub thread_share: f64,
    /// What is given back, once with each signal of memory and each override.
    pub idle_caches: IdleCaches,
    /// Whether models leave the GPU alone, as [`crate::Model::set_background`] has one do.
    pub background: bool,
}

impl Default for Measures {
    /// None at all.
    fn default() -> Self {
        Self { pause: false, thread_share: 1.0, idle_caches: IdleCaches::Keep, background: false }
    }
}

impl Measures {
    /// What a model is to be told so that these hold where `before` did.
    pub(super) fn since(&self, before: &Self) -> Vec<Job> {
        let mut jobs = Vec::new();
        if self.pause != before.pause {
            jobs.push(Job::Pause(self.pause));
        }
        if self.thread_share != before.thread_share {
            jobs.push(Job::ThreadShare(self.thread_share));
        }
        if self.background != before.background {
            jobs.push(Job::Background(self.background));
        }
        jobs
    }
}

/// Which measures follow from which signals.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct GovernorPolicy {
    /// The share of threads in serious heat, above 0 up to 1; half of them by default.
    pub hot_thread_share: f64,
    /// Whether critical heat pauses; it does by default.
    pub pause_when_critically_hot: bool,
    /// What low memory costs: by default the caches that lie in a folder.
    pub at_low_memory: IdleCaches,
    /// What critical memory costs: by default all caches of idle sessions. Running answers go on: a pause would free nothing.
    pub at_critical_memory: IdleCaches,
    /// Whether the background pauses; by default answers go on there, on the processor.
    pub pause_in_background: bool,
}

impl Default for GovernorPolicy {
    fn default() -> Self {
        Self {
            hot_thread_share: 0.5,
            pause_when_critically_hot: true,
            at_low_memory: IdleCaches::DropSaved,
            at_critical_memory: IdleCaches::DropAll,
            pause_in_background: false,
        }
    }
}

impl GovernorPolicy {
    pub(super) fn measures(&self, signals: Signals) -> Measures {
        let Signals { memory, thermal, background } = signals;
        let too_hot = self.pause_when_critically_hot && thermal == ThermalState::Critical;
        Measures {
            pause: too_hot || self.pause_in_background && background,
            thread_share: if thermal >= ThermalState::Serious { self.hot_thread_share } else { 1.0 },
            idle_caches: match memory {
                MemoryPressure::Normal => IdleCaches::Keep,
                MemoryPressure::Low => self.at_low_memory,
                MemoryPressure::Critical => self.at_critical_memory,
            },
            background,
        }
    }
}

/// What a governor knows and does.
#[derive(Clone, Copy, Debug, Default, PartialEq, uniffi::Record)]
pub struct GovernorState {
    /// What the platform told.
    pub signals: Signals,
    /// What is done.
    pub measures: Measures,
    /// Whether the app decided the measures, not the policy.
    pub overridden: bool,
}

pub(super) fn check_share(option: &str, share: f64) -> Result<(), SdkError> {
    if share > 0.0 && share <= 1.0 {
        return Ok(());
    }
    Err(SdkError::OptionInvalid { option: option.into(), value: share.to_string(), allowed: "above 0 up to 1".into() })
}

#[cfg(test)]
mod tests {
    use super::{IdleCaches::*, ThermalState::*, *};

    #[test]
    fn the_policy_decides() {
        let default = GovernorPolicy::default();
        let patient = GovernorPolicy { pause_when_critically_hot: false, hot_thread_share: 0.25, ..default.clone() };
        let quiet =
            GovernorPolicy { pause_in_background: true, at_low_memory: Keep, at_critical_memory: DropSaved, ..default };
        let default = GovernorPolicy::default();
        let (normal, low, critical) = (MemoryPressure::Normal, MemoryPressure::Low, MemoryPressure::Critical);
        let cases = [
            (&default, normal, Nominal, false, false, 1.0, Keep),
            (&default, low, Fair, false, false, 1.0, DropSaved),
            (&default, critical, Serious, true, false, 0.5, DropAll),
            (&default, normal, Critical, false, true, 0.5, Keep),
            (&patient, normal, Critical, true, false, 0.25, Keep),
            (&quiet, low, Nominal, true, true, 1.0, Keep),
            (&quiet, critical, Serious, false, false, 0.5, DropSaved),
        ];
        for (policy, memory, thermal, background, pause, thread_share, idle_caches) in cases {
            let signals = Signals { memory, thermal, background };
            let expected = Measures { pause, thread_share, idle_caches, background };
            assert_eq!(policy.measures(signals), expected, "{policy:?}, {signals:?}");
        }
    }
}
