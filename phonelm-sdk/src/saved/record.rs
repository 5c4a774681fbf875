//! The records of a saved session, and the conversation that they tell when they are read one after the other.

use phonelm_engine::Message;
use serde::{Deserialize, Serialize};

use crate::{
    entry::{Entry, Reader},
    transcript::OUTCOME_UNKNOWN,
};

/// What the model reads of a call that was saved before the user had decided.
const NOT_CONFIRMED: &str = r#"{"error":"not done: nobody confirmed it"}"#;

/// What is written down.
#[derive(Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(super) enum Record {
    /// Who writes from here on.
    Opened(Writer),
    /// What was said, after the oldest messages were forgotten.
    Messages {
        #[serde(default, skip_serializing_if = "is_zero")]
        forgotten: usize,
        entries: Vec<Entry>,
    },
    /// A call of the last answer, by its place, is about to run.
    CallStarted { call: usize },
    /// What the model reads of it.
    CallEnded { call: usize, content: String },
}

/// Who writes a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Writer {
    /// The library.
    pub(super) version: String,
    /// Fingerprint of the model, to which token ids belong.
    pub(super) model: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) instructions: Option<String>,
    /// What computes.
    pub(super) backend: String,
    /// Bytes of an element of keys and values without scales, which tells their types apart.
    pub(super) kv_element_bytes: usize,
    /// Tokens of a block of keys and values.
    pub(super) block: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What became of a call of the last answer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Call {
    Started,
    Ended(String),
}

/// Reads records.
pub(super) struct Replay<'a> {
    fingerprint: &'a str,
    reader: Reader,
    pub(super) writer: Writer,
    calls: Vec<Option<Call>>,
}

impl<'a> Replay<'a> {
    /// For the model with this fingerprint and vocabulary.
    pub(super) fn new(fingerprint: &'a str, vocab: u64) -> Self {
        Self { fingerprint, reader: Reader::new(vocab), writer: Writer::default(), calls: Vec::new() }
    }

    /// Takes the next record, or says what is wrong with it.
    pub(super) fn push(&mut self, json: &[u8]) -> Result<(), String> {
        match serde_json::from_slice(json).map_err(|error| error.to_string())? {
            Record::Opened(writer) => {
                self.reader.same_model = writer.model == self.fingerprint;
                self.writer = writer;
            }
            Record::Messages { forgotten, entries } => {
                self.reader.forget(forgotten)?;
                entries.into_iter().try_for_each(|entry| self.reader.push(entry))?;
                self.calls = vec![None; self.reader.waiting()];
            }
            Record::CallStarted { call } => *self.call(call)? = Some(Call::Started),
            Record::CallEnded { call, content } => *self.call(call)? = Some(Call::Ended(content)),
        }
        Ok(())
    }

    fn call(&mut self, index: usize) -> Result<&mut Option<Call>, String> {
        let calls = self.calls.len();
        self.calls.get_mut(index).ok_or_else(|| format!("is of call {index}, {calls} wait"))
    }

    /// Messages that were written down.
    pub(super) fn messages(&self) -> usize {
        self.reader.messages()
    }

    /// The conversation. A call that was started and did not end may have run: its outcome is unknown.
    pub(super) fn finish(self) -> Vec<Message> {
        let Self { reader, calls, .. } = self;
        reader.finish(|index| match calls.get(index) {
            Some(Some(Call::Ended(content))) => content.clone(),
            Some(Some(Call::Started)) => OUTCOME_UNKNOWN.to_owned(),
            _ => NOT_CONFIRMED.to_owned(),
        })
    }
}
