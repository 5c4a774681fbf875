//! What was said in a session: for apps to show, and as JSON that a later session goes on from.
//!
//! The JSON says what the model saw, answers with the token ids that it gave, so that a session of the same model goes on
//! exactly; another model encodes the texts anew.

use phonelm_engine::Message;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    SdkError,
    entry::{Entry, Reader},
};

/// A part of a prompt, an answer or a tool's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, uniffi::Enum)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PromptSegment {
    /// Words.
    Text {
        /// The words.
        text: String,
    },
}

/// A call that the model made.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ToolCall {
    /// Names the call in its session.
    pub call_id: String,
    /// The tool.
    pub name: String,
    /// Its arguments, a JSON object.
    pub arguments_json: String,
}

/// Something that was said or done.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum TranscriptEntry {
    /// What the model was told before anything else.
    Instructions {
        /// The words.
        segments: Vec<PromptSegment>,
    },
    /// What the user said.
    Prompt {
        /// The words.
        segments: Vec<PromptSegment>,
    },
    /// What the model said.
    Response {
        /// The words.
        segments: Vec<PromptSegment>,
    },
    /// What the model called.
    ToolCalls {
        /// The calls in order.
        calls: Vec<ToolCall>,
    },
    /// What a call gave.
    ToolOutput {
        /// The call.
        call_id: String,
        /// The tool.
        tool_name: String,
        /// What the model reads.
        segments: Vec<PromptSegment>,
    },
}

/// All that was said in a session, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, uniffi::Record)]
pub struct Transcript {
    /// The entries, instructions first.
    pub entries: Vec<TranscriptEntry>,
}

/// The words of segments, joined.
pub(crate) fn text_of(segments: &[PromptSegment]) -> String {
    segments.iter().map(|PromptSegment::Text { text }| text.as_str()).collect()
}

pub(crate) fn words(text: &str) -> Vec<PromptSegment> {
    vec![PromptSegment::Text { text: text.to_owned() }]
}

/// Names the calls of a session in the order in which they were made.
pub(crate) fn call_id(number: usize) -> String {
    format!("call{number:05}")
}

/// Calls that were made in these messages.
pub(crate) fn count_calls(messages: &[Message]) -> usize {
    let calls = |message: &Message| match message {
        Message::Answer(answer) => answer.calls.len(),
        Message::User(_) | Message::ToolResult(_) => 0,
    };
    messages.iter().map(calls).sum()
}

pub(crate) fn of_session(instructions: Option<&str>, messages: &[Message]) -> Transcript {
    let mut entries = Vec::new();
    entries.extend(instructions.map(|text| TranscriptEntry::Instructions { segments: words(text) }));
    let mut calls = 0;
    let mut unanswered = 0..0;
    for message in messages {
        match message {
            Message::User(text) => entries.push(TranscriptEntry::Prompt { segments: words(text) }),
            Message::ToolResult(result) => entries.push(TranscriptEntry::ToolOutput {
                call_id: call_id(unanswered.next().unwrap_or(calls)),
                tool_name: result.name.clone(),
                segments: words(&result.content),
            }),
            Message::Answer(answer) => {
                if !answer.text.is_empty() || answer.calls.is_empty() {
                    entries.push(TranscriptEntry::Response { segments: words(&answer.text) });
                }
                unanswered = calls..calls + answer.calls.len();
                calls = unanswered.end;
                if !answer.calls.is_empty() {
                    let calls = unanswered.clone().zip(&answer.calls).map(|(number, call)| ToolCall {
                        call_id: call_id(number),
                        name: call.name.clone(),
                        arguments_json: Value::Object(call.arguments.clone()).to_string(),
                    });
                    entries.push(TranscriptEntry::ToolCalls { calls: calls.collect() });
                }
            }
        }
    }
    Transcript { entries }
}

/// The version of the JSON that is written and read.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    /// Fingerprint of the model.
    model: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instructions: Option<String>,
    entries: Vec<Entry>,
}

/// The JSON of a session of the model with this fingerprint.
pub(crate) fn write(instructions: Option<&str>, messages: &[Message], fingerprint: &str) -> Result<String, SdkError> {
    let file = File {
        version: VERSION,
        model: fingerprint.to_owned(),
        instructions: instructions.map(str::to_owned),
        entries: messages.iter().map(Entry::of).collect(),
    };
    serde_json::to_string(&file).map_err(|error| SdkError::Internal { reason: error.to_string() })
}

/// What a session goes on from.
#[derive(Debug)]
pub(crate) struct Saved {
    pub(crate) instructions: Option<String>,
    pub(crate) messages: Vec<Message>,
}

/// Reads the JSON for the model with this fingerprint and vocabulary.
pub(crate) fn read(json: &str, fingerprint: &str, vocab: u64) -> Result<Saved, SdkError> {
    let invalid = |reason: String| SdkError::TranscriptInvalid { reason };
    let file: File = serde_json::from_str(json).map_err(|error| invalid(error.to_string()))?;
    if file.version != VERSION {
        return Err(invalid(format!("it is of version {}, this library reads version {VERSION}", file.version)));
    }
    let mut reader = Reader::new(vocab);
    reader.same_model = file.model == fingerprint;
    for (index, entry) in file.entries.into_iter().enumerate() {
        reader.push(entry).map_err(|reason| invalid(format!("entry {index} {reason}")))?;
    }
    let messages = reader.finish(|_| OUTCOME_UNKNOWN.into());
    Ok(Saved { instructions: file.instructions, messages })
}

/// What the model reads of a call whose result nobody told.
pub(crate) const OUTCOME_UNKNOWN: &str = "outcome unknown";

#[cfg(test)]
mod tests {
    use phonelm_engine::{Answer, ToolCall as EngineCall, ToolResult};

    use super::*;

    fn messages() -> Vec<Message> {
        let arguments = serde_json::json!({"hour": 7}).as_object().unwrap().clone();
        let calls = vec![EngineCall { name: "set_alarm".into(), arguments }];
        vec![
            Message::User("Wake me, 山田 🌅".into()),
            Message::Answer(Answer { raw: "<tool_call>..".into(), calls, ids: vec![5, 6], ..Answer::default() }),
            Message::ToolResult(ToolResult { name: "set_alarm".into(), content: "ok".into() }),
            Message::Answer(Answer { text: "Done.".into(), raw: "Done.".into(), ids: vec![9], ..Answer::default() }),
        ]
    }

    #[test]
    fn json_restores_every_message_of_the_same_model() {
        let json = write(Some("Be brief."), &messages(), "abc").unwrap();
        let saved = read(&json, "abc", 10).unwrap();
        assert_eq!((saved.instructions.as_deref(), saved.messages), (Some("Be brief."), messages()));
    }

    #[test]
    fn another_model_takes_the_words_without_the_ids() {
        let saved = read(&write(None, &messages(), "abc").unwrap(), "other", 10).unwrap();
        let Message::Answer(answer) = &saved.messages[3] else { panic!("no answer") };
        assert_eq!((answer.text.as_str(), answer.ids.len()), ("Done.", 0));
    }

    #[test]
    fn entries_for_apps() {
        let entries = of_session(Some("Be brief."), &messages()).entries;
        let TranscriptEntry::ToolCalls { calls } = &entries[2] else { panic!("{entries:?}") };
        assert_eq!((calls[0].call_id.as_str(), calls[0].arguments_json.as_str()), ("call00000", r#"{"hour":7}"#));
        let TranscriptEntry::ToolOutput { call_id, tool_name, .. } = &entries[3] else { panic!("{entries:?}") };
        assert_eq!((call_id.as_str(), tool_name.as_str()), ("call00000", "set_alarm"));
        assert_eq!(entries.len(), 5);
    }

    #[test]
    fn what_is_no_transcript_is_refused_with_the_place() {
        for (json, expected) in [
            ("", "EOF"),
            ("[]", "invalid"),
            (r#"{"version":2,"model":"","entries":[]}"#, "version 2"),
            (r#"{"version":1,"model":"","entries":[{"kind":"image"}]}"#, "image"),
            (r#"{"version":1,"model":"","entries":[{"kind":"tool_output","name":"f","segments":[]}]}"#, "entry 0"),
            (
                r#"{"version":1,"model":"","entries":[{"kind":"response","segments":[],"calls":[{"name":"f","arguments":{}}]},{"kind":"prompt","segments":[]}]}"#,
                "entry 1",
            ),
            (
                r#"{"version":1,"model":"","entries":[{"kind":"response","segments":[],"tokens":[4294967295]}]}"#,
                "token id 4294967295",
            ),
        ] {
            let error = read(json, "", 10).unwrap_err().to_string();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }

    #[test]
    fn a_call_without_a_result_is_unknown_and_not_repeated() {
        let json = write(None, &messages()[..2], "abc").unwrap();
        let saved = read(&json, "abc", 10).unwrap();
        let Message::ToolResult(result) = &saved.messages[2] else { panic!("no result") };
        assert_eq!((result.name.as_str(), result.content.as_str()), ("set_alarm", OUTCOME_UNKNOWN));
    }
}
