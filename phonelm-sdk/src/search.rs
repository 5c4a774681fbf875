//! The fastest shape of a size on this device, found before a model is trained: `phonelm search` for apps.

mod error;
mod options;
mod result;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use phonelm_kernels::ask_for_big_cores;

pub use self::options::{Activation, LayerRange, SearchObjective, SearchOptions, SearchSpace, ValueRange, WeightType};
pub use self::result::{
    ModelShape, SearchComposition, SearchDrift, SearchFiles, SearchProgress, SearchResult, SearchStage, ShapeResult,
    ShapeSpeeds,
};
use crate::{
    SdkError, backend,
    task::{State, Task, Told},
};

/// What a search tells.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
pub enum SearchEvent {
    /// A measurement begins.
    Progress {
        /// How far the search is.
        progress: SearchProgress,
    },
    /// The last event.
    Finished {
        /// What was found.
        result: SearchResult,
    },
}

impl Told for SearchEvent {
    fn is_progress(&self) -> bool {
        matches!(self, Self::Progress { .. })
    }
}

/// A search that is running. Dropping it cancels; what was measured is kept in its folder.
#[derive(uniffi::Object)]
pub struct Search {
    task: Task<SearchEvent>,
}

/// Starts a search and returns at once; [`Search::next`] tells how far it is and what was found.
///
/// Shapes within the budget of parameters are timed with random weights on this device: let nothing else compute
/// meanwhile. Searches of one process take turns. A folder that holds an earlier start of the same search goes on there.
///
/// Errors come from [`Search::next`]: [`SdkError::OptionInvalid`], also where no shape has so many parameters or the time
/// did not suffice for one speed; [`SdkError::SearchInvalid`], [`SdkError::StorageFailed`], [`SdkError::OutOfMemory`],
/// [`SdkError::Unsupported`], [`SdkError::ComputeFailed`], [`SdkError::Cancelled`].
#[uniffi::export]
pub fn start_search(options: SearchOptions) -> Arc<Search> {
    Arc::new(Search { task: Task::start("phonelm-search", move |task| run(&options, task)) })
}

fn run(options: &SearchOptions, task: &State<SearchEvent>) -> Result<SearchEvent, SdkError> {
    let search = options.search()?;
    let mut device = backend::search_device(options)?;
    let _turn = wait_for_turn(task.cancelled())?;
    ask_for_big_cores();
    let mut progress = |progress: &phonelm_search::Progress| {
        let _ = task.tell(SearchEvent::Progress { progress: progress.into() });
    };
    let report = phonelm_search::search(&search, options.folder(), &mut *device, &mut progress, task.cancelled());
    let report = report.map_err(error::public)?;
    Ok(SearchEvent::Finished { result: SearchResult::new(&report, &search, options.folder())? })
}

/// How often a search looks whether its turn has come.
const LOOK: Duration = Duration::from_millis(10);

/// Two searches at once would disturb each other's times, and one that was cancelled still writes for a moment.
fn wait_for_turn(cancelled: &AtomicBool) -> Result<MutexGuard<'static, ()>, SdkError> {
    static TURN: Mutex<()> = Mutex::new(());
    loop {
        match TURN.try_lock() {
            Ok(turn) => return Ok(turn),
            Err(TryLockError::Poisoned(turn)) => return Ok(turn.into_inner()),
            Err(TryLockError::WouldBlock) if cancelled.load(Ordering::Relaxed) => return Err(SdkError::Cancelled),
            Err(TryLockError::WouldBlock) => thread::sleep(LOOK),
        }
    }
}

#[uniffi::export]
impl Search {
    /// Waits for the next event; `None` after the last one. Progress that nobody took in time is replaced by newer.
    pub async fn next(&self) -> Result<Option<SearchEvent>, SdkError> {
        self.task.next().await
    }

    /// Ends the search after the token, the prompt or the step of making a model that is being computed; [`Self::next`]
    /// then fails with [`SdkError::Cancelled`]. May be called at any time, twice as well.
    pub fn cancel(&self) {
        self.task.cancel();
    }
}
