//! Opening a model on a thread of its own, with progress and cancel.

use std::{ops::ControlFlow, sync::Arc};

use crate::{
    Model, ModelOptions, ModelSource, SdkError, backend,
    plan::check_budget,
    task::{Task, Told},
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

impl Told for LoadEvent {
    fn is_progress(&self) -> bool {
        matches!(self, Self::Progress { .. })
    }
}

/// A model on its way into memory. Dropping it cancels.
#[derive(uniffi::Object)]
pub struct Loading {
    task: Task<LoadEvent>,
}

/// Starts to load a model and returns at once; [`Loading::next`] tells how far it is and gives the model.
///
/// Errors come from [`Loading::next`]: [`SdkError::ModelNotFound`], [`SdkError::ModelInvalid`],
/// [`SdkError::ModelUnmappable`], [`SdkError::OptionInvalid`], [`SdkError::Unsupported`], [`SdkError::OverBudget`],
/// [`SdkError::Cancelled`].
#[uniffi::export]
pub fn load_model(source: ModelSource, options: ModelOptions) -> Arc<Loading> {
    let task = Task::start("phonelm-load", move |task| {
        let model = load(&source, &options, &mut |fraction| task.tell(LoadEvent::Progress { fraction }))?;
        Ok(LoadEvent::Ready { model })
    });
    Arc::new(Loading { task })
}

fn load(
    source: &ModelSource,
    options: &ModelOptions,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<Arc<Model>, SdkError> {
    options.check()?;
    let file = source.open()?;
    check_budget(&file, &source.name(), options)?;
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
        self.task.next().await
    }

    /// Ends the loading; [`Self::next`] then fails with [`SdkError::Cancelled`], unless the model was ready already. May
    /// be called at any time, twice as well.
    pub fn cancel(&self) {
        self.task.cancel();
    }
}
