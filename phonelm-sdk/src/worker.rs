//! The inference thread of a model: takes jobs from a channel and serves all running turns, a step each in turn.

use std::{
    collections::{HashMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, PoisonError},
};

use phonelm_engine::{Conversation, Engine, Event as EngineEvent, Message, Setup};
use phonelm_kernels::ask_for_big_cores;
use phonelm_model::BackendChange;

pub(crate) use crate::turn::Ticket;
use crate::{
    IdleCaches, SdkError,
    backend::Placing,
    error::panic_error,
    options::Resolved,
    saved::Copy,
    session::{Policy, Shared},
    sync::{Mutex, Receiver, Sender, TryRecvError, thread, unbounded},
    task::no_thread,
    threads::Threads,
    turn::{Next, Stop, Turn},
};

/// Names one session of a model.
pub(crate) type SessionId = u64;

/// What the thread is asked to do.
pub(crate) enum Job {
    Open {
        session: SessionId,
        setup: Setup,
        messages: Vec<Message>,
        shared: Arc<Shared>,
    },
    Start {
        session: SessionId,
        prompt: String,
        options: Resolved,
        policy: Policy,
        ticket: Ticket,
    },
    Prewarm {
        session: SessionId,
        prefix: String,
    },
    Fork {
        from: SessionId,
        to: SessionId,
        shared: Arc<Shared>,
    },
    Reset {
        session: SessionId,
    },
    Save {
        session: SessionId,
        copy: Copy,
    },
    Wake {
        session: SessionId,
    },
    Close {
        session: SessionId,
    },
    Background(bool),
    /// Computes nothing until this is taken back; all other jobs are done.
    Pause(bool),
    /// Computes with this share of the threads.
    ThreadShare(f64),
    /// Gives back caches of sessions that have nothing to compute.
    DropCaches(IdleCaches),
    Unload,
}

/// Where jobs are sent. The thread ends when everyone who holds it is gone; a governor does not hold it.
pub(crate) type Jobs = Sender<Job>;

/// What computes, in words.
pub(crate) type Executing = Arc<Mutex<String>>;

/// What the options leave to be measured when a model has nothing else to do.
#[derive(Default)]
pub(crate) struct ToMeasure {
    pub(crate) threads: Option<Threads>,
    pub(crate) placing: Option<Placing>,
}

impl ToMeasure {
    /// Measures as long as nobody waits; what was interrupted is tried again.
    fn measure(&mut self, engine: &mut Engine, nobody_waits: &mut dyn FnMut() -> bool) {
        self.threads = self.threads.take().and_then(|threads| threads.measure(engine, nobody_waits));
        self.placing = self.placing.take().and_then(|placing| placing.measure(engine, nobody_waits));
    }
}

/// Starts the thread, which ends with [`Job::Unload`] or when every sender is gone.
pub(crate) fn spawn(engine: Engine, to_measure: ToMeasure, executing: Executing) -> Result<Arc<Jobs>, SdkError> {
    let (sender, jobs) = unbounded();
    let worker = Worker {
        engine,
        jobs,
        sessions: HashMap::new(),
        queue: VecDeque::new(),
        to_measure,
        executing,
        paused: false,
        thread_share: 1.0,
    };
    thread::Builder::new()
        .name("phonelm-inference".into())
        .spawn(move || worker.run())
        .map_err(|error| no_thread(&error))?;
    Ok(Arc::new(sender))
}

struct Worker {
    engine: Engine,
    jobs: Receiver<Job>,
    sessions: HashMap<SessionId, Open>,
    /// Sessions with something to compute; the first one is served next.
    queue: VecDeque<SessionId>,
    to_measure: ToMeasure,
    executing: Executing,
    paused: bool,
    thread_share: f64,
}

struct Open {
    conversation: Conversation,
    shared: Arc<Shared>,
    task: Option<Task>,
    /// Whether its folder may lack blocks of keys and values that the cache holds.
    unsaved: bool,
    /// Whether its folder may hold blocks that the cache lacks.
    unread: bool,
}

enum Task {
    /// The cache is filled with what the next prompt will begin with.
    Prewarm,
    Turn(Box<Turn>),
}

impl Worker {
    fn run(mut self) {
        ask_for_big_cores();
        loop {
            let job = if self.next().is_none() {
                self.save_behind();
                self.measure();
                self.jobs.recv().map_err(|_| TryRecvError::Disconnected)
            } else {
                self.jobs.try_recv()
            };
            match job {
                Ok(Job::Unload) | Err(TryRecvError::Disconnected) => break,
                Ok(job) => self.take(job),
                Err(TryRecvError::Empty) => self.serve_next(),
            }
        }
        let ids: Vec<SessionId> = self.sessions.keys().copied().collect();
        ids.into_iter().for_each(|id| self.close(id, SdkError::ModelUnloaded));
    }

    /// Has the disk take keys and values of sessions that are kept in a folder, as long as nobody waits.
    fn save_behind(&mut self) {
        let Self { engine, jobs, sessions, .. } = self;
        for open in sessions.values_mut().filter(|open| open.unsaved && open.task.is_none()) {
            let Some(saved) = &open.shared.saved else { continue };
            open.unsaved = !saved.save_blocks(engine, &open.conversation, &mut || jobs.is_empty());
        }
    }

    fn measure(&mut self) {
        // What is measured with fewer threads, or instead of a pause, is of no use.
        if self.paused || self.thread_share < 1.0 {
            return;
        }
        let Self { engine, jobs, to_measure, .. } = self;
        let measured = catch_unwind(AssertUnwindSafe(|| to_measure.measure(engine, &mut || jobs.is_empty())));
        if let Err(panic) = measured {
            tracing::error!(error = %panic_error(&*panic), "measuring ended in a panic");
        }
        let change = self.engine.take_change();
        self.tell(change, None);
    }

    /// Tells every running turn that something else computes, but the one that has told it itself.
    fn tell(&self, change: Option<BackendChange>, told: Option<SessionId>) {
        let Some(change) = change else { return };
        tracing::warn!(from = change.from, to = change.to, reason = change.reason, "something else computes");
        *self.executing.lock().unwrap_or_else(PoisonError::into_inner) = change.to.clone();
        for (id, open) in &self.sessions {
            if let Some(Task::Turn(turn)) = open.task.as_ref().filter(|_| told != Some(*id)) {
                turn.tell_change(&change);
            }
        }
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Open { session, setup, messages, shared } => {
                let conversation = self.engine.resume(setup, messages);
                let mut open = Open { conversation, shared, task: None, unsaved: false, unread: true };
                open.load(&mut self.engine);
                self.insert(session, open);
            }
            Job::Start { session, prompt, options, policy, mut ticket } => {
                self.interrupt(session);
                let Some(open) = self.sessions.get_mut(&session) else {
                    return ticket.end(Err(SdkError::SessionClosed));
                };
                open.load(&mut self.engine);
                let request = (options, policy, ticket);
                let Open { conversation, task, .. } = open;
                *task =
                    Turn::begin(&mut self.engine, conversation, prompt, request).map(|turn| Task::Turn(Box::new(turn)));
                self.enqueue(session);
            }
            Job::Prewarm { session, prefix } => self.prewarm(session, &prefix),
            Job::Fork { from, to, shared } => {
                let Some(open) = self.sessions.get_mut(&from) else { return };
                open.load(&mut self.engine);
                match self.engine.fork(&open.conversation) {
                    Ok(conversation) => {
                        let fork = Open { conversation, shared, task: None, unsaved: false, unread: false };
                        self.insert(to, fork);
                    }
                    Err(error) => tracing::error!(%error, "a session could not be forked"),
                }
            }
            Job::Reset { session } => {
                self.interrupt(session);
                if let Some(open) = self.sessions.get_mut(&session) {
                    self.engine.reset(&mut open.conversation);
                    open.shared.lock().resets -= 1;
                    open.publish(&self.engine);
                    open.keep();
                }
            }
            Job::Save { session, copy } => {
                let open = self.sessions.get_mut(&session).ok_or(SdkError::SessionClosed);
                let outcome = open.and_then(|open| {
                    open.load(&mut self.engine);
                    copy.write(&self.engine, &open.conversation)
                });
                copy.answer.tell(outcome);
            }
            Job::Wake { session } => self.enqueue(session),
            Job::Close { session } => self.close(session, SdkError::SessionClosed),
            Job::Background(background) => {
                self.engine.set_background(background);
                let change = self.engine.take_change();
                self.tell(change, None);
            }
            Job::Pause(pause) => {
                self.paused = pause;
                self.sessions.values().filter_map(Open::turn).for_each(Turn::flush);
            }
            Job::ThreadShare(share) => {
                self.thread_share = share;
                self.engine.set_thread_share(share);
                let now = self.engine.executor().describe();
                *self.executing.lock().unwrap_or_else(PoisonError::into_inner) = now;
            }
            Job::DropCaches(which) => self.drop_caches(which),
            Job::Unload => {}
        }
    }

    fn drop_caches(&mut self, which: IdleCaches) {
        for open in self.sessions.values_mut().filter(|open| open.task.is_none()) {
            match &open.shared.saved {
                Some(saved) if open.unsaved => {
                    saved.save_blocks(&self.engine, &open.conversation, &mut || true);
                }
                None if which != IdleCaches::DropAll => continue,
                _ => {}
            }
            self.engine.recover(&mut open.conversation);
            // What the cache holds no longer is not to go from the folder too.
            open.unsaved = false;
            open.unread = true;
        }
    }

    fn insert(&mut self, session: SessionId, open: Open) {
        open.publish(&self.engine);
        self.sessions.insert(session, open);
    }

    /// Puts a session that has something to compute at the end of the queue.
    fn enqueue(&mut self, session: SessionId) {
        let has_task = self.sessions.get(&session).is_some_and(|open| open.task.is_some());
        if has_task && !self.queue.contains(&session) {
            self.queue.push_back(session);
        }
    }

    /// Ends what a session computes: a turn as cancelled; what was prewarmed stays.
    fn interrupt(&mut self, session: SessionId) {
        let Some(open) = self.sessions.get_mut(&session) else { return };
        match open.task.take() {
            Some(Task::Turn(mut turn)) => turn.stop(&mut self.engine, &mut open.conversation, Stop::Cancelled),
            Some(Task::Prewarm) => self.engine.abandon(&mut open.conversation),
            None => {}
        }
    }

    fn close(&mut self, session: SessionId, reason: SdkError) {
        let Some(mut open) = self.sessions.remove(&session) else { return };
        if let Some(Task::Turn(mut turn)) = open.task.take() {
            turn.stop(&mut self.engine, &mut open.conversation, Stop::Failed(reason));
        }
        self.engine.close(open.conversation);
        if let Some(saved) = &open.shared.saved {
            saved.close();
        }
    }

    /// Starts to fill the cache of a session that has nothing else to do.
    fn prewarm(&mut self, session: SessionId, prefix: &str) {
        let Some(open) = self.sessions.get_mut(&session) else { return };
        if matches!(open.task, Some(Task::Turn(_))) {
            return;
        }
        self.engine.abandon(&mut open.conversation);
        open.load(&mut self.engine);
        match self.engine.prewarm(&mut open.conversation, prefix) {
            Ok(()) => open.task = Some(Task::Prewarm),
            Err(error) => {
                open.task = None;
                tracing::warn!(%error, "nothing was prewarmed");
            }
        }
        self.enqueue(session);
    }

    /// The place in the queue of what is served next: the first one, and in a pause only what is to end.
    fn next(&self) -> Option<usize> {
        let is_cancelled = |id| self.sessions.get(id).and_then(Open::turn).is_some_and(Turn::is_cancelled);
        self.queue.iter().position(|id| !self.paused || is_cancelled(id))
    }

    /// One step of the session whose turn it is.
    fn serve_next(&mut self) {
        let Some(session) = self.next().and_then(|place| self.queue.remove(place)) else { return };
        let Some(open) = self.sessions.get_mut(&session) else { return };
        let Some(mut task) = open.task.take() else { return };
        let (engine, conversation) = (&mut self.engine, &mut open.conversation);
        let next = catch_unwind(AssertUnwindSafe(|| match &mut task {
            Task::Turn(turn) => turn.step(engine, conversation),
            Task::Prewarm => match engine.step(conversation) {
                Ok(EngineEvent::Finished(_)) | Err(_) => Next::Over,
                Ok(_) => Next::Step,
            },
        }));
        let next = next.unwrap_or_else(|panic| {
            let error = panic_error(&*panic);
            tracing::error!(%error, "a turn ended in a panic");
            self.engine.recover(&mut open.conversation);
            if let Task::Turn(turn) = &mut task {
                turn.stop(&mut self.engine, &mut open.conversation, Stop::Failed(error));
            }
            Next::Over
        });
        let change = match &mut task {
            Task::Turn(turn) => turn.change.take(),
            Task::Prewarm => self.engine.take_change(),
        };
        match next {
            Next::Over => open.unsaved = true,
            Next::Step | Next::Wait => open.task = Some(task),
        }
        if next == Next::Step {
            self.queue.push_back(session);
        }
        self.tell(change, Some(session));
        for session in &self.queue {
            if let Some(turn) = self.sessions.get(session).and_then(Open::turn) {
                turn.tick();
            }
        }
    }
}

impl Open {
    fn turn(&self) -> Option<&Turn> {
        match &self.task {
            Some(Task::Turn(turn)) => Some(turn),
            _ => None,
        }
    }

    /// Fills a cache that was given back, or never filled, with what the session's folder holds of it.
    fn load(&mut self, engine: &mut Engine) {
        let Some(saved) = self.shared.saved.as_ref().filter(|_| std::mem::take(&mut self.unread)) else { return };
        if let Err(error) = saved.load_blocks(engine, &mut self.conversation) {
            tracing::warn!(%error, "keys and values could not be restored; they are computed anew");
        }
    }

    /// Writes down what the conversation holds while no turn runs.
    fn keep(&self) {
        if let Some(saved) = &self.shared.saved
            && let Err(error) = saved.commit(self.conversation.messages())
        {
            tracing::warn!(%error, "the session's folder is behind; its next turn tries again");
        }
    }

    /// Tells the app what the conversation holds while no turn runs.
    fn publish(&self, engine: &Engine) {
        let tokens = engine.tokens(&self.conversation).map_or(0, |tokens| tokens as u64);
        self.shared.publish(self.conversation.messages(), tokens);
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    reason = "a test fails by panicking; the fake serves other suites too"
)]
mod tests;
