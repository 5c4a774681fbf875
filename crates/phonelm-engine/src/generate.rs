//! One turn: prompt in, answer out, a step at a time.
//!
//! [`Engine::begin`] renders the prompt and keeps of the cache what the prompt begins with; [`Engine::step`] computes
//! one batch of the prompt or one token of the answer and tells what came of it, so that one thread can serve several
//! conversations in turns. A turn is a transaction: messages enter the conversation when it ends well; after an error
//! or [`Engine::cancel`] the conversation stands where it stood.
//!
//! The trap: events may wait after the last token is drawn; a turn is over with [`Event::Finished`], not before.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::Instant;

use phonelm_model::LogitsFor;

use crate::conversation::{Answer, Conversation, Message, ToolResult};
use crate::draft::{Draft, Drafter};
use crate::engine::{Engine, Row};
use crate::prompt::Prompt;
use crate::sampler::{Sampler, SamplerOptions, TokenMask};
use crate::text::TextStream;
use crate::tools::CallParser;
use crate::{Error, Tokenizer};

mod response;
mod turn;

pub use response::{Event, FinishReason, Response, Stats};
use turn::Purpose;
pub(crate) use turn::Turn;

/// What a turn starts with.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The user says something.
    User(String),
    /// Called tools gave these, in the order of the calls.
    ToolResults(Vec<ToolResult>),
    /// Token ids to go on from, without chat template; such a turn leaves no message in the conversation.
    Ids(Vec<u32>),
}

impl Input {
    /// As messages of a conversation; none for ids.
    pub(crate) fn messages(&self) -> Vec<Message> {
        match self {
            Self::User(text) => vec![Message::User(text.clone())],
            Self::ToolResults(results) => results.iter().cloned().map(Message::ToolResult).collect(),
            Self::Ids(_) => Vec::new(),
        }
    }
}

/// How an answer is made.
#[derive(Default)]
pub struct GenerateOptions {
    /// How tokens are drawn.
    pub sampler: SamplerOptions,
    /// Most tokens of the answer; as many as the context holds if absent.
    pub max_tokens: Option<usize>,
    /// Texts that end the answer and are no part of it.
    pub stop: Vec<String>,
    /// Decides which tokens may come next; [`Engine::constraint`] makes one from a grammar.
    pub mask: Option<Box<dyn TokenMask>>,
    /// Whether calls of the offered tools must follow their schemas: names, arguments, types and form. Text stays free, or
    /// under the mask: an answer is then either calls or text that the mask allows, never both.
    pub exact_calls: bool,
    /// Whether a cancelled turn enters the conversation with what was said so far.
    pub keep_partial: bool,
}

/// Characters of the prompt's end that an answer remembers: enough to know the place again.
const REMEMBERED: usize = 32;

fn last_chars(text: &str, count: usize) -> &str {
    let start = text.char_indices().rev().nth(count.saturating_sub(1)).map_or(0, |(at, _)| at);
    &text[start..]
}

impl Engine {
    /// The prompt that a turn would start with.
    pub fn prompt(&self, conversation: &Conversation, input: &Input) -> Result<Prompt, Error> {
        if let Input::Ids(ids) = input {
            let text = self.tokenizer().map(|tokenizer| tokenizer.decode(ids)).unwrap_or_default();
            return Ok(Prompt { text, ids: ids.clone() });
        }
        self.render(&conversation.setup, &conversation.messages, &input.messages(), true)
    }

    /// Starts a turn; [`Self::step`] carries it on.
    ///
    /// Errors leave the conversation as it was: a turn is running already, options out of range, a prompt that does not
    /// fit into the context, a template that refuses, tools without a tool format.
    pub fn begin(
        &mut self,
        conversation: &mut Conversation,
        input: Input,
        options: GenerateOptions,
    ) -> Result<(), Error> {
        if conversation.turn.is_some() {
            return Err(Error::TurnRunning);
        }
        let offered = !conversation.setup.tools.is_empty();
        let format = if offered { Some(self.tool_format().ok_or(Error::NoToolFormat)?) } else { None };
        let sampler = Sampler::new(options.sampler.clone(), self.vocab())?;
        let mut parser = format.map(CallParser::new);
        let mut options = options;
        if let (true, Some(format)) = (options.exact_calls, format) {
            let tools = &conversation.setup.tools;
            options.mask = Some(match options.mask {
                None => self.exact_calls(format, tools)?,
                Some(text) => {
                    parser = Some(CallParser::of_calls_or_text(format));
                    self.calls_or(format, tools, text)?
                }
            });
        }
        let prompt = self.prompt(conversation, &input)?;
        let purpose = if matches!(input, Input::Ids(_)) { Purpose::Ids } else { Purpose::Chat };
        self.start(conversation, purpose, prompt, input.messages(), sampler, parser, options)
    }

    /// Starts to fill the cache with what the next prompt will begin with: all that was said, and a user's message that
    /// begins with `prefix`. [`Self::step`] carries it on; it ends without an answer and leaves no message.
    pub fn prewarm(&mut self, conversation: &mut Conversation, prefix: &str) -> Result<(), Error> {
        if conversation.turn.is_some() {
            return Err(Error::TurnRunning);
        }
        let new = [Message::User(prefix.to_owned())];
        let prompt = self.render(&conversation.setup, &conversation.messages, &new, false)?;
        let options = GenerateOptions { max_tokens: Some(0), ..GenerateOptions::default() };
        let sampler = Sampler::new(SamplerOptions::default(), self.vocab())?;
        self.start(conversation, Purpose::Prewarm, prompt, Vec::new(), sampler, None, options)
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of a turn, each made by its caller")]
    fn start(
        &mut self,
        conversation: &mut Conversation,
        purpose: Purpose,
        Prompt { text, ids: prompt }: Prompt,
        input: Vec<Message>,
        sampler: Sampler,
        parser: Option<CallParser>,
        options: GenerateOptions,
    ) -> Result<(), Error> {
        if prompt.is_empty() {
            return Err(Error::PromptEmpty);
        }
        if prompt.len() >= self.context() {
            return Err(Error::PromptTooLong { tokens: prompt.len(), context: self.context() });
        }
        let common = prompt.iter().zip(&conversation.cached).take_while(|(a, b)| a == b).count();
        let kept = self.executor.truncate(conversation.cache, common.min(prompt.len() - 1))?;
        conversation.cached.truncate(kept);
        let chat = purpose == Purpose::Chat;
        let shows_marks = parser.is_some() || options.mask.is_some();
        let format = self.tool_format().filter(|_| shows_marks);
        conversation.turn = Some(Box::new(Turn {
            stats: Stats { prompt_tokens: prompt.len(), cached_tokens: kept, ..Stats::default() },
            input,
            purpose,
            prompt,
            kept,
            sampler,
            mask: options.mask,
            needs_all: false,
            keep_partial: options.keep_partial,
            max_tokens: options.max_tokens.unwrap_or(usize::MAX),
            text: TextStream::new(&options.stop),
            parser,
            shown_marks: format.map_or(&[], |format| format.marks()),
            strip_space: chat && self.tokenizer().is_ok_and(Tokenizer::strips_first_space),
            answer: Answer { after: last_chars(&text, REMEMBERED).into(), ..Answer::default() },
            drafter: Drafter::new(),
            events: VecDeque::new(),
            started: Instant::now(),
        }));
        Ok(())
    }

    /// Computes until there is something to tell: at most one batch of the prompt, or one token and those drafted after it.
    ///
    /// After an error the turn is over and the conversation stands where it stood before it.
    pub fn step(&mut self, conversation: &mut Conversation) -> Result<Event, Error> {
        let mut turn = conversation.turn.take().ok_or(Error::NoTurn)?;
        if turn.events.is_empty()
            && let Err(error) = self.advance(conversation, &mut turn)
        {
            self.roll_back(conversation, &turn);
            return Err(error);
        }
        let event = turn.events.pop_front().unwrap_or(Event::Token);
        if let Event::Finished(response) = &event {
            self.commit(conversation, &mut turn, response);
        } else {
            conversation.turn = Some(turn);
        }
        Ok(event)
    }

    /// Ends a running turn and returns what was said so far, which enters the conversation only if the turn's options
    /// say so. `None` if no turn is running.
    pub fn cancel(&mut self, conversation: &mut Conversation) -> Option<Response> {
        let mut turn = conversation.turn.take()?;
        turn.end(FinishReason::Cancelled);
        let last = turn.events.pop_back();
        let Some(Event::Finished(response)) = last else {
            self.roll_back(conversation, &turn);
            return None;
        };
        if turn.keep_partial && !turn.answer.raw.is_empty() {
            self.commit(conversation, &mut turn, &response);
        } else {
            self.roll_back(conversation, &turn);
        }
        Some(response)
    }

    /// Ends a running turn without keeping anything of it; what was prewarmed stays in the cache.
    pub fn abandon(&mut self, conversation: &mut Conversation) {
        if let Some(turn) = conversation.turn.take() {
            self.roll_back(conversation, &turn);
        }
    }

    /// A whole turn; `on_event` is told of each step and ends the turn with [`ControlFlow::Break`].
    pub fn respond(
        &mut self,
        conversation: &mut Conversation,
        input: Input,
        options: GenerateOptions,
        mut on_event: impl FnMut(&Event) -> ControlFlow<()>,
    ) -> Result<Response, Error> {
        self.begin(conversation, input, options)?;
        loop {
            let event = self.step(conversation)?;
            let flow = on_event(&event);
            if let Event::Finished(response) = event {
                return Ok(response);
            }
            if flow.is_break() {
                return self.cancel(conversation).ok_or(Error::NoTurn);
            }
        }
    }

    fn advance(&mut self, conversation: &mut Conversation, turn: &mut Turn) -> Result<(), Error> {
        if conversation.cached.len() < turn.prompt.len() {
            self.prefill(conversation, turn)
        } else {
            self.decode(conversation, turn)
        }
    }

    /// One batch of the prompt; after the last one, the first token.
    fn prefill(&mut self, conversation: &mut Conversation, turn: &mut Turn) -> Result<(), Error> {
        let (done, total) = (conversation.cached.len(), turn.prompt.len());
        let end = total.min(done + self.executor.prefill_batch());
        let batch = turn.prompt.get(done..end).unwrap_or_default();
        let wanted = if end == total && turn.max_tokens > 0 { LogitsFor::Last } else { LogitsFor::None };
        let _span = tracing::debug_span!("forward", pass = "prefill", tokens = batch.len()).entered();
        // What is drawn from the prompt's last logits is not computed again, so they have to be enough.
        let enough = if turn.mask.as_ref().is_some_and(|mask| !mask.is_free()) { None } else { turn.enough() };
        let scores = self.forward_scores(conversation.cache, batch, wanted, enough)?;
        conversation.cached.extend_from_slice(batch);
        turn.events.push_back(Event::Prefill { done: end, total });
        if let Some(row) = scores.rows().last() {
            self.draw(conversation, turn, *row)?;
        } else if end == total {
            turn.end(FinishReason::Length);
        }
        Ok(())
    }

    /// One pass over the last token and what is drafted after it; as many tokens as the draft had right, and one more.
    fn decode(&mut self, conversation: &mut Conversation, turn: &mut Turn) -> Result<(), Error> {
        let last = turn.answer.ids.get(conversation.cached.len() - turn.prompt.len()).copied().ok_or(Error::NoTurn)?;
        let draft = self.draft(conversation, turn, last);
        let checked = draft.as_ref().map_or(0, |draft| turn.drafter.worth(draft, &self.pace));
        let drafted = draft.as_ref().map_or(&[][..], |draft| &draft.tokens[..checked]);
        let batch = [&[last], drafted].concat();
        let _span = tracing::debug_span!("forward", pass = "decode", tokens = batch.len()).entered();
        let start = Instant::now();
        let scores = self.forward_scores(conversation.cache, &batch, LogitsFor::All, turn.enough())?;
        self.pace.note(batch.len(), start.elapsed().as_secs_f64());
        turn.needs_all = false;
        for (row, (index, &token)) in scores.rows().into_iter().zip(batch.iter().enumerate()) {
            conversation.cached.push(token);
            let drawn = self.draw(conversation, turn, row)?;
            if turn.needs_all {
                // The token is computed again, with all logits.
                conversation.cached.pop();
                break;
            }
            turn.stats.drafted_tokens += usize::from(index > 0);
            let Some(drawn) = drawn else { break };
            let Some(draft) = &draft else { break };
            let Some(&foretold) = draft.tokens.get(index) else { break };
            turn.drafter.learn(draft, drawn == foretold);
            if drawn != foretold {
                break;
            }
        }
        self.take_back(conversation)
    }

    /// What may follow `last`, as far as the answer and the context have room for it.
    fn draft(&self, conversation: &Conversation, turn: &mut Turn, last: u32) -> Option<Draft> {
        if !self.drafts {
            return None;
        }
        let forced = turn.mask.as_mut().and_then(|mask| Draft::forced(mask.forced()));
        let mut draft = forced.or_else(|| turn.drafter.look_up(&conversation.cached, last))?;
        let answer = turn.max_tokens.saturating_sub(turn.stats.generated_tokens + 1);
        let context = self.context().saturating_sub(conversation.cached.len() + 1);
        draft.tokens.truncate(answer.min(context));
        Some(draft)
    }

    /// Takes what was drafted and not drawn out of the cache.
    fn take_back(&mut self, conversation: &Conversation) -> Result<(), Error> {
        let (cache, cached) = (conversation.cache, conversation.cached.len());
        if self.executor.len(cache)? > cached {
            let kept = self.executor.truncate(cache, cached)?;
            if let Some(lost @ [_, ..]) = conversation.cached.get(kept..) {
                self.forward(cache, lost, LogitsFor::None)?;
            }
        }
        Ok(())
    }

    /// Draws a token and takes it into the answer; `None` if the answer ends there, or if all logits are needed.
    fn draw(&self, conversation: &Conversation, turn: &mut Turn, row: Row<'_>) -> Result<Option<u32>, Error> {
        let mask = turn.mask.as_mut().map(|mask| &mut **mask as &mut dyn TokenMask);
        let drawn = match row {
            Row::All(logits) => turn.sampler.sample(logits, &conversation.cached, mask).map(Some),
            Row::Best(best) => turn.sampler.sample_best(best, mask),
        };
        match drawn {
            Ok(None) => {
                turn.needs_all = true;
                Ok(None)
            }
            Ok(Some(token)) => {
                self.take(conversation, turn, token);
                let is_over = matches!(turn.events.back(), Some(Event::Finished(_)));
                Ok((!is_over).then_some(token))
            }
            Err(Error::NothingAllowed { .. }) => {
                turn.end(FinishReason::Constraint);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Takes a drawn token into the answer.
    fn take(&self, conversation: &Conversation, turn: &mut Turn, token: u32) {
        if turn.stats.generated_tokens == 0 {
            turn.stats.first_token = turn.started.elapsed();
        }
        turn.stats.generated_tokens += 1;
        let tokenizer = self.tokenizer().ok();
        if tokenizer.is_some_and(|tokenizer| tokenizer.stops().contains(&token)) {
            turn.end(FinishReason::Stop);
            return;
        }
        turn.answer.ids.push(token);
        if let Some(tokenizer) = tokenizer {
            let shown = turn.shown(tokenizer, token);
            let text = turn.text.push(shown);
            turn.show(&text);
        }
        if turn.text.stopped() {
            turn.end(FinishReason::Stop);
        } else if turn.stats.generated_tokens >= turn.max_tokens {
            turn.end(FinishReason::Length);
        } else if conversation.cached.len() >= self.context() {
            turn.end(FinishReason::ContextFull);
        }
    }

    fn commit(&mut self, conversation: &mut Conversation, turn: &mut Turn, response: &Response) {
        if turn.purpose == Purpose::Chat {
            conversation.messages.append(&mut turn.input);
            conversation.messages.push(Message::Answer(response.answer.clone()));
        }
    }

    /// Cuts the cache back to what it kept when the turn began; what was prewarmed stays. Where that fails, the cache and the list of what it
    /// holds still agree, and the next turn tries again.
    fn roll_back(&mut self, conversation: &mut Conversation, turn: &Turn) {
        if turn.purpose == Purpose::Prewarm {
            return;
        }
        if let Ok(kept) = self.executor.truncate(conversation.cache, turn.kept) {
            conversation.cached.truncate(kept);
        }
    }
}
