//! Opening a model on a thread of its own, with progress and cancel.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use crate::{
    Model, ModelOptions, ModelSource, SdkError, backend,
    error::panic_error,
    mailbox::{Letter, Mailbox},
    threads::Threads,
    worker::ToMeasure,
};

/// What loading tells.
#[derive(Clone, uniffi::Enum)]
pub enum LoadEvent {
    /// How far it is.
    Progress {
        /// 0 to 1.
        fraction: f64,
    },
    /// The last event.
    Ready {
        /// The model.
        model: Arc<Model>,
    },
}

impl Letter for Result<LoadEvent, SdkError> {
    fn can_grow(&self) -> bool {
        matches!(self, Ok(LoadEvent::Progress { .. }))
    }

    fn join(&mut self, next: Self) -> Option<Self> {
        if !(self.can_grow() && next.can_grow()) {
            return Some(next);
        }
        *self = next;
        None
    }
}

/// A model on its way into memory. Dropping it cancels.
#[derive(uniffi::Object)]
pub struct Loading {
    mailbox: Arc<Mailbox<Result<LoadEvent, SdkError>>>,
    cancelled: Arc<AtomicBool>,
}

/// Starts to load a model and returns at once; [`Loading::next`] tells how far it is and gives the model.
///
/// Errors come from [`Loading::next`]: [`SdkError::ModelNotFound`], [`SdkError::ModelInvalid`],
/// [`SdkError::ModelUnmappable`], [`SdkError::OptionInvalid`], [`SdkError::Unsupported`], [`SdkError::Cancelled`].
#[uniffi::export]
pub fn load_model(source: ModelSource, options: ModelOptions) -> Arc<Loading> {
    let loading = Loading { mailbox: Arc::new(Mailbox::new()), cancelled: Arc::default() };
    let (mailbox, cancelled) = (loading.mailbox.clone(), loading.cancelled.clone());
    let work = move || {
        let mut progress = |fraction| {
            mailbox.put(Ok(LoadEvent::Progress { fraction }));
            if cancelled.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let load = || load(&source, &options, &mut progress);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(load));
        let result = result.unwrap_or_else(|panic| Err(panic_error(&*panic)));
        mailbox.put_last(result.map(|model| LoadEvent::Ready { model }));
    };
    if let Err(error) = thread::Builder::new().name("phonelm-load".into()).spawn(work) {
        loading.mailbox.put_last(Err(no_thread(&error)));
    }
    Arc::new(loading)
}

/// Why nothing can be computed.
pub(crate) fn no_thread(error: &std::io::Error) -> SdkError {
    SdkError::ComputeFailed { reason: format!("the system starts no further thread: {error}") }
}

fn load(
    source: &ModelSource,
    options: &ModelOptions,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<Arc<Model>, SdkError> {
    options.check()?;
    let file = source.open()?;
    let mapping = file.mapping().clone();
    let about = crate::model::About::of(&file);
    let (mut engine, placing) = backend::load(file, &source.name(), &about, options, progress)?;
    let threads = Threads::settle(&mut engine, &about, options);
    Model::start(engine, about, Some(mapping), ToMeasure { threads, placing })
}

#[uniffi::export]
impl Loading {
    /// Waits for the next event; `None` after the last one.
    pub async fn next(&self) -> Result<Option<LoadEvent>, SdkError> {
        self.mailbox.next().await.transpose()
    }

    /// Ends the loading; [`Self::next`] then fails with [`SdkError::Cancelled`], unless the model was ready already. May
    /// be called at any time, twice as well.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        self.cancel();
    }
}
