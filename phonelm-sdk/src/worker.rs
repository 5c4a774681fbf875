//! The inference thread of a model: takes jobs from a channel and serves all running turns, a step each.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use crossbeam_channel::{Receiver, Sender, TryRecvError, unbounded};
use phonelm_engine::{Conversation, Engine, Event as EngineEvent, GenerateOptions, Input, Setup};

use crate::{Event, SdkError};

/// Names one session of a model.
pub(crate) type SessionId = u64;

/// What the thread is asked to do.
pub(crate) enum Job {
    Open { session: SessionId, setup: Setup },
    Start { session: SessionId, input: Input, options: GenerateOptions, ticket: Ticket },
    Reset { session: SessionId },
    Close { session: SessionId },
    Unload,
}

/// The thread's end of a generation.
pub(crate) struct Ticket {
    pub(crate) events: Sender<Result<Event, SdkError>>,
    pub(crate) cancelled: Arc<AtomicBool>,
}

/// Starts the thread, which ends with [`Job::Unload`] or when every sender is gone.
pub(crate) fn spawn(engine: Engine) -> Result<Sender<Job>, SdkError> {
    let (sender, jobs) = unbounded();
    let worker = Worker { engine, jobs, sessions: HashMap::new(), running: VecDeque::new() };
    thread::Builder::new()
        .name("phonelm-inference".into())
        .spawn(move || worker.run())
        .map_err(|error| SdkError::ComputeFailed { reason: format!("no thread can be started: {error}") })?;
    Ok(sender)
}

struct Worker {
    engine: Engine,
    jobs: Receiver<Job>,
    sessions: HashMap<SessionId, Conversation>,
    running: VecDeque<(SessionId, Ticket)>,
}

impl Worker {
    fn run(mut self) {
        while let Some(job) = self.next_job() {
            if let Some(job) = job {
                if matches!(job, Job::Unload) {
                    break;
                }
                self.take(job);
            } else if let Some((session, ticket)) = self.running.pop_front() {
                self.serve(session, ticket);
            }
        }
        for (_, ticket) in self.running {
            let _ = ticket.events.send(Err(SdkError::ModelUnloaded));
        }
    }

    /// The next job, or `Some(None)` to go on computing; `None` when nobody can send jobs any more.
    fn next_job(&self) -> Option<Option<Job>> {
        if self.running.is_empty() {
            return self.jobs.recv().ok().map(Some);
        }
        match self.jobs.try_recv() {
            Ok(job) => Some(Some(job)),
            Err(TryRecvError::Empty) => Some(None),
            Err(TryRecvError::Disconnected) => None,
        }
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Open { session, setup } => {
                let conversation = self.engine.conversation(setup);
                self.sessions.insert(session, conversation);
            }
            Job::Start { session, input, options, ticket } => {
                let Some(conversation) = self.sessions.get_mut(&session) else { return };
                match self.engine.begin(conversation, input, options) {
                    Ok(()) => self.running.push_back((session, ticket)),
                    Err(error) => {
                        let _ = ticket.events.send(Err(error.into()));
                    }
                }
            }
            Job::Reset { session } => {
                if let Some(conversation) = self.sessions.get_mut(&session) {
                    self.engine.cancel(conversation);
                    self.engine.reset(conversation);
                }
            }
            Job::Close { session } => {
                if let Some(conversation) = self.sessions.remove(&session) {
                    self.engine.close(conversation);
                }
            }
            Job::Unload => {}
        }
    }

    /// One step of a turn; the turn goes back to the end of the queue unless it is over.
    fn serve(&mut self, session: SessionId, ticket: Ticket) {
        let Some(conversation) = self.sessions.get_mut(&session) else { return };
        if ticket.cancelled.load(Ordering::Relaxed) {
            if let Some(response) = self.engine.cancel(conversation) {
                let _ = ticket.events.send(Ok(Event::Finished { response: response.into() }));
            }
            return;
        }
        let event = match self.engine.step(conversation) {
            Ok(EngineEvent::Text(text)) => Event::Text { text },
            Ok(EngineEvent::Finished(response)) => {
                let _ = ticket.events.send(Ok(Event::Finished { response: response.into() }));
                return;
            }
            Ok(_) => return self.running.push_back((session, ticket)),
            Err(error) => {
                let _ = ticket.events.send(Err(error.into()));
                return;
            }
        };
        if ticket.events.send(Ok(event)).is_ok() {
            self.running.push_back((session, ticket));
        } else {
            self.engine.cancel(conversation);
        }
    }
}
