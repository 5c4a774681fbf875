//! Chat templates: messages and tools to the text that a model was trained on.
//!
//! Templates are Jinja as Hugging Face's `apply_chat_template` runs it: blocks trimmed, Python's string methods,
//! `tojson` as `json.dumps` writes, `raise_exception` and `strftime_now`. A template is a foreign program: what it may
//! compute grows with its input and is bounded.
//!
//! ```
//! use phonelm_engine::{ChatTemplate, TemplateInput};
//! use serde_json::json;
//!
//! let template = ChatTemplate::new("{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}")?;
//! let messages = [json!({"role": "user", "content": "Hello"})];
//! let text = template.render(&TemplateInput { messages: &messages, ..TemplateInput::default() })?;
//! assert_eq!(text, "<user>Hello");
//! # Ok::<(), phonelm_engine::TemplateError>(())
//! ```
//!
//! The trap: the text may hold special tokens that a user typed, so it must not be encoded with marks recognised;
//! [`crate::Prompt`] does it right.

mod python_json;
mod strftime;

use std::time::SystemTime;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde};
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};
use serde_json::{Map, Value as Json};

use python_json::Style;

/// Characters that mark places in messages while a template runs. No text has them but by intent, and no template
/// treats them as anything but letters.
macro_rules! private {
    () => {
        '\u{F0000}'..='\u{10FFFF}'
    };
}
pub(crate) use private;

/// Instructions that any template may use, those for each byte of its input, and the most of all. Copying 64 bytes costs
/// as much as one instruction, so this bounds memory too. Public templates use up to 5 a byte for the shortest messages.
const FUEL: usize = 20_000;
const FUEL_A_BYTE: usize = 8;
const MOST_FUEL: usize = 500_000;
/// Bytes of stack for each instruction. A template can nest a value one level deeper with little more than one, and
/// the interpreter's recursion over values (showing, comparing, dropping them) takes up to 750 bytes a level.
const STACK_A_FUEL: usize = 640;
const STACK: usize = 1 << 20;
/// Nesting of macros; public templates need three levels.
const RECURSION: usize = 64;

/// Why a template gave no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It is no valid Jinja.
    #[error("the chat template is damaged at line {line}: {message}")]
    Syntax {
        /// Where.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// It refused the messages with `raise_exception`.
    #[error("the chat template refuses this conversation: {message}")]
    Refused {
        /// The template's own words.
        message: String,
    },
    /// It needs more work than any template should.
    #[error("the chat template takes more than {fuel} steps for {bytes} bytes of messages; it is damaged or hostile")]
    TooMuchWork {
        /// Steps allowed.
        fuel: usize,
        /// Bytes of its input.
        bytes: usize,
    },
    /// It failed while running.
    #[error("the chat template failed at line {line}: {message}")]
    Failed {
        /// Where.
        line: usize,
        /// What happened.
        message: String,
    },
}

/// What a template sees.
#[derive(Clone, Copy, Debug, Default)]
pub struct TemplateInput<'a> {
    /// Objects with `role`, `content` and what else the template knows, oldest first.
    pub messages: &'a [Json],
    /// Tools in the form `{"type": "function", "function": {..}}`; none where empty.
    pub tools: &'a [Json],
    /// Whether the text ends where the model's answer begins.
    pub add_generation_prompt: bool,
    /// Further variables, such as `bos_token` or `enable_thinking`.
    pub variables: Option<&'a Map<String, Json>>,
}

/// A parsed chat template.
#[derive(Clone, Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    source: String,
}

const NAME: &str = "chat_template";

impl ChatTemplate {
    /// Parses Jinja source.
    pub fn new(source: &str) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|e| failure(&e))?);
        environment.set_undefined_behavior(UndefinedBehavior::Lenient);
        environment.set_recursion_limit(RECURSION);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", raise_exception);
        environment.add_function("strftime_now", strftime_now);
        environment.add_filter("tojson", tojson);
        environment.add_template_owned(NAME, without_generation_tags(source)).map_err(|e| syntax_error(&e))?;
        Ok(Self { environment, source: source.to_owned() })
    }

    /// The source as given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text of a conversation.
    pub fn render(&self, input: &TemplateInput<'_>) -> Result<String, TemplateError> {
        let mut context = Map::new();
        context.extend(input.variables.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
        context.insert("messages".into(), input.messages.into());
        context.insert("tools".into(), if input.tools.is_empty() { Json::Null } else { input.tools.into() });
        context.insert("documents".into(), Json::Null);
        context.insert("add_generation_prompt".into(), input.add_generation_prompt.into());
        let bytes = size(&input.messages.into()) + size(&input.tools.into());
        let fuel = FUEL.saturating_add(bytes.saturating_mul(FUEL_A_BYTE)).min(MOST_FUEL);
        let run = || self.run(&context, fuel, bytes);
        // Only touched pages of the stack cost memory.
        let thread = std::thread::Builder::new().name("chat-template".into()).stack_size(STACK + fuel * STACK_A_FUEL);
        let failed = |message: String| TemplateError::Failed { line: 0, message };
        std::thread::scope(|scope| match thread.spawn_scoped(scope, run) {
            Ok(thread) => thread.join().unwrap_or_else(|_| Err(failed("its interpreter broke down".into()))),
            Err(error) => Err(failed(format!("no thread for its interpreter: {error}"))),
        })
    }

    fn run(&self, context: &Map<String, Json>, fuel: usize, bytes: usize) -> Result<String, TemplateError> {
        let mut environment = self.environment.clone();
        environment.set_fuel(Some(fuel as u64));
        let template = environment.get_template(NAME).map_err(|e| failure(&e))?;
        template.render(Value::from(Serde(context))).map_err(|error| match error.kind() {
            ErrorKind::OutOfFuel => TemplateError::TooMuchWork { fuel, bytes },
            _ => failure(&error),
        })
    }
}

/// Bytes of text in a value, and one for anything else.
fn size(value: &Json) -> usize {
    match value {
        Json::String(text) => text.len() + 1,
        Json::Array(items) => items.iter().map(size).sum::<usize>() + 1,
        Json::Object(map) => map.iter().map(|(key, item)| key.len() + size(item)).sum::<usize>() + 1,
        Json::Null | Json::Bool(_) | Json::Number(_) => 1,
    }
}

/// `{% generation %}` tells trainers where answers are; here it stands for nothing.
fn without_generation_tags(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find("{%") {
        let (before, tag) = rest.split_at(at + 2);
        out.push_str(before);
        rest = tag;
        let Some((inside, _)) = tag.split_once("%}") else { continue };
        let word = inside.trim_matches(|c: char| c.is_whitespace() || c == '-' || c == '+');
        let plain = match word {
            "generation" => " if true ",
            "endgeneration" => " endif ",
            _ => continue,
        };
        let trim = |c: Option<char>| c.filter(|c| matches!(c, '-' | '+')).map(String::from).unwrap_or_default();
        out.push_str(&trim(inside.chars().next()));
        out.push_str(plain);
        out.push_str(&trim(inside.chars().next_back()));
        rest = &tag[inside.len()..];
    }
    out + rest
}

/// What `raise_exception` carries through the interpreter.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Raised(String);

fn raise_exception(message: String) -> Result<Value, minijinja::Error> {
    let error = minijinja::Error::new(ErrorKind::InvalidOperation, message.clone());
    Err(error.with_source(Raised(message)))
}

fn strftime_now(format: &str) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    strftime::strftime(format, now.as_secs())
}

fn tojson(value: Value, kwargs: Kwargs) -> Result<Value, minijinja::Error> {
    let invalid = |what: String| minijinja::Error::new(ErrorKind::InvalidOperation, what);
    let indent = match kwargs.get::<Option<Value>>("indent")? {
        None => None,
        Some(indent) if indent.is_none() => None,
        Some(indent) => match (indent.as_usize(), indent.as_str()) {
            (Some(spaces), _) if spaces <= 64 => Some(" ".repeat(spaces)),
            (None, Some(text)) if text.len() <= 64 => Some(text.to_owned()),
            _ => return Err(invalid(format!("tojson cannot indent by {indent}"))),
        },
    };
    let mut style = Style::new(indent);
    if let Some(separators) = kwargs.get::<Option<Vec<String>>>("separators")? {
        let [comma, colon] = <[String; 2]>::try_from(separators)
            .map_err(|given| invalid(format!("tojson takes 2 separators, not {}", given.len())))?;
        (style.comma, style.colon) = (comma, colon);
    }
    style.sort_keys = kwargs.get::<Option<bool>>("sort_keys")?.unwrap_or(false);
    style.ascii = kwargs.get::<Option<bool>>("ensure_ascii")?.unwrap_or(false);
    kwargs.assert_all_used()?;
    let json = serde_json::to_value(&value).map_err(|e| invalid(e.to_string()))?;
    Ok(Value::from(python_json::dumps(&json, &style)))
}

fn syntax_error(error: &minijinja::Error) -> TemplateError {
    TemplateError::Syntax { line: error.line().unwrap_or(0), message: words(error) }
}

fn failure(error: &minijinja::Error) -> TemplateError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(Raised(message)) = error.downcast_ref() {
            return TemplateError::Refused { message: message.clone() };
        }
        cause = error.source();
    }
    TemplateError::Failed { line: error.line().unwrap_or(0), message: words(error) }
}

fn words(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn render(source: &str, messages: &[Json]) -> Result<String, TemplateError> {
        ChatTemplate::new(source)?.render(&TemplateInput { messages, ..TemplateInput::default() })
    }

    #[test]
    fn the_templates_own_refusal_is_passed_on() {
        let source = "{% macro m() %}{{ raise_exception('no ' + messages[0].role) }}{% endmacro %}{{ m() }}";
        let refused = render(source, &[json!({"role": "system"})]);
        assert_eq!(refused, Err(TemplateError::Refused { message: "no system".into() }));
    }

    #[test]
    fn errors_name_the_line() {
        assert!(matches!(render("a\n{% if %}", &[]), Err(TemplateError::Syntax { line: 2, .. })));
        assert!(matches!(render("a\n\n{{ messages.x.y }}", &[]), Err(TemplateError::Failed { line: 3, .. })));
    }

    #[test]
    fn hostile_templates_end() {
        let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
        assert!(matches!(render(endless, &[]), Err(TemplateError::TooMuchWork { .. })));
        let bomb = "{% set n = namespace(s='x') %}{% for a in range(60) %}{% set n.s = n.s ~ n.s %}{% endfor %}";
        assert!(matches!(render(bomb, &[]), Err(TemplateError::TooMuchWork { .. })));
        let deep = "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}";
        assert!(render(deep, &[]).is_err());
        assert!(render(&format!("{}{}", "{{ (".repeat(5000), "1".repeat(9)), &[]).is_err());
    }

    #[test]
    fn deep_values_do_not_exhaust_the_stack() {
        let long = [json!({"role": "user", "content": "x".repeat(100_000)})];
        for level in ["[[[[[[[[n.a]]]]]]]]", "{'a': {'a': n.a}}"] {
            for show in ["", "{{ n.a }}", "{{ n.a|tojson }}", "{{ n.a|string|length }}", "{{ n.a == [n.a] }}"] {
                let deeper = format!("{{% set n.a = {level} %}}");
                let tens = format!("{{% for i in range(1000) %}}{deeper}{{% endfor %}}");
                for count in [0, 1, 5, 10, 30] {
                    let source = format!("{{% set n = namespace(a=[]) %}}{}{show}", tens.repeat(count));
                    let _ = render(&source, &long);
                }
            }
        }
        let statements = "{% if 1 %}".repeat(20_000) + &"{% endif %}".repeat(20_000);
        assert!(matches!(render(&statements, &[]), Err(TemplateError::Syntax { .. })));
    }

    #[test]
    fn generation_tags_stand_for_nothing() {
        let source = "a {%- generation -%} b {% endgeneration %} {% if true %}c{% endif %} {% generation";
        assert_eq!(without_generation_tags("x {% generation %}"), "x {% if true %}");
        assert!(render(source, &[]).is_err(), "an unclosed tag stays one");
        assert_eq!(render(&source[..source.len() - 14], &[]).unwrap(), "ab  c");
    }

    #[test]
    fn python_methods_and_slices() {
        let source = "{{ messages[::-1][0].content.strip().split('|')[-1] }}{{ messages|length }}";
        let messages = [json!({"content": "a"}), json!({"content": " b|c "})];
        assert_eq!(render(source, &messages).unwrap(), "c2");
    }

    #[test]
    fn tojson_takes_pythons_arguments() {
        let messages = [json!({"b": 1, "a": "é<"})];
        let source = "{{ messages[0]|tojson }} {{ messages[0]|tojson(separators=(',', ':'), sort_keys=true, ensure_ascii=true) }}";
        assert_eq!(render(source, &messages).unwrap(), r#"{"b": 1, "a": "é<"} {"a":"\u00e9<","b":1}"#);
        assert!(render("{{ messages|tojson(separators=[1]) }}", &messages).is_err());
        assert!(render("{{ messages|tojson(indent=1000000000) }}", &messages).is_err());
    }
}
