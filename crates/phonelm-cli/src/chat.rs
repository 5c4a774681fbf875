//! The chat at the terminal: a line of the user, an answer, and a few commands that begin with a slash.
//!
//! phonelm runs no phone functions. When the model calls one, the call is shown and the chat goes on; `/result` tells
//! the model what came of it.

use phonelm_engine::{Conversation, Engine, GenerateOptions, Input, Message, Response, ToolResult};
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use crate::error::Error;
use crate::interrupt;
use crate::output::{print, tell};
use crate::turn::{Failure, answer, stats_text};

const HELP: &str = "\
/help          this list
/reset         forget what was said; instructions and functions stay
/stats         what the last answer cost
/result TEXT   tell the model what its last call gave; phonelm runs no phone functions itself
/quit          leave, as Ctrl-D does
Ctrl-C stops an answer. Everything else is said to the model.
";

/// One line from the user.
pub(crate) enum Line {
    Text(String),
    /// Ctrl-C while nothing is being answered.
    Interrupted,
    /// Ctrl-D or the end of a script.
    End,
}

/// Where lines come from.
pub(crate) trait Lines {
    fn next(&mut self) -> Result<Line, Error>;
}

/// The terminal, with a history of lines.
pub(crate) struct Terminal(DefaultEditor);

impl Terminal {
    pub(crate) fn open() -> Result<Self, Error> {
        interrupt::catch()?;
        Ok(Self(DefaultEditor::new()?))
    }
}

impl Lines for Terminal {
    fn next(&mut self) -> Result<Line, Error> {
        match self.0.readline("> ") {
            Ok(text) => {
                self.0.add_history_entry(&text)?;
                Ok(Line::Text(text))
            }
            Err(ReadlineError::Interrupted) => Ok(Line::Interrupted),
            Err(ReadlineError::Eof) => Ok(Line::End),
            Err(error) => Err(error.into()),
        }
    }
}

/// Converses until the lines end. What the engine refuses is told, and the chat goes on.
pub(crate) fn chat(
    engine: &mut Engine,
    conversation: &mut Conversation,
    lines: &mut dyn Lines,
    options: &dyn Fn() -> GenerateOptions,
    stats_always: bool,
) -> Result<(), Error> {
    let mut last: Option<Response> = None;
    loop {
        let text = match lines.next()? {
            Line::Text(text) => text.trim().to_owned(),
            Line::Interrupted => {
                print("Ctrl-D or /quit leaves the chat.\n")?;
                continue;
            }
            Line::End => return Ok(()),
        };
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((&text, ""));
        let input = match word {
            "" => continue,
            "/quit" | "/exit" => return Ok(()),
            "/help" => {
                print(HELP)?;
                continue;
            }
            "/reset" => {
                engine.reset(conversation);
                last = None;
                print("Forgotten.\n")?;
                continue;
            }
            "/stats" => {
                let cost = last.as_ref().map_or("There is no answer yet.".to_owned(), |last| stats_text(&last.stats));
                print(&format!(
                    "{cost}\n{} of {} tokens in the context\n",
                    conversation.cached().len(),
                    engine.context()
                ))?;
                continue;
            }
            "/result" => match results(conversation, rest.trim()) {
                Some(results) => Input::ToolResults(results),
                None => {
                    print("The last message is no call of the model.\n")?;
                    continue;
                }
            },
            command if command.starts_with('/') => {
                print(&format!("There is no {command}; /help lists what there is.\n"))?;
                continue;
            }
            _ => Input::User(text),
        };
        interrupt::forget();
        match answer(engine, conversation, input, GenerateOptions { keep_partial: true, ..options() }, false) {
            Ok(response) => {
                if stats_always {
                    tell(&stats_text(&response.stats));
                }
                last = Some(response);
            }
            Err(Failure::Engine(error)) => tell(&format!("phonelm: {error} (/reset begins anew)")),
            Err(Failure::Shown(error)) => return Err(error),
        }
    }
}

/// The same result for each call of the last answer.
fn results(conversation: &Conversation, content: &str) -> Option<Vec<ToolResult>> {
    let Some(Message::Answer(answer)) = conversation.messages().last() else { return None };
    let result = |name: &String| ToolResult { name: name.clone(), content: content.to_owned() };
    let results: Vec<_> = answer.calls.iter().map(|call| result(&call.name)).collect();
    (!results.is_empty()).then_some(results)
}
