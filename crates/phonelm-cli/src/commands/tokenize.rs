//! `phonelm tokenize`: the tokens of a text or of a conversation.

use std::path::{Path, PathBuf};

use clap::Args;
use phonelm_engine::{Prompt, TemplateInput, Tokenizer};
use serde_json::{Value, json};

use crate::error::Error;
use crate::model::{Model, read_text};
use crate::output::{print, printable, table};

/// Show the tokens of a text or a conversation
#[derive(Args)]
#[command(after_help = "\
Special tokens that occur in TEXT or in messages stay plain text; --marks reads those in TEXT as such. \
MESSAGES.json is a list of {\"role\": .., \"content\": ..}, or {\"messages\": [..], \"tools\": [..]}. With --chat, TEXT is \
one more message of the user.

Examples:
  phonelm tokenize model.gguf \"Wake me at 7\"
  phonelm tokenize model.gguf \"Wake me at 7\" --ids
  phonelm tokenize model.gguf --chat messages.json --ids")]
pub(crate) struct Options {
    /// Model file
    model: PathBuf,
    /// Text
    #[arg(required_unless_present = "chat", allow_hyphen_values = true)]
    text: Option<String>,
    /// Conversation to put through the model's chat template
    #[arg(long, value_name = "MESSAGES.json")]
    chat: Option<PathBuf>,
    /// Whether the conversation ends where the model's answer begins [default: true unless it ends with one]
    #[arg(long, value_name = "BOOL", requires = "chat")]
    generation_prompt: Option<bool>,
    /// Read special tokens in TEXT as such
    #[arg(long, conflicts_with = "chat")]
    marks: bool,
    /// Print a JSON list of ids
    #[arg(long)]
    ids: bool,
}

pub(crate) fn run(options: &Options) -> Result<(), Error> {
    let model = Model::open(Some(&options.model))?;
    let tokenizer = model.tokenizer()?;
    let text = options.text.as_deref().unwrap_or_default();
    let ids = match &options.chat {
        Some(path) => chat(&model, &tokenizer, path, text, options.generation_prompt)?,
        None if options.marks => tokenizer.encode_with_marks(text).map_err(|e| model.engine(e))?,
        None => tokenizer.encode(text).map_err(|e| model.engine(e))?,
    };
    if options.ids {
        return print(&format!("{}\n", json!(ids)));
    }
    let piece = |&id: &u32| {
        let text = String::from_utf8_lossy(tokenizer.token_bytes(id)).into_owned();
        [id.to_string(), printable(&format!("{text:?}"))]
    };
    print(&table(&ids.iter().map(piece).collect::<Vec<_>>()))
}

/// The ids of the conversation in the file `path`, and of `text` as its last message.
fn chat(
    model: &Model,
    tokenizer: &Tokenizer,
    path: &Path,
    text: &str,
    generation_prompt: Option<bool>,
) -> Result<Vec<u32>, Error> {
    let wrong = |why: String| Error::Content { path: path.to_path_buf(), why };
    let json: Value = serde_json::from_str(&read_text(path)?).map_err(|cause| wrong(cause.to_string()))?;
    let (messages, tools) = match &json {
        Value::Object(fields) => (fields.get("messages"), fields.get("tools")),
        list => (Some(list), None),
    };
    let Some(Value::Array(messages)) = messages else {
        return Err(wrong("there is no list of messages".to_owned()));
    };
    let tools = match tools {
        None | Some(Value::Null) => vec![],
        Some(Value::Array(tools)) => tools.clone(),
        Some(_) => return Err(wrong("tools are no list".to_owned())),
    };
    let mut messages = messages.clone();
    if let Some(index) = messages.iter().position(|message| !message["role"].is_string()) {
        return Err(wrong(format!("message {index} has no role")));
    }
    if !text.is_empty() {
        messages.push(json!({ "role": "user", "content": text }));
    }
    let answered = messages.last().is_some_and(|message| message["role"] == "assistant");
    let input = TemplateInput {
        messages: &messages,
        tools: &tools,
        add_generation_prompt: generation_prompt.unwrap_or(!answered),
        variables: None,
    };
    let prompt = Prompt::new(&model.template()?, tokenizer, &input);
    Ok(prompt.map_err(|cause| model.engine(cause))?.ids)
}
