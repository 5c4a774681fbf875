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

mod policy;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use self::policy::check_share;
pub use self::policy::{GovernorPolicy, GovernorState, IdleCaches, Measures, MemoryPressure, Signals, ThermalState};
use crate::{
    Model, SdkError,
    mailbox::{Letter, Mailbox},
    worker::{Job, Jobs},
};

/// Has an app's models mind memory, heat and the background. It knows models as long as they are loaded and keeps none; one
/// that is dropped takes its measures back. Every call may come from any thread and returns at once.
#[derive(uniffi::Object)]
pub struct Governor {
    policy: GovernorPolicy,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    signals: Signals,
    by_app: Option<Measures>,
    /// What the models were last told.
    told: GovernorState,
    models: Vec<Weak<Jobs>>,
    watches: Vec<Weak<Mailbox<Changed>>>,
}

impl Inner {
    /// Has the models do what is to be done now.
    fn apply(&mut self, policy: &GovernorPolicy) {
        let measures = self.by_app.unwrap_or_else(|| policy.measures(self.signals));
        let before = self.told.measures;
        self.told = GovernorState { signals: self.signals, measures, overridden: self.by_app.is_some() };
        tracing::debug!(state = ?self.told, "the governor decided");
        self.send(|| measures.since(&before));
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

    fn watches(&self) -> Vec<Arc<Mailbox<Changed>>> {
        self.watches.iter().filter_map(Weak::upgrade).collect()
    }
}

impl Governor {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    /// Takes a change in, has the models follow, and tells who watches.
    fn change(&self, change: impl FnOnce(&mut Inner)) {
        let mut inner = self.lock();
        change(&mut inner);
        let watches = inner.watches();
        // Who is woken may call the governor.
        drop(inner);
        watches.iter().for_each(|watch| watch.put(Changed));
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
        Ok(Arc::new(Self { policy, inner: Arc::default() }))
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
        self.change(|inner| {
            inner.signals.memory = memory;
            inner.apply(&self.policy);
            inner.drop_caches();
        });
    }

    /// Tells how hot the device is.
    pub fn set_thermal_state(&self, thermal: ThermalState) {
        self.change(|inner| {
            inner.signals.thermal = thermal;
            inner.apply(&self.policy);
        });
    }

    /// Tells whether the app is in the background. Models that are governed need no [`Model::set_background`].
    pub fn set_background(&self, background: bool) {
        self.change(|inner| {
            inner.signals.background = background;
            inner.apply(&self.policy);
        });
    }

    /// Takes these measures whatever the signals say, or with `None` leaves it to the policy again.
    ///
    /// Errors: [`SdkError::OptionInvalid`].
    pub fn set_override(&self, measures: Option<Measures>) -> Result<(), SdkError> {
        measures.iter().try_for_each(|measures| check_share("thread_share", measures.thread_share))?;
        self.change(|inner| {
            inner.by_app = measures;
            inner.apply(&self.policy);
            if measures.is_some() {
                inner.drop_caches();
            }
        });
        Ok(())
    }

    /// What it knows and does now.
    pub fn state(&self) -> GovernorState {
        self.lock().told
    }

    /// Watches it, from its present state on.
    pub fn watch(&self) -> Arc<GovernorWatch> {
        let mailbox = Arc::new(Mailbox::new());
        mailbox.put(Changed);
        let mut inner = self.lock();
        inner.watches.retain(|watch| watch.strong_count() > 0);
        inner.watches.push(Arc::downgrade(&mailbox));
        Arc::new(GovernorWatch { mailbox, governed: self.inner.clone(), last: Mutex::default() })
    }
}

impl Drop for Governor {
    fn drop(&mut self) {
        let mut inner = self.lock();
        let measures = inner.told.measures;
        inner.send(|| Measures::default().since(&measures));
        let watches = inner.watches();
        drop(inner);
        watches.iter().for_each(|watch| watch.close());
    }
}

/// Tells that there may be another state. Of several that wait, one is as good as all.
struct Changed;

impl Letter for Changed {
    fn can_grow(&self) -> bool {
        false
    }

    fn join(&mut self, _: Self) -> Option<Self> {
        None
    }
}

/// The states of a governor, one after the other.
#[derive(uniffi::Object)]
pub struct GovernorWatch {
    mailbox: Arc<Mailbox<Changed>>,
    governed: Arc<Mutex<Inner>>,
    /// The state that was taken last.
    last: Mutex<Option<GovernorState>>,
}

#[uniffi::export]
impl GovernorWatch {
    /// Waits for the next state; the first is there at once, and of several that came since the last call only the newest is
    /// told. `None` once the governor is gone or [`Self::end`] was called.
    pub async fn next(&self) -> Option<GovernorState> {
        loop {
            self.mailbox.next().await?;
            let state = lock(&self.governed).told;
            if lock(&self.last).replace(state) != Some(state) {
                return Some(state);
            }
        }
    }

    /// Ends it, also for whoever waits. May be called at any time, twice as well.
    pub fn end(&self) {
        self.mailbox.close();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{ThermalState::*, *};
    use crate::sync;

    #[test]
    fn a_model_is_told_what_changes_and_forgotten_when_it_is_gone() {
        let governor = Governor::new(GovernorPolicy::default()).unwrap_or_else(|error| panic!("{error}"));
        let (sender, jobs) = sync::unbounded();
        let sender = Arc::new(sender);
        governor.lock().models.push(Arc::downgrade(&sender));
        governor.set_thermal_state(Serious);
        governor.set_thermal_state(Critical);
        governor.set_memory_pressure(MemoryPressure::Low);
        governor.set_thermal_state(Fair);
        let told = |jobs: &sync::Receiver<Job>| {
            let name = |job| match job {
                Job::Pause(pause) => format!("pause {pause}"),
                Job::ThreadShare(share) => format!("share {share}"),
                Job::DropCaches(which) => format!("{which:?}"),
                _ => "another".to_owned(),
            };
            std::iter::from_fn(|| jobs.try_recv().ok()).map(name).collect::<Vec<_>>()
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
