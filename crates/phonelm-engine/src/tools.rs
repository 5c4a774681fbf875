//! Tools: what a model may call, and its calls read back from its answers.
//!
//! Offered tools go through the chat template's `tools`; the two formats differ in how calls stand in an answer:
//! `hermes` writes `<tool_call>{"name": .., "arguments": {..}}</tool_call>`, `llama3` answers with nothing but
//! `{"name": .., "parameters": {..}}`, perhaps after `<|python_tag|>` and several parted by `;`.
//!
//! ```
//! use phonelm_engine::ToolFormat;
//!
//! let answer = r#"Sure.<tool_call>{"name": "set_timer", "arguments": {"minutes": 5}}</tool_call>"#;
//! let parsed = ToolFormat::Hermes.parse(answer);
//! assert_eq!(parsed.text, "Sure.");
//! assert_eq!(parsed.calls[0].arguments["minutes"], 5);
//! ```

mod parser;

use phonelm_gguf::Metadata;
use serde_json::{Map, Value as Json, json};

use crate::Error;
pub use parser::{CallError, CallParser, Parsed, Part};
pub(crate) use parser::{begins_like_call, is_begun_call};

/// A function that the model may call.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// Its name, as calls spell it.
    pub name: String,
    /// What it does, for the model to read.
    pub description: String,
    /// JSON schema of its arguments: an object.
    pub parameters: Json,
}

impl Tool {
    /// As chat templates expect it.
    pub fn to_json(&self) -> Json {
        let function = json!({"name": self.name, "description": self.description, "parameters": self.parameters});
        json!({"type": "function", "function": function})
    }
}

/// A call that the model made.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    /// The function's name.
    pub name: String,
    /// Its arguments by name.
    pub arguments: Map<String, Json>,
}

impl ToolCall {
    /// As chat templates expect it; some insist on an id of nine letters or digits.
    pub fn to_json(&self, id: &str) -> Json {
        json!({"type": "function", "id": id, "function": {"name": self.name, "arguments": self.arguments}})
    }
}

/// How a model writes calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolFormat {
    /// `<tool_call>{"name": .., "arguments": {..}}</tool_call>`, any number, among text.
    Hermes,
    /// `{"name": .., "parameters": {..}}` as the whole answer or after `<|python_tag|>`.
    Llama3,
}

const KEY: &str = "phonelm.tool_format";
const OPEN: &str = "<tool_call>";
const CLOSE: &str = "</tool_call>";
const PYTHON: &str = "<|python_tag|>";

impl ToolFormat {
    /// As the key of a model file names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hermes => "hermes",
            Self::Llama3 => "llama3",
        }
    }

    /// From the model file's key, else recognised in the chat template.
    pub fn of_model(metadata: &Metadata, template: Option<&str>) -> Result<Option<Self>, Error> {
        match metadata.str(KEY)? {
            Some("hermes") => Ok(Some(Self::Hermes)),
            Some("llama3") => Ok(Some(Self::Llama3)),
            Some(found) => Err(Error::ToolFormatUnknown { found: found.into() }),
            None => Ok(template.and_then(Self::of_template)),
        }
    }

    /// Recognised in a chat template's source.
    pub fn of_template(source: &str) -> Option<Self> {
        if source.contains("<tool_call>") {
            Some(Self::Hermes)
        } else if source.contains("ipython") && source.contains("\"parameters\": ") {
            Some(Self::Llama3)
        } else {
            None
        }
    }

    /// The texts that set calls apart; where a model has them as special tokens, they reach the parser all the same.
    pub fn marks(self) -> &'static [&'static str] {
        match self {
            Self::Hermes => &[OPEN, CLOSE],
            Self::Llama3 => &[PYTHON],
        }
    }

    /// The mark behind which calls stand.
    pub(crate) fn opening(self) -> &'static str {
        match self {
            Self::Hermes => OPEN,
            Self::Llama3 => PYTHON,
        }
    }

    /// Reads a whole answer.
    pub fn parse(self, answer: &str) -> Parsed {
        let mut parser = CallParser::new(self);
        let mut parsed = Parsed::default();
        parsed.extend(parser.push(answer));
        parsed.extend(parser.finish());
        parsed
    }
}
