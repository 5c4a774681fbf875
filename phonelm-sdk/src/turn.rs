//! One turn of a session on the inference thread: the model's passes, the tools between them, and what stays of it.
//!
//! A pass that does not end well leaves no trace, but what a tool gave is written down before anything else: what ran is
//! never undone or repeated.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use phonelm_engine::{
    Conversation, Dropped, Engine, Event as EngineEvent, FinishReason as EngineFinish, GenerateOptions, Input,
    Response as EngineResponse, ToolCall as EngineCall, ToolResult,
};
use phonelm_model::BackendChange;

use crate::{
    Event, FinishReason, OverflowPolicy, Response, SdkError, Statistics, ToolCall,
    generation::Control,
    logger::TEXT,
    options::Resolved,
    session::{Policy, Shared},
    transcript::{call_id, count_calls},
};

/// What the model reads of a call that did not run because the session's folder could not be written to.
const NOT_KEPT: &str = r#"{"error":"not done: it could not be written down"}"#;

/// The inference thread's end of a generation. Dropped without an outcome, it tells that the model is gone.
pub(crate) struct Ticket {
    control: Arc<Control>,
    shared: Arc<Shared>,
    asked: Instant,
    ended: bool,
}

impl Ticket {
    pub(crate) fn new(control: Arc<Control>, shared: Arc<Shared>) -> Self {
        Self { control, shared, asked: Instant::now(), ended: false }
    }

    /// Frees the session for the next request and tells the outcome. Only the first outcome counts.
    pub(crate) fn end(&mut self, outcome: Result<Response, SdkError>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let mut state = self.shared.lock();
        if state.running.as_ref().is_some_and(|running| Arc::ptr_eq(running, &self.control)) {
            state.running = None;
        }
        drop(state);
        match &outcome {
            Ok(Response { finish, statistics, .. }) => tracing::debug!(?finish, ?statistics, "generation ended"),
            Err(error) => tracing::warn!(%error, "generation failed"),
        }
        self.control.end(outcome);
    }

    /// Writes down what the conversation holds now, if the session is kept in a folder.
    fn keep(&self, conversation: &Conversation) -> Result<(), SdkError> {
        self.shared.saved.as_ref().map_or(Ok(()), |saved| saved.commit(conversation.messages()))
    }

    /// Tells the app what the conversation holds now.
    fn publish(&self, conversation: &Conversation) {
        self.shared.publish(conversation.messages(), conversation.cached().len() as u64);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.end(Err(SdkError::ModelUnloaded));
    }
}

/// Whether a turn can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// At once.
    Step,
    /// Once its tool calls are answered.
    Wait,
    /// It is over.
    Over,
}

/// How a turn ends before its time.
pub(crate) enum Stop {
    /// The app cancelled it.
    Cancelled,
    /// Something went wrong.
    Failed(SdkError),
}

/// A running turn.
pub(crate) struct Turn {
    ticket: Ticket,
    options: Resolved,
    policy: Policy,
    waiting: bool,
    /// Answers of this turn that called tools.
    rounds: usize,
    /// Results that the running pass started from; they outlive it.
    results: Vec<ToolResult>,
    /// Turns that made room for the running pass; they come back if it fails.
    dropped: Option<Dropped>,
    /// Messages before the running pass.
    before: usize,
    /// Bytes of the running pass's text that the app has been told.
    told: usize,
    /// From the request to the first pass.
    queued: Duration,
    text: String,
    passes: Vec<phonelm_engine::Stats>,
    /// A change of what computes that this turn has told its app, and nobody else yet.
    pub(crate) change: Option<BackendChange>,
}

impl Turn {
    /// Starts a turn with what the user says. `None` if it is over already.
    pub(crate) fn begin(
        engine: &mut Engine,
        conversation: &mut Conversation,
        prompt: String,
        (options, policy, ticket): (Resolved, Policy, Ticket),
    ) -> Option<Self> {
        let mut turn = Self {
            queued: ticket.asked.elapsed(),
            ticket,
            options,
            policy,
            waiting: false,
            rounds: 0,
            results: Vec::new(),
            dropped: None,
            before: 0,
            told: 0,
            text: String::new(),
            passes: Vec::new(),
            change: None,
        };
        tracing::debug!(target: TEXT, prompt);
        match turn.begin_pass(engine, conversation, Input::User(prompt)) {
            Ok(()) => Some(turn),
            Err(error) => {
                turn.stop(engine, conversation, Stop::Failed(error));
                None
            }
        }
    }

    fn begin_pass(
        &mut self,
        engine: &mut Engine,
        conversation: &mut Conversation,
        input: Input,
    ) -> Result<(), SdkError> {
        self.told = 0;
        self.make_room(engine, conversation, &input)?;
        self.before = conversation.messages().len();
        let drawn: usize = self.passes.iter().map(|pass| pass.generated_tokens).sum();
        let grammar = self.options.grammar.as_ref();
        let options = GenerateOptions {
            sampler: self.options.sampler.clone(),
            max_tokens: self.options.max_tokens.map(|most| most.saturating_sub(drawn).max(1)),
            stop: self.options.stop.clone(),
            mask: grammar.map(|grammar| engine.constraint(grammar)).transpose()?,
            exact_calls: true,
            keep_partial: self.options.keep_partial,
        };
        Ok(engine.begin(conversation, input, options)?)
    }

    /// Drops the oldest turns if the session's policy says so and the prompt leaves too little room.
    fn make_room(
        &mut self,
        engine: &mut Engine,
        conversation: &mut Conversation,
        input: &Input,
    ) -> Result<(), SdkError> {
        let OverflowPolicy::DropOldest { keep_share } = self.policy.overflow else { return Ok(()) };
        let context = engine.context();
        let room = self.options.max_tokens.unwrap_or(context / 8).clamp(1, context.div_ceil(2));
        if engine.prompt(conversation, input)?.ids.len() + room <= context {
            return Ok(());
        }
        let most = ((context as f64 * keep_share) as usize).min(context - room);
        let dropped = engine.drop_oldest(conversation, input, most)?;
        if dropped.turns > 0 {
            let (turns, tokens) = (dropped.turns as u64, dropped.tokens as u64);
            tracing::info!(turns, tokens, "the context was full: the oldest turns were dropped");
            self.ticket.control.mailbox.put(Ok(Event::ContextDropped { turns, tokens }));
            self.dropped = Some(dropped);
        }
        Ok(())
    }

    /// Computes a batch of the prompt or a token of the answer.
    pub(crate) fn step(&mut self, engine: &mut Engine, conversation: &mut Conversation) -> Next {
        match self.try_step(engine, conversation) {
            Ok(next) => next,
            Err(error) => {
                self.stop(engine, conversation, Stop::Failed(error));
                Next::Over
            }
        }
    }

    fn try_step(&mut self, engine: &mut Engine, conversation: &mut Conversation) -> Result<Next, SdkError> {
        if self.is_cancelled() {
            self.stop(engine, conversation, Stop::Cancelled);
            return Ok(Next::Over);
        }
        if self.waiting {
            if !self.ticket.control.is_answered() {
                return Ok(Next::Wait);
            }
            self.waiting = false;
            self.results = self.ticket.control.take_results();
            self.begin_pass(engine, conversation, Input::ToolResults(self.results.clone()))?;
            return Ok(Next::Step);
        }
        let event = engine.step(conversation);
        if let Some(change) = engine.take_change() {
            self.tell_change(&change);
            self.change = Some(change);
        }
        match event? {
            EngineEvent::Text(text) => {
                self.tell(text);
                Ok(Next::Step)
            }
            EngineEvent::Finished(response) => Ok(self.end_pass(engine, conversation, response)),
            EngineEvent::BadCall(error) => {
                tracing::warn!(%error, "the model wrote a call that cannot be read");
                Ok(Next::Step)
            }
            EngineEvent::Prefill { .. } | EngineEvent::Token | EngineEvent::Call(_) => Ok(Next::Step),
        }
    }

    fn tell(&mut self, text: String) {
        self.told += text.len();
        self.ticket.control.mailbox.put(Ok(Event::Text { text }));
    }

    /// Takes a pass that ended well; the conversation holds it now.
    fn end_pass(&mut self, engine: &mut Engine, conversation: &mut Conversation, response: EngineResponse) -> Next {
        if let Err(error) = self.ticket.keep(conversation) {
            engine.take_back_messages(conversation, self.before);
            self.stop(engine, conversation, Stop::Failed(error));
            return Next::Over;
        }
        self.results.clear();
        self.dropped = None;
        self.ticket.publish(conversation);
        let finish = self.add(&response);
        if response.finish != EngineFinish::ToolCalls {
            self.ticket.end(Ok(self.response(finish)));
            return Next::Over;
        }
        let first = count_calls(conversation.messages()) - response.answer.calls.len();
        let calls = response.answer.calls.iter().zip(first..).map(|(call, number)| ToolCall {
            call_id: call_id(number),
            name: call.name.clone(),
            arguments_json: serde_json::Value::Object(call.arguments.clone()).to_string(),
        });
        let control = &self.ticket.control;
        let goes_on = self.policy.rules.may_go_on(self.rounds);
        if let Err(error) = control.wait_for(calls.collect(), self.policy.rules.clone(), !goes_on) {
            let not_run = |call: &EngineCall| ToolResult { name: call.name.clone(), content: NOT_KEPT.into() };
            self.results = response.answer.calls.iter().map(not_run).collect();
            self.stop(engine, conversation, Stop::Failed(error));
            return Next::Over;
        }
        if !goes_on {
            engine.record_results(conversation, control.take_results());
            let kept = self.ticket.keep(conversation);
            self.ticket.publish(conversation);
            self.ticket.end(kept.map(|()| self.response(FinishReason::ToolLimit)));
            return Next::Over;
        }
        self.waiting = true;
        self.rounds += 1;
        // Refused calls have their outcome already.
        if control.is_answered() { Next::Step } else { Next::Wait }
    }

    /// Adds a pass to the outcome.
    fn add(&mut self, response: &EngineResponse) -> FinishReason {
        tracing::debug!(target: TEXT, answer = response.answer.raw);
        self.text.push_str(&response.answer.text);
        self.passes.push(response.stats);
        match response.finish {
            EngineFinish::Stop | EngineFinish::ToolCalls => FinishReason::Stop,
            EngineFinish::Length => FinishReason::Length,
            EngineFinish::ContextFull => FinishReason::ContextFull,
            EngineFinish::Constraint => FinishReason::Constraint,
            EngineFinish::Cancelled => FinishReason::Cancelled,
        }
    }

    fn response(&self, finish: FinishReason) -> Response {
        let sum = |count: fn(&phonelm_engine::Stats) -> usize| self.passes.iter().map(count).sum::<usize>() as u64;
        let first = self.passes.first().map_or(Duration::ZERO, |pass| pass.first_token);
        let seconds: f64 =
            self.passes.iter().map(|pass| pass.total.saturating_sub(pass.first_token).as_secs_f64()).sum();
        let decoded = sum(|pass| pass.generated_tokens.saturating_sub(1));
        Response {
            text: self.text.clone(),
            finish,
            statistics: Statistics {
                prompt_tokens: sum(|pass| pass.prompt_tokens),
                cached_tokens: sum(|pass| pass.cached_tokens),
                generated_tokens: sum(|pass| pass.generated_tokens),
                seconds_to_first_token: (self.queued + first).as_secs_f64(),
                tokens_per_second: if seconds > 0.0 { decoded as f64 / seconds } else { 0.0 },
            },
        }
    }

    /// Ends the turn. The running pass leaves no trace, unless it was cancelled and is to be kept; results of tools are
    /// written down, and calls without one are marked as unknown.
    pub(crate) fn stop(&mut self, engine: &mut Engine, conversation: &mut Conversation, stop: Stop) {
        if self.waiting {
            self.results = self.ticket.control.take_results();
        }
        let before = conversation.messages().len();
        let outcome = match stop {
            Stop::Cancelled => {
                if let Some(response) = engine.cancel(conversation) {
                    self.tell_rest(&response.answer.text);
                    self.add(&response);
                }
                Ok(self.response(FinishReason::Cancelled))
            }
            Stop::Failed(error) => {
                engine.abandon(conversation);
                Err(error)
            }
        };
        if conversation.messages().len() == before {
            if let Some(dropped) = self.dropped.take() {
                engine.put_back(conversation, dropped);
            }
            engine.record_results(conversation, std::mem::take(&mut self.results));
        }
        let kept = self.ticket.keep(conversation);
        self.ticket.publish(conversation);
        self.ticket.end(outcome.and_then(|response| kept.map(|()| response)));
    }

    /// Tells what was held back when an answer was cancelled.
    fn tell_rest(&mut self, text: &str) {
        if let Some(rest) = text.get(self.told..).filter(|rest| !rest.is_empty()) {
            self.tell(rest.to_owned());
        }
    }

    /// Tells that something else computes.
    pub(crate) fn tell_change(&self, change: &BackendChange) {
        let BackendChange { from, to, reason } = change.clone();
        self.ticket.control.mailbox.put(Ok(Event::BackendChanged { from, to, reason }));
    }

    /// Whether the app wants it to end.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.ticket.control.is_cancelled()
    }

    /// Gives all text that waits to whoever waits for it, since no more may come for a while.
    pub(crate) fn flush(&self) {
        self.ticket.control.mailbox.flush();
    }

    /// Gives text that has waited long enough to whoever waits for it.
    pub(crate) fn tick(&self) {
        self.ticket.control.mailbox.tick();
    }
}
