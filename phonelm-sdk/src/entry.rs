//! A message as it is written down: in the JSON of a transcript and in the log of a saved session.

use std::collections::VecDeque;

use phonelm_engine::{Answer, Message, ToolCall, ToolResult};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    PromptSegment,
    transcript::{text_of, words},
};

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Entry {
    Prompt {
        segments: Vec<PromptSegment>,
    },
    Response {
        segments: Vec<PromptSegment>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        calls: Vec<Call>,
        /// All that the model wrote, calls as it wrote them; its text where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        raw: Option<String>,
        /// What it wrote as token ids.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tokens: Vec<u32>,
        /// The end of the prompt that it answered.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        after: String,
    },
    ToolOutput {
        name: String,
        segments: Vec<PromptSegment>,
    },
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Call {
    name: String,
    arguments: Map<String, Value>,
}

impl Entry {
    pub(crate) fn of(message: &Message) -> Self {
        match message {
            Message::User(text) => Self::Prompt { segments: words(text) },
            Message::ToolResult(result) => {
                Self::ToolOutput { name: result.name.clone(), segments: words(&result.content) }
            }
            Message::Answer(answer) => Self::Response {
                segments: words(&answer.text),
                calls: answer
                    .calls
                    .iter()
                    .map(|call| Call { name: call.name.clone(), arguments: call.arguments.clone() })
                    .collect(),
                raw: (answer.raw != answer.text).then(|| answer.raw.clone()),
                tokens: answer.ids.clone(),
                after: answer.after.clone(),
            },
        }
    }
}

/// Makes messages of entries, which are checked: each call has its output, in order, before anything else is said.
pub(crate) struct Reader {
    vocab: u64,
    /// Whether the entries that come are of the model that reads them, so that its token ids hold.
    pub(crate) same_model: bool,
    messages: Vec<Message>,
    /// Tools whose calls have no output yet.
    waiting: VecDeque<String>,
}

impl Reader {
    /// For a model with so many tokens.
    pub(crate) fn new(vocab: u64) -> Self {
        Self { vocab, same_model: true, messages: Vec::new(), waiting: VecDeque::new() }
    }

    /// Forgets the first messages. What is left is whole if what goes is turns.
    pub(crate) fn forget(&mut self, count: usize) -> Result<(), String> {
        if count > self.messages.len() {
            return Err(format!("forgets {count} messages of {}", self.messages.len()));
        }
        self.messages.drain(..count);
        if self.messages.is_empty() {
            self.waiting.clear();
        }
        Ok(())
    }

    /// Takes the next entry, or says what is wrong with it.
    pub(crate) fn push(&mut self, entry: Entry) -> Result<(), String> {
        if !self.waiting.is_empty() && !matches!(entry, Entry::ToolOutput { .. }) {
            return Err(format!("comes before {} calls have their outputs", self.waiting.len()));
        }
        self.messages.push(match entry {
            Entry::Prompt { segments } => Message::User(text_of(&segments)),
            Entry::ToolOutput { name, segments } => {
                if self.waiting.pop_front().is_none() {
                    return Err("is the output of a call that was not made".to_owned());
                }
                Message::ToolResult(ToolResult { name, content: text_of(&segments) })
            }
            Entry::Response { segments, calls, raw, tokens, after } => {
                self.waiting = calls.iter().map(|call| call.name.clone()).collect();
                let text = text_of(&segments);
                let ids = if self.same_model { tokens } else { Vec::new() };
                if let Some(id) = ids.iter().find(|&&id| u64::from(id) >= self.vocab) {
                    return Err(format!("has token id {id}, the model has {} tokens", self.vocab));
                }
                let calls = calls.into_iter().map(|Call { name, arguments }| ToolCall { name, arguments }).collect();
                Message::Answer(Answer {
                    raw: raw.unwrap_or_else(|| text.clone()),
                    text,
                    calls,
                    bad_calls: Vec::new(),
                    ids,
                    after,
                })
            }
        });
        Ok(())
    }

    /// Messages so far.
    pub(crate) fn messages(&self) -> usize {
        self.messages.len()
    }

    /// Calls without an output at the end.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The messages; calls at the end that have no output get `content` for theirs, by their place among them.
    pub(crate) fn finish(mut self, content: impl Fn(usize) -> String) -> Vec<Message> {
        let outputs = self.waiting.into_iter().enumerate();
        let outputs = outputs.map(|(index, name)| Message::ToolResult(ToolResult { name, content: content(index) }));
        self.messages.extend(outputs);
        self.messages
    }
}
