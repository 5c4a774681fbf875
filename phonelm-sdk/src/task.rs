//! Work on a thread of its own that tells how far it is and can be cancelled: loading, verifying, searching.

use std::{
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use crate::{
    SdkError,
    error::panic_error,
    mailbox::{Letter, Mailbox},
};

/// What work tells: readings of progress, of which only the newest counts, and its end.
pub(crate) trait Told: Send + 'static {
    fn is_progress(&self) -> bool;
}

impl<T: Told> Letter for Result<T, SdkError> {
    fn can_grow(&self) -> bool {
        self.as_ref().is_ok_and(T::is_progress)
    }

    fn join(&mut self, next: Self) -> Option<Self> {
        if !(self.can_grow() && next.can_grow()) {
            return Some(next);
        }
        *self = next;
        None
    }
}

/// Work that is being done. Dropping it cancels.
pub(crate) struct Task<T: Told>(Arc<State<T>>);

/// What the work and the app share.
pub(crate) struct State<T: Told> {
    mailbox: Mailbox<Result<T, SdkError>>,
    cancelled: AtomicBool,
}

impl<T: Told> State<T> {
    /// Tells how far the work is, and hears whether it is to end.
    pub(crate) fn tell(&self, progress: T) -> ControlFlow<()> {
        self.mailbox.put(Ok(progress));
        if self.cancelled.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Set once the work is to end.
    pub(crate) fn cancelled(&self) -> &AtomicBool {
        &self.cancelled
    }
}

impl<T: Told> Task<T> {
    /// Starts `work` on a thread of this name; what it returns is told last.
    pub(crate) fn start(name: &str, work: impl FnOnce(&State<T>) -> Result<T, SdkError> + Send + 'static) -> Self {
        let task = Self(Arc::new(State { mailbox: Mailbox::new(), cancelled: AtomicBool::new(false) }));
        let state = task.0.clone();
        let run = move || {
            let result = catch_unwind(AssertUnwindSafe(|| work(&state)));
            state.mailbox.put_last(result.unwrap_or_else(|panic| Err(panic_error(&*panic))));
        };
        if let Err(error) = thread::Builder::new().name(name.into()).spawn(run) {
            task.0.mailbox.put_last(Err(no_thread(&error)));
        }
        task
    }

    /// Waits for what is told next; `None` after the end.
    pub(crate) async fn next(&self) -> Result<Option<T>, SdkError> {
        self.0.mailbox.next().await.transpose()
    }

    pub(crate) fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
    }
}

impl<T: Told> Drop for Task<T> {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// Why nothing can be computed.
pub(crate) fn no_thread(error: &std::io::Error) -> SdkError {
    SdkError::ComputeFailed { reason: format!("the system starts no further thread: {error}") }
}
