//! One turn with the model, shown as it comes: text, calls in a readable form, and what it cost.

use std::io::{self, IsTerminal};
use std::ops::ControlFlow;

use phonelm_engine::{Conversation, Engine, Event, FinishReason, GenerateOptions, Input, Response, Stats, ToolCall};
use serde_json::{Value, json};

use crate::error::Error;
use crate::interrupt;
use crate::output::{print, printable, tell};

/// A turn either fails in the engine or cannot be shown.
pub(crate) enum Failure {
    Engine(phonelm_engine::Error),
    Shown(Error),
}

/// Has the model answer, showing text and calls at once unless `quiet`.
pub(crate) fn answer(
    engine: &mut Engine,
    conversation: &mut Conversation,
    input: Input,
    options: GenerateOptions,
    quiet: bool,
) -> Result<Response, Failure> {
    let mut screen = Screen { terminal: io::stdout().is_terminal(), line_open: false };
    let mut failed = None;
    let response = engine.respond(conversation, input, options, |event| {
        let shown = if quiet { Ok(()) } else { screen.show(event) };
        failed = shown.err();
        match failed.is_some() || interrupt::pressed() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    if let Some(change) = engine.take_change() {
        tell(&format!("{} computes on: {}", change.to, change.reason));
    }
    match (failed, response) {
        (Some(error), _) => Err(Failure::Shown(error)),
        (None, Ok(response)) => {
            screen.end_line().map_err(Failure::Shown)?;
            Ok(response)
        }
        (None, Err(error)) => {
            screen.end_line().map_err(Failure::Shown)?;
            Err(Failure::Engine(error))
        }
    }
}

/// Where text appears, and whether its last line is open.
struct Screen {
    terminal: bool,
    line_open: bool,
}

impl Screen {
    fn show(&mut self, event: &Event) -> Result<(), Error> {
        match event {
            Event::Text(text) if !text.is_empty() => {
                self.line_open = !text.ends_with('\n');
                if self.terminal { print(&printable(text)) } else { print(text) }
            }
            Event::Call(call) => self.line(&call_text(call)),
            Event::BadCall(error) => self.line(&format!("→ a call that cannot be read: {error}")),
            _ => Ok(()),
        }
    }

    fn line(&mut self, text: &str) -> Result<(), Error> {
        self.end_line()?;
        print(&(printable(text) + "\n"))
    }

    fn end_line(&mut self) -> Result<(), Error> {
        if std::mem::take(&mut self.line_open) { print("\n") } else { Ok(()) }
    }
}

/// A call as people read it: `→ set_alarm(hour: 7, minutes: 0)`.
pub(crate) fn call_text(call: &ToolCall) -> String {
    let arguments: Vec<String> = call.arguments.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    format!("→ {}({})", call.name, arguments.join(", "))
}

/// What a turn cost, for people.
pub(crate) fn stats_text(stats: &Stats) -> String {
    let drafted =
        if stats.drafted_tokens == 0 { String::new() } else { format!(" ({} drafted)", stats.drafted_tokens) };
    format!(
        "{} prompt tokens ({} cached), {} generated{drafted}, first token after {:.0} ms, {:.1} tokens/s",
        stats.prompt_tokens,
        stats.cached_tokens,
        stats.generated_tokens,
        stats.first_token.as_secs_f64() * 1e3,
        stats.decode_rate()
    )
}

/// A turn for programs.
pub(crate) fn to_json(response: &Response) -> Value {
    let calls = response.answer.calls.iter().map(|call| json!({ "name": call.name, "arguments": call.arguments }));
    let finish = match response.finish {
        FinishReason::Stop => "stop",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::Length => "length",
        FinishReason::ContextFull => "context_full",
        FinishReason::Constraint => "constraint",
        FinishReason::Cancelled => "cancelled",
    };
    let stats = &response.stats;
    json!({
        "text": response.answer.text,
        "tool_calls": calls.collect::<Vec<_>>(),
        "unreadable_calls": response.answer.bad_calls.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "finish": finish,
        "stats": {
            "prompt_tokens": stats.prompt_tokens,
            "cached_tokens": stats.cached_tokens,
            "generated_tokens": stats.generated_tokens,
            "drafted_tokens": stats.drafted_tokens,
            "first_token_seconds": stats.first_token.as_secs_f64(),
            "total_seconds": stats.total.as_secs_f64(),
            "prefill_tokens_per_second": stats.prefill_rate(),
            "decode_tokens_per_second": stats.decode_rate(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_read_like_code() {
        let arguments = json!({ "hour": 7, "label": "gym", "days": ["monday"] });
        let call = ToolCall { name: "set_alarm".to_owned(), arguments: arguments.as_object().unwrap().clone() };
        assert_eq!(call_text(&call), "→ set_alarm(hour: 7, label: \"gym\", days: [\"monday\"])");
    }
}
