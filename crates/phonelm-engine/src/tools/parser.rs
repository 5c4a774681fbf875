//! Calls out of a stream of text: what may be a call is held back, so that its syntax is never shown.

use serde_json::{Map, Value as Json};

use super::{CLOSE, ToolCall, ToolFormat};
use crate::text::overlap;

/// A call that cannot be read. Each holds the text that the model wrote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It is no JSON.
    #[error("the model wrote a call that is no JSON ({message}): {raw}")]
    Syntax {
        /// What the model wrote.
        raw: String,
        /// Where and what is wrong.
        message: String,
    },
    /// The answer ended inside the call.
    #[error("the answer ended inside a call: {raw}")]
    Unfinished {
        /// What the model wrote.
        raw: String,
    },
    /// It is JSON, but names no function.
    #[error("the model wrote a call without a \"name\": {raw}")]
    NoName {
        /// What the model wrote.
        raw: String,
    },
    /// Its arguments are no object.
    #[error("the model called {name:?} with arguments that are no object: {raw}")]
    Arguments {
        /// The function that it names.
        name: String,
        /// What the model wrote.
        raw: String,
    },
}

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text to show.
    Text(String),
    /// A call.
    Call(ToolCall),
    /// Something that was to be a call.
    Bad(CallError),
}

/// A whole answer, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// The text around the calls.
    pub text: String,
    /// The calls in order.
    pub calls: Vec<ToolCall>,
    /// What was to be a call and is none.
    pub errors: Vec<CallError>,
}

impl Parsed {
    /// Adds parts in order.
    pub fn extend(&mut self, parts: Vec<Part>) {
        for part in parts {
            match part {
                Part::Text(text) => self.text.push_str(&text),
                Part::Call(call) => self.calls.push(call),
                Part::Bad(error) => self.errors.push(error),
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing but whitespace so far, and a bare call may come.
    Start,
    /// Text.
    Text,
    /// Text in which marks mean nothing.
    Plain,
    /// Where a call begins or the last one has ended; `bare` if no mark has said so.
    Calls { bare: bool },
}

/// Reads an answer as it comes.
#[derive(Clone, Debug)]
pub struct CallParser {
    format: ToolFormat,
    /// Whether an answer that does not begin with a call has none.
    exclusive: bool,
    state: State,
    held: String,
    /// Whitespace that is shown only if text follows it: that around calls is no text.
    space: String,
    /// Whether text has been shown, and whether a call has been met.
    shown: bool,
    met: bool,
}

impl CallParser {
    /// At the beginning of an answer.
    pub fn new(format: ToolFormat) -> Self {
        let state = if format == ToolFormat::Llama3 { State::Start } else { State::Text };
        let (held, space) = (String::new(), String::new());
        Self { format, exclusive: false, state, held, space, shown: false, met: false }
    }

    /// At the beginning of an answer that is either calls or text: one that does not begin with a call has none, whatever
    /// marks stand in it.
    pub fn of_calls_or_text(format: ToolFormat) -> Self {
        Self { exclusive: true, state: State::Start, ..Self::new(format) }
    }

    /// Takes text and returns what is certain now.
    pub fn push(&mut self, text: &str) -> Vec<Part> {
        self.held.push_str(text);
        let mut parts = Vec::new();
        while self.advance(false, &mut parts) {}
        parts
    }

    /// Ends the answer: what was held back comes out.
    pub fn finish(&mut self) -> Vec<Part> {
        let mut parts = Vec::new();
        while self.advance(true, &mut parts) {}
        let space = std::mem::take(&mut self.space);
        if !self.met && !space.is_empty() {
            parts.push(Part::Text(space));
        }
        parts
    }

    /// One step; `false` when more text is needed or all is done.
    fn advance(&mut self, last: bool, parts: &mut Vec<Part>) -> bool {
        match self.state {
            State::Start => self.start(last),
            State::Text => self.text(last, parts),
            State::Plain => {
                let text = std::mem::take(&mut self.held);
                self.show(&text, parts);
                false
            }
            State::Calls { bare } => self.call(bare, last, parts),
        }
    }

    fn start(&mut self, last: bool) -> bool {
        let mark = self.format.opening();
        let text = self.held.trim_start();
        let may_be_bare = self.format == ToolFormat::Llama3;
        self.state = if let Some(behind) = text.strip_prefix(mark) {
            self.held = behind.to_owned();
            State::Calls { bare: false }
        } else if may_be_bare && !text.is_empty() && begins_like_call(text) {
            State::Calls { bare: true }
        } else if mark.starts_with(text) && !last {
            return false;
        } else {
            self.no_call()
        };
        true
    }

    /// What an answer is that begins without a call.
    fn no_call(&self) -> State {
        if self.exclusive { State::Plain } else { State::Text }
    }

    fn text(&mut self, last: bool, parts: &mut Vec<Part>) -> bool {
        let mark = self.format.opening();
        if let Some(at) = self.held.find(mark) {
            let behind = self.held.split_off(at);
            let text = std::mem::replace(&mut self.held, behind[mark.len()..].to_owned());
            self.show(&text, parts);
            self.state = State::Calls { bare: false };
            return true;
        }
        let keep = if last { 0 } else { overlap(self.held.as_bytes(), mark.as_bytes()) };
        let behind = self.held.split_off(self.held.len() - keep);
        let text = std::mem::replace(&mut self.held, behind);
        self.show(&text, parts);
        false
    }

    /// Text to show, but for whitespace at its end.
    fn show(&mut self, text: &str, parts: &mut Vec<Part>) {
        self.space.push_str(text);
        let end = self.space.trim_end().len();
        if end == 0 {
            return;
        }
        let rest = self.space.split_off(end);
        let text = std::mem::replace(&mut self.space, rest);
        let first_after_call = self.met && !self.shown;
        parts.push(Part::Text(if first_after_call { text.trim_start().to_owned() } else { text }));
        self.shown = true;
    }

    fn call(&mut self, bare: bool, last: bool, parts: &mut Vec<Part>) -> bool {
        let parts_calls = |c: char| c.is_whitespace() || self.format == ToolFormat::Llama3 && c == ';';
        let text = self.held.trim_start_matches(parts_calls);
        if self.format == ToolFormat::Hermes {
            if let Some(behind) = text.strip_prefix(CLOSE) {
                (self.held, self.state, self.met) = (behind.to_owned(), State::Text, true);
                return true;
            }
            if CLOSE.starts_with(text) && !last {
                return false;
            }
        }
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Json>();
        let next = values.next();
        let end = values.byte_offset();
        let undecided = bare && !self.met;
        let (part, end) = match next {
            None => return false,
            Some(Ok(value)) if undecided && !is_call(&value) => {
                self.state = self.no_call();
                return true;
            }
            Some(Ok(value)) => (read(value, &text[..end]).map_or_else(Part::Bad, Part::Call), end),
            Some(Err(_)) if undecided && !begins_like_call(text) => {
                self.state = self.no_call();
                return true;
            }
            Some(Err(error)) if error.is_eof() => {
                if !last {
                    return false;
                }
                (Part::Bad(CallError::Unfinished { raw: text.trim_end().to_owned() }), text.len())
            }
            Some(Err(error)) => {
                let close = if self.format == ToolFormat::Hermes { text.find(CLOSE) } else { None };
                let end = match close {
                    None if !last => return false,
                    close => close.unwrap_or(text.len()),
                };
                let raw = text[..end].trim_end().to_owned();
                (Part::Bad(CallError::Syntax { raw, message: error.to_string() }), end)
            }
        };
        parts.push(part);
        self.held = text[end..].to_owned();
        self.met = true;
        true
    }
}

/// Whether text begins with `{"name"`, or could with more.
pub(crate) fn begins_like_call(text: &str) -> bool {
    behind_name(text).map_or_else(|(token, rest)| token.starts_with(rest), |_| true)
}

/// Whether text begins with `{"name"`.
pub(crate) fn is_begun_call(text: &str) -> bool {
    behind_name(text).is_ok()
}

/// What stands behind `{"name"`, or the first part of it that is not there and what is there instead.
fn behind_name(text: &str) -> Result<&str, (&'static str, &str)> {
    ["{", "\"name\""].iter().try_fold(text, |rest, token| {
        let rest = rest.trim_start();
        rest.strip_prefix(token).ok_or((*token, rest))
    })
}

/// Whether JSON that nothing announced as a call is one.
fn is_call(value: &Json) -> bool {
    value.get("name").is_some() && ["parameters", "arguments"].iter().any(|key| value.get(key).is_some())
}

/// A call out of its JSON: `arguments` or `parameters`, which may be a text that holds the object.
fn read(value: Json, raw: &str) -> Result<ToolCall, CallError> {
    let raw = || raw.to_owned();
    let Json::Object(mut map) = value else {
        return Err(CallError::NoName { raw: raw() });
    };
    let Some(Json::String(name)) = map.remove("name") else {
        return Err(CallError::NoName { raw: raw() });
    };
    let arguments = map.remove("arguments").or_else(|| map.remove("parameters"));
    let arguments = match arguments {
        None | Some(Json::Null) => Some(Map::new()),
        Some(Json::Object(arguments)) => Some(arguments),
        Some(Json::String(text)) => serde_json::from_str(&text).ok(),
        Some(_) => None,
    };
    match arguments {
        Some(arguments) => Ok(ToolCall { name, arguments }),
        None => Err(CallError::Arguments { name, raw: raw() }),
    }
}

#[cfg(test)]
mod tests;
