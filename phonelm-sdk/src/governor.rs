//! What memory, heat and the background do to the models of an app: one policy for all of them.
//!
//! ```
//! use phonelm_sdk::*;
//!
//! # fn main() -> Result<(), SdkError> {
//! let governor = Governor::new(GovernorPolicy::default())?;
//! governor.set_thermal_state(ThermalState::Serious);
//! assert_eq!(governor.state().measures.thread_share, 0.5);
//! # Ok(())
//! # }
//! ```
//!
//! Signals come from the platform or from a test; [`GovernorPolicy`] alone decides what follows from them.
//!
//! The trap: low memory is an event, not a state, since Android tells when it begins and never when it ends. Caches are
//! dropped once with each signal, and no measure that lasts follows from it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::{
    Model, SdkError,
    mailbox::{Letter, Mailbox},
    worker::{Job, Jobs},
};

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
    /// Whether models leave the GPU alone, as [`Model::set_background`] has one do.
    pub background: bool,
}

impl Default for Measures {
    /// None at all.
    fn default() -> Self {
        Self { pause: false, thread_share: 1.0, idle_caches: IdleCaches::Keep, background: false }
    }
}

impl Measures {
    fn check(&self) -> Result<(), SdkError> {
        check_share("thread_share", self.thread_share)
    }

    /// What a model is to be told so that these hold where `before` did.
    fn since(&self, before: &Self) -> Vec<Job> {
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
    fn measures(&self, signals: Signals) -> Measures {
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

/// States are told one by one; of those that wait, only the newest counts.
impl Letter for GovernorState {
    fn can_grow(&self) -> bool {
        false
    }

    fn join(&mut self, next: Self) -> Option<Self> {
        *self = next;
        None
    }
}

/// Has an app's models mind memory, heat and the background. It knows models as long as they are loaded and keeps none; one
/// that is dropped takes its measures back. Every call may come from any thread and returns at once.
#[derive(uniffi::Object)]
pub struct Governor {
    policy: GovernorPolicy,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    signals: Signals,
    by_app: Option<Measures>,
    /// What the models and watches were last told.
    told: GovernorState,
    models: Vec<Weak<Jobs>>,
    watches: Vec<Weak<Mailbox<GovernorState>>>,
}

impl Inner {
    /// Has the models do what is to be done now, and tells who watches.
    fn apply(&mut self, policy: &GovernorPolicy) {
        let measures = self.by_app.unwrap_or_else(|| policy.measures(self.signals));
        let before = std::mem::replace(
            &mut self.told,
            GovernorState { signals: self.signals, measures, overridden: self.by_app.is_some() },
        );
        self.send(|| measures.since(&before.measures));
        if self.told != before {
            tracing::info!(state = ?self.told, "the governor decided");
            let state = self.told;
            self.watches.retain(|watch| watch.upgrade().inspect(|watch| watch.put(state)).is_some());
        }
    }

    fn drop_caches(&mut self) {
        let which = self.told.measures.idle_caches;
        if which != IdleCaches::Keep {
            self.send(|| vec![Job::DropCaches(which)]);
        }
    }

    /// Gives jobs to every model, and forgets those that are gone.
    fn send(&mut self, jobs: impl Fn() -> Vec<Job>) {
        self.models
            .retain(|model| model.upgrade().is_some_and(|model| jobs().into_iter().all(|job| model.send(job).is_ok())));
    }
}

impl Governor {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[uniffi::export]
impl Governor {
    /// A governor that keeps to a policy, with no model and nothing to mind.
    ///
    /// Errors: [`SdkError::OptionInvalid`].
    #[uniffi::constructor]
    pub fn new(policy: GovernorPolicy) -> Result<Arc<Self>, SdkError> {
        check_share("hot_thread_share", policy.hot_thread_share)?;
        Ok(Arc::new(Self { policy, inner: Mutex::default() }))
    }

    /// Governs a model from now on, until it is unloaded or dropped. A model has one governor at most.
    pub fn attach(&self, model: Arc<Model>) {
        let jobs = Arc::downgrade(model.jobs());
        let mut inner = self.lock();
        if inner.models.iter().any(|known| known.ptr_eq(&jobs)) {
            return;
        }
        for job in inner.told.measures.since(&Measures::default()) {
            // A thread that has ended computes nothing.
            let _ = model.jobs().send(job);
        }
        inner.models.retain(|known| known.strong_count() > 0);
        inner.models.push(jobs);
    }

    /// Tells how short memory is.
    pub fn set_memory_pressure(&self, memory: MemoryPressure) {
        let mut inner = self.lock();
        inner.signals.memory = memory;
        inner.apply(&self.policy);
        inner.drop_caches();
    }

    /// Tells how hot the device is.
    pub fn set_thermal_state(&self, thermal: ThermalState) {
        let mut inner = self.lock();
        inner.signals.thermal = thermal;
        inner.apply(&self.policy);
    }

    /// Tells whether the app is in the background. Models that are governed need no [`Model::set_background`].
    pub fn set_background(&self, background: bool) {
        let mut inner = self.lock();
        inner.signals.background = background;
        inner.apply(&self.policy);
    }

    /// Takes these measures whatever the signals say, or with `None` leaves it to the policy again.
    ///
    /// Errors: [`SdkError::OptionInvalid`].
    pub fn set_override(&self, measures: Option<Measures>) -> Result<(), SdkError> {
        measures.iter().try_for_each(Measures::check)?;
        let mut inner = self.lock();
        inner.by_app = measures;
        inner.apply(&self.policy);
        if measures.is_some() {
            inner.drop_caches();
        }
        Ok(())
    }

    /// What it knows and does now.
    pub fn state(&self) -> GovernorState {
        self.lock().told
    }

    /// Watches it, from its present state on.
    pub fn watch(&self) -> Arc<GovernorWatch> {
        let mailbox = Arc::new(Mailbox::new());
        let mut inner = self.lock();
        mailbox.put(inner.told);
        inner.watches.retain(|watch| watch.strong_count() > 0);
        inner.watches.push(Arc::downgrade(&mailbox));
        Arc::new(GovernorWatch { mailbox })
    }
}

impl Drop for Governor {
    fn drop(&mut self) {
        let mut inner = self.lock();
        let measures = inner.told.measures;
        inner.send(|| Measures::default().since(&measures));
        inner.watches.iter().filter_map(Weak::upgrade).for_each(|watch| watch.close());
    }
}

/// The states of a governor, one after the other.
#[derive(uniffi::Object)]
pub struct GovernorWatch {
    mailbox: Arc<Mailbox<GovernorState>>,
}

#[uniffi::export]
impl GovernorWatch {
    /// Waits for the next state; the first is there at once, and of several that came since the last call only the newest is
    /// told. `None` once the governor is gone or [`Self::end`] was called.
    pub async fn next(&self) -> Option<GovernorState> {
        self.mailbox.next().await
    }

    /// Ends it, also for whoever waits. May be called at any time, twice as well.
    pub fn end(&self) {
        self.mailbox.close();
    }
}

fn check_share(option: &str, share: f64) -> Result<(), SdkError> {
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

    #[test]
    fn a_model_is_told_what_changes_and_forgotten_when_it_is_gone() {
        let governor = Governor::new(GovernorPolicy::default()).unwrap_or_else(|error| panic!("{error}"));
        let (sender, jobs) = crossbeam_channel::unbounded();
        let sender = Arc::new(sender);
        governor.lock().models.push(Arc::downgrade(&sender));
        governor.set_thermal_state(Serious);
        governor.set_thermal_state(Critical);
        governor.set_memory_pressure(MemoryPressure::Low);
        governor.set_thermal_state(Fair);
        let told = |jobs: &crossbeam_channel::Receiver<Job>| {
            let name = |job| match job {
                Job::Pause(pause) => format!("pause {pause}"),
                Job::ThreadShare(share) => format!("share {share}"),
                Job::DropCaches(which) => format!("{which:?}"),
                _ => "another".to_owned(),
            };
            jobs.try_iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(told(&jobs), ["share 0.5", "pause true", "DropSaved", "pause false", "share 1"]);
        governor.set_thermal_state(Critical);
        let state = governor.watch();
        drop(governor);
        assert_eq!(told(&jobs), ["pause true", "share 0.5", "pause false", "share 1"]);
        assert_eq!(pollster::block_on(state.next()).map(|state| state.measures.pause), Some(true));
        assert_eq!(pollster::block_on(state.next()), None);

        let governor = Governor::new(GovernorPolicy::default()).unwrap_or_else(|error| panic!("{error}"));
        governor.lock().models.push(Arc::downgrade(&sender));
        drop(sender);
        governor.set_background(true);
        assert!(governor.lock().models.is_empty());
    }
}
