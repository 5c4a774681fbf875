//! An answer while it is made.

use std::sync::{Arc, PoisonError, atomic::Ordering};

use phonelm_engine::ToolResult;
use serde::de::DeserializeOwned;

use crate::{
    RefusalReason, SdkError, ToolCall, ToolDecision, ToolOutcome,
    mailbox::{Letter, Mailbox},
    saved::Saved,
    sync::{AtomicBool, Mutex, MutexGuard},
    tools::{Calls, Rules},
    worker::{Job, Jobs, SessionId},
};

/// What a generation tells.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
pub enum Event {
    /// More of the answer.
    Text {
        /// Whole characters.
        text: String,
    },
    /// The model calls a tool that runs only if the user says so: [`Generation::confirm`] decides.
    ConfirmationNeeded {
        /// The call.
        call: ToolCall,
    },
    /// The app is to run a tool. The model goes on once all of its calls have been answered with [`Generation::answer`].
    ToolCall {
        /// The call, with the arguments that the user may have changed.
        call: ToolCall,
    },
    /// A call does not run; the model reads why and goes on.
    ToolRefused {
        /// The call.
        call: ToolCall,
        /// Why.
        reason: RefusalReason,
    },
    /// The conversation outgrew the context, and its oldest turns were forgotten as the session's policy says.
    ContextDropped {
        /// Turns that went.
        turns: u64,
        /// Tokens by which the prompt became shorter.
        tokens: u64,
    },
    /// Something else computes from here on; nothing is lost. [`crate::Model::info`] says what computes.
    BackendChanged {
        /// What computed before.
        from: String,
        /// What computes now.
        to: String,
        /// Why.
        reason: String,
    },
    /// The last event.
    Finished {
        /// The outcome.
        response: Response,
    },
}

impl Letter for Result<Event, SdkError> {
    fn can_grow(&self) -> bool {
        matches!(self, Ok(Event::Text { .. }))
    }

    fn join(&mut self, next: Self) -> Option<Self> {
        match (self, next) {
            (Ok(Event::Text { text }), Ok(Event::Text { text: more })) => {
                text.push_str(&more);
                None
            }
            (_, next) => Some(next),
        }
    }
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum FinishReason {
    /// The model ended it, or a stop text did.
    Stop,
    /// It has as many tokens as were allowed.
    Length,
    /// It was cancelled.
    Cancelled,
    /// The context is full.
    ContextFull,
    /// A constraint on the answer allowed no further token.
    Constraint,
    /// The model went on calling tools after as many rounds as the session allows.
    ToolLimit,
    /// It failed; [`Generation::next`] told why.
    Error,
}

/// An answer and what it cost.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Response {
    /// The whole answer.
    pub text: String,
    /// Why it ended.
    pub finish: FinishReason,
    /// What it cost.
    pub statistics: Statistics,
}

impl Response {
    /// The JSON of the answer as a value.
    ///
    /// Errors: [`SdkError::ResponseInvalid`].
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, SdkError> {
        serde_json::from_str(&self.text).map_err(|error| SdkError::ResponseInvalid {
            reason: match self.finish {
                FinishReason::Stop => error.to_string(),
                finish => format!("it ended before it was whole ({finish:?}: {error})"),
            },
        })
    }
}

/// What an answer cost. With tools, the model's passes are added up.
#[derive(Clone, Debug, Default, PartialEq, uniffi::Record)]
pub struct Statistics {
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Those of them that the cache held.
    pub cached_tokens: u64,
    /// Tokens drawn.
    pub generated_tokens: u64,
    /// Seconds until the first token was drawn.
    pub seconds_to_first_token: f64,
    /// Tokens drawn a second after the first.
    pub tokens_per_second: f64,
}

/// Where a generation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum GenerationState {
    /// The model reads or writes, or waits for its turn.
    Running,
    /// Tool calls wait for the user or for their answers.
    WaitingForTools,
    /// It is over.
    Ended {
        /// Why.
        reason: FinishReason,
    },
}

/// What a generation and the inference thread share.
pub(crate) struct Control {
    /// The folder that the session is kept in.
    saved: Option<Arc<Saved>>,
    pub(crate) mailbox: Mailbox<Result<Event, SdkError>>,
    cancelled: AtomicBool,
    progress: Mutex<Progress>,
}

struct Progress {
    state: GenerationState,
    calls: Calls,
}

impl Control {
    pub(crate) fn new(saved: Option<Arc<Saved>>) -> Self {
        let progress = Progress { state: GenerationState::Running, calls: Calls::default() };
        Self { saved, mailbox: Mailbox::new(), cancelled: AtomicBool::new(false), progress: Mutex::new(progress) }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Has the calls wait for the user and for their answers, as the rules say, and tells of them once the session's folder
    /// says which of them are started.
    pub(crate) fn wait_for(&self, calls: Vec<ToolCall>, rules: Arc<Rules>, is_last: bool) -> Result<(), SdkError> {
        let (calls, events) = Calls::new(calls, rules, is_last);
        self.note(calls.known())?;
        let mut progress = self.progress();
        progress.state = GenerationState::WaitingForTools;
        progress.calls = calls;
        drop(progress);
        events.into_iter().for_each(|event| self.mailbox.put(Ok(event)));
        Ok(())
    }

    /// Writes down that calls are started, or what came of them.
    fn note(&self, calls: impl IntoIterator<Item = (usize, Option<String>)>) -> Result<(), SdkError> {
        self.saved.as_ref().map_or(Ok(()), |saved| saved.note_calls(calls))
    }

    /// Whether all calls have an outcome, so that the model can go on.
    pub(crate) fn is_answered(&self) -> bool {
        self.progress().calls.are_done()
    }

    /// What the calls gave, in their order. The generation runs again.
    pub(crate) fn take_results(&self) -> Vec<ToolResult> {
        let mut progress = self.progress();
        progress.state = GenerationState::Running;
        std::mem::take(&mut progress.calls).into_results()
    }

    pub(crate) fn end(&self, outcome: Result<Response, SdkError>) {
        let reason = outcome.as_ref().map_or(FinishReason::Error, |response| response.finish);
        self.progress().state = GenerationState::Ended { reason };
        self.mailbox.put_last(outcome.map(|response| Event::Finished { response }));
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running answer. Dropping it cancels it.
#[derive(uniffi::Object)]
pub struct Generation {
    control: Arc<Control>,
    session: SessionId,
    jobs: Arc<Jobs>,
}

impl Generation {
    pub(crate) fn new(control: Arc<Control>, session: SessionId, jobs: Arc<Jobs>) -> Self {
        Self { control, session, jobs }
    }

    /// Wakes the inference thread if it waits for nothing more.
    fn go_on(&self) {
        if self.control.is_answered() {
            // If the thread has ended, the generation has been told so.
            let _ = self.jobs.send(Job::Wake { session: self.session });
        }
    }
}

#[uniffi::export]
impl Generation {
    /// Waits for the next event; `None` after the last one. Pieces of text are joined until they are taken: the first
    /// comes at once, later ones at most every 10 ms. A future that is dropped has taken nothing.
    ///
    /// Errors end the generation: [`SdkError::ContextFull`], [`SdkError::PromptInvalid`], [`SdkError::GrammarInvalid`],
    /// [`SdkError::Unsupported`], [`SdkError::ComputeFailed`], [`SdkError::OutOfMemory`], [`SdkError::ModelUnloaded`], [`SdkError::SessionClosed`],
    /// [`SdkError::Internal`].
    pub async fn next(&self) -> Result<Option<Event>, SdkError> {
        self.control.mailbox.next().await.transpose()
    }

    /// Ends the answer at the next token, or after the running batch of the prompt (64 tokens, or what a GPU computes in a
    /// twentieth of a second); the last event still comes. The session can be asked again at once. May be called at any
    /// time, twice as well.
    pub fn cancel(&self) {
        self.control.cancelled.store(true, Ordering::Relaxed);
        // A thread that waits for answers of tools has to look up; one that has ended needs not.
        let _ = self.jobs.send(Job::Wake { session: self.session });
    }

    /// Tells what the user says to a call of [`Event::ConfirmationNeeded`]. [`Event::ToolCall`] or [`Event::ToolRefused`]
    /// follows.
    ///
    /// Errors: [`SdkError::UnknownCall`]; [`SdkError::ArgumentsInvalid`] for changed arguments that do not fit, and for a session
    /// that is kept in a folder [`SdkError::StorageFull`] and [`SdkError::StorageFailed`], after which the call still waits.
    pub fn confirm(&self, call_id: String, decision: ToolDecision) -> Result<(), SdkError> {
        let note = |call, content| self.control.note([(call, content)]);
        let event = self.control.progress().calls.confirm(&call_id, decision, note)?;
        self.control.mailbox.put(Ok(event));
        self.go_on();
        Ok(())
    }

    /// Tells what a tool call gave. Once all calls of an answer have an outcome, the model goes on.
    ///
    /// Errors: [`SdkError::UnknownCall`].
    pub fn answer(&self, call_id: String, outcome: ToolOutcome) -> Result<(), SdkError> {
        let note = |call, content| self.control.note([(call, Some(content))]);
        self.control.progress().calls.answer(&call_id, outcome, note)?;
        self.go_on();
        Ok(())
    }

    /// Where it stands.
    pub fn state(&self) -> GenerationState {
        self.control.progress().state
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        self.cancel();
    }
}
