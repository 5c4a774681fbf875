//! A conversation: what has been said, and which of its tokens a cache holds.
//!
//! It changes only when a turn ends well (see [`crate::Engine::step`]); until then it stands at the last turn.

use phonelm_model::CacheId;
use serde_json::{Map, Value as Json, json};

use crate::generate::Turn;
use crate::prompt;
use crate::tools::{CallError, Tool, ToolCall};

/// What a conversation starts from.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// What the model is told before anything else (the system message).
    pub instructions: Option<String>,
    /// What it may call.
    pub tools: Vec<Tool>,
    /// Further variables of the chat template, such as `enable_thinking`.
    pub variables: Map<String, Json>,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// From the user.
    User(String),
    /// From the model.
    Answer(Answer),
    /// What a called tool gave.
    ToolResult(ToolResult),
}

/// What a called tool gave.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolResult {
    /// The tool.
    pub name: String,
    /// What the model is to read, often JSON.
    pub content: String,
}

/// An answer of the model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// What it said, without calls.
    pub text: String,
    /// What it called.
    pub calls: Vec<ToolCall>,
    /// What was to be a call and could not be read.
    pub bad_calls: Vec<CallError>,
    /// All that it wrote, calls as it wrote them.
    pub raw: String,
    /// Its token ids, without the one that ended it; none where a stop string cut the text inside a token.
    pub ids: Vec<u32>,
    /// The end of the prompt's text that it answered.
    pub after: String,
}

/// Something said and its cache. Made by [`crate::Engine::conversation`] and to be given back with
/// [`crate::Engine::close`], which frees the cache.
#[derive(Debug)]
pub struct Conversation {
    pub(crate) setup: Setup,
    pub(crate) messages: Vec<Message>,
    pub(crate) cache: CacheId,
    /// The tokens that the cache holds.
    pub(crate) cached: Vec<u32>,
    pub(crate) turn: Option<Box<Turn>>,
}

impl Conversation {
    pub(crate) fn new(setup: Setup, cache: CacheId) -> Self {
        Self { setup, messages: Vec::new(), cache, cached: Vec::new(), turn: None }
    }

    /// What it started from.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Every message of the turns that have ended.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Whether a turn is running.
    pub fn is_answering(&self) -> bool {
        self.turn.is_some()
    }

    /// The tokens that its cache holds.
    pub fn cached(&self) -> &[u32] {
        &self.cached
    }
}

/// Messages as chat templates expect them, instructions first, and the answers among them.
pub(crate) fn to_json<'a>(setup: &Setup, messages: &[&'a Message]) -> (Vec<Json>, Vec<prompt::Answer<'a>>) {
    let mut out = Vec::new();
    let mut answers = Vec::new();
    let mut calls = 0;
    let mut unanswered = 0..0;
    let id = |number: usize| format!("call{number:05}");
    out.extend(setup.instructions.as_ref().map(|text| json!({"role": "system", "content": text})));
    for message in messages {
        out.push(match message {
            Message::User(text) => json!({"role": "user", "content": text}),
            Message::ToolResult(result) => {
                let call = unanswered.next().unwrap_or(calls);
                json!({"role": "tool", "name": result.name, "tool_call_id": id(call), "content": result.content})
            }
            Message::Answer(answer) => {
                if !answer.ids.is_empty() {
                    answers.push(prompt::Answer {
                        message: out.len(),
                        raw: &answer.raw,
                        calls: &answer.calls,
                        ids: &answer.ids,
                        after: &answer.after,
                    });
                }
                unanswered = calls..calls + answer.calls.len();
                let made: Vec<Json> =
                    unanswered.clone().zip(&answer.calls).map(|(number, call)| call.to_json(&id(number))).collect();
                calls = unanswered.end;
                let content = if answer.bad_calls.is_empty() { &answer.text } else { &answer.raw };
                match made.is_empty() {
                    true => json!({"role": "assistant", "content": content}),
                    false => json!({"role": "assistant", "content": content, "tool_calls": made}),
                }
            }
        });
    }
    (out, answers)
}
