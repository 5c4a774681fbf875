//! A conversation as the token ids that the model sees.
//!
//! Ids equal Hugging Face's `apply_chat_template(tokenize=True)` with two differences, both on purpose. Special tokens
//! in what a user typed stay text: places where they begin are marked with a private-use character while the template
//! runs, and no mark is recognised there afterwards. And answers that the model gave stay the ids that it gave: a
//! private-use character stands for each while the template runs, and the ids are put in its place, so that the prompt
//! of a later turn begins with what the cache holds.
//!
//! The trap: a template may change an answer (trim it, drop its thoughts). Then the answer is encoded as rendered.

use serde_json::{Map, Value as Json, json};

use crate::conversation::{Message, Setup, to_json};
use crate::template::{ChatTemplate, TemplateInput};
use crate::tools::{Tool, ToolCall, ToolFormat};
use crate::{Error, Tokenizer};

/// The id that stands for an answer until its ids are put in; no vocabulary reaches it.
pub(crate) const HOLE: u32 = u32::MAX;

/// Private-use characters, planes 15 and 16 without their last two code points.
const PRIVATE: std::ops::RangeInclusive<u32> = 0xF_0000..=0x10_FFFD;

/// A rendered conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// The template's text.
    pub text: String,
    /// Its token ids.
    pub ids: Vec<u32>,
}

/// An answer that the model gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer<'a> {
    /// Place of its message.
    pub(crate) message: usize,
    /// All of its text, calls as the model wrote them.
    pub(crate) raw: &'a str,
    /// The calls in it.
    pub(crate) calls: &'a [ToolCall],
    /// Its ids, without the one that ended it.
    pub(crate) ids: &'a [u32],
    /// The end of the prompt's text that it answered.
    pub(crate) after: &'a str,
}

impl Prompt {
    /// Renders and encodes messages. The tokenizer's own tokens (`bos_token` and so on) are among the variables.
    pub fn new(template: &ChatTemplate, tokenizer: &Tokenizer, input: &TemplateInput<'_>) -> Result<Self, Error> {
        Self::with_answers(template, tokenizer, input, &[], None)
    }

    /// Renders and encodes the messages of a conversation.
    pub(crate) fn of_messages(
        template: &ChatTemplate,
        tokenizer: &Tokenizer,
        setup: &Setup,
        messages: &[&Message],
        format: Option<ToolFormat>,
        add_generation_prompt: bool,
    ) -> Result<Self, Error> {
        let (messages, answers) = to_json(setup, messages);
        let tools: Vec<Json> = setup.tools.iter().map(Tool::to_json).collect();
        let variables = Some(&setup.variables);
        let input = TemplateInput { messages: &messages, tools: &tools, add_generation_prompt, variables };
        Self::with_answers(template, tokenizer, &input, &answers, format)
    }

    /// As [`Self::new`], with these messages' ids as they were generated where the template leaves them unchanged.
    pub(crate) fn with_answers(
        template: &ChatTemplate,
        tokenizer: &Tokenizer,
        input: &TemplateInput<'_>,
        answers: &[Answer<'_>],
        format: Option<ToolFormat>,
    ) -> Result<Self, Error> {
        let draft = Draft::new(template, tokenizer, input, answers)?;
        let plain = draft.render(&[])?;
        let (holed, kept) = draft.with_holes(&plain, format).unwrap_or_else(|| (plain.clone(), Vec::new()));
        let mut marked = Marked::read(&holed, draft.guard, |c| draft.hole(c));
        marked.close_gaps(kept.iter().filter_map(|&index| answers.get(index)));
        let ids = tokenizer.encode_guarding(&marked.text, &marked.guards, &marked.holes)?;
        let mut kept = kept.into_iter().filter_map(|index| answers.get(index));
        let ids = ids.into_iter().flat_map(|id| match id {
            HOLE => kept.next().map(|answer| answer.ids.to_vec()).unwrap_or_default(),
            id => vec![id],
        });
        Ok(Self { ids: ids.collect(), text: without(&plain, draft.guard) })
    }
}

/// Messages with the places of marks marked.
struct Draft<'a> {
    template: &'a ChatTemplate,
    input: &'a TemplateInput<'a>,
    answers: &'a [Answer<'a>],
    messages: Vec<Json>,
    tools: Vec<Json>,
    variables: Map<String, Json>,
    /// Stands before every mark that is text; the characters after it stand for the answers.
    guard: char,
    /// What each answer is in the messages' own marking.
    texts: Vec<String>,
}

impl<'a> Draft<'a> {
    fn new(
        template: &'a ChatTemplate,
        tokenizer: &Tokenizer,
        input: &'a TemplateInput<'a>,
        answers: &'a [Answer<'a>],
    ) -> Result<Self, Error> {
        let guard = free_characters(template, input, answers)?;
        let mut messages = input.messages.to_vec();
        for message in &mut messages {
            let typed = message["role"] != "assistant";
            for (_, value) in message.as_object_mut().into_iter().flatten().filter(|(key, _)| *key != "role") {
                guard_marks(value, tokenizer, typed, guard);
            }
        }
        let mut tools = input.tools.to_vec();
        tools.iter_mut().for_each(|tool| guard_marks(tool, tokenizer, true, guard));
        let mut variables: Map<String, Json> =
            tokenizer.template_tokens().map(|(name, text)| (name.to_owned(), text.into())).collect();
        variables.extend(input.variables.into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())));
        let texts = answers.iter().map(|answer| guarded(answer.raw, tokenizer, false, guard)).collect();
        Ok(Self { template, input, answers, messages, tools, variables, guard, texts })
    }

    /// The template's text with a character in place of each of these answers.
    fn render(&self, holes: &[usize]) -> Result<String, Error> {
        let mut messages = self.messages.clone();
        for &index in holes {
            let place = self.answers.get(index).and_then(|answer| messages.get_mut(answer.message));
            if let (Some(message), Some(hole)) = (place, self.hole_of(index)) {
                *message = json!({"role": "assistant", "content": hole});
            }
        }
        let (tools, variables) = (&self.tools, Some(&self.variables));
        let input = TemplateInput { messages: &messages, tools, variables, ..*self.input };
        Ok(self.template.render(&input)?)
    }

    /// The text with as many answers replaced as the template leaves unchanged, and which those are, in the order of
    /// their places. `None` if there is none.
    fn with_holes(&self, plain: &str, format: Option<ToolFormat>) -> Option<(String, Vec<usize>)> {
        if self.answers.is_empty() {
            return None;
        }
        let all: Vec<usize> = (0..self.answers.len()).collect();
        let whole = |index: usize| self.texts.get(index).cloned().unwrap_or_default();
        let trimmed = |index: usize| whole(index).trim().to_owned();
        if let Some(found) = self.try_holes(plain, &all, &[&whole, &trimmed]) {
            return Some(found);
        }
        let rendered: Vec<Option<String>> = all.iter().map(|&index| self.rendered(plain, index, format)).collect();
        let kept: Vec<usize> =
            all.into_iter().filter(|&index| rendered.get(index).is_some_and(Option::is_some)).collect();
        let as_rendered = |index: usize| rendered.get(index).cloned().flatten().unwrap_or_default();
        self.try_holes(plain, &kept, &[&as_rendered])
    }

    /// Replaces these answers and checks that putting back one of each one's texts gives `plain`.
    fn try_holes(
        &self,
        plain: &str,
        holes: &[usize],
        texts: &[&dyn Fn(usize) -> String],
    ) -> Option<(String, Vec<usize>)> {
        let holed = self.render(holes).ok().filter(|_| !holes.is_empty())?;
        let mut places = holed.char_indices().filter_map(|(at, c)| Some((at, c, self.hole(c)?))).peekable();
        let mut rest = plain.strip_prefix(&holed[..places.peek().map_or(0, |&(at, ..)| at)])?;
        let mut order = Vec::new();
        while let Some((at, c, index)) = places.next() {
            let end = places.peek().map_or(holed.len(), |&(next, ..)| next);
            let behind = &holed[at + c.len_utf8()..end];
            let last = places.peek().is_none();
            rest = texts.iter().find_map(|text| {
                let rest = rest.strip_prefix(&text(index))?.strip_prefix(behind)?;
                (!last || rest.is_empty()).then_some(rest)
            })?;
            order.push(index);
        }
        (order.len() == holes.len()).then_some((holed, order))
    }

    /// How the template renders one answer, if that says the same as what the model gave.
    fn rendered(&self, plain: &str, index: usize, format: Option<ToolFormat>) -> Option<String> {
        let answer = self.answers.get(index)?;
        let holed = self.render(&[index]).ok()?;
        let (before, behind) = holed.split_once(self.hole_of(index)?)?;
        let found = plain.strip_prefix(before)?.strip_suffix(behind)?;
        let text = without(found, self.guard);
        let same_calls = || {
            let read = format?.parse(&text);
            let raw = format?.parse(answer.raw);
            Some(read.calls == answer.calls && read.errors.is_empty() && read.text.trim() == raw.text.trim())
        };
        let same = text.trim() == answer.raw.trim() || !answer.calls.is_empty() && same_calls() == Some(true);
        same.then(|| found.to_owned())
    }

    fn hole_of(&self, index: usize) -> Option<char> {
        char::from_u32(self.guard as u32 + 1 + u32::try_from(index).ok()?)
    }

    /// The answer that a character stands for.
    fn hole(&self, c: char) -> Option<usize> {
        let index = (c as u32).checked_sub(self.guard as u32 + 1)? as usize;
        (index < self.answers.len()).then_some(index)
    }
}

/// A rendered text with its private-use characters read and the guards taken out.
struct Marked {
    text: String,
    guards: Vec<usize>,
    holes: Vec<std::ops::Range<usize>>,
}

impl Marked {
    fn read(rendered: &str, guard: char, hole: impl Fn(char) -> Option<usize>) -> Self {
        let mut marked = Self { text: String::with_capacity(rendered.len()), guards: Vec::new(), holes: Vec::new() };
        for c in rendered.chars() {
            let at = marked.text.len();
            if c == guard {
                marked.guards.push(at);
                continue;
            }
            marked.text.push(c);
            if hole(c).is_some() {
                marked.holes.push(at..marked.text.len());
            }
        }
        marked
    }

    /// Some templates put a space before an answer that was not there when the model gave it; its ids stand for that
    /// space too.
    fn close_gaps<'a>(&mut self, answers: impl Iterator<Item = &'a Answer<'a>>) {
        for (hole, answer) in self.holes.iter_mut().zip(answers) {
            let before = &self.text[..hole.start];
            let spaces = before.chars().rev().take_while(|c| c.is_whitespace()).map(char::len_utf8);
            let ends = std::iter::once(0).chain(spaces).scan(before.len(), |end, len| {
                *end -= len;
                Some(*end)
            });
            hole.start = ends.into_iter().find(|&end| before[..end].ends_with(answer.after)).unwrap_or(hole.start);
        }
    }
}

/// The first of as many neighbouring private-use characters as are needed that occur nowhere in the input.
fn free_characters(template: &ChatTemplate, input: &TemplateInput<'_>, answers: &[Answer<'_>]) -> Result<char, Error> {
    let mut used = std::collections::BTreeSet::new();
    let mut note = |text: &str| used.extend(text.chars().map(u32::from).filter(|c| PRIVATE.contains(c)));
    note(template.source());
    input.messages.iter().chain(input.tools).for_each(|value| each_text(value, &mut note));
    input.variables.into_iter().flatten().for_each(|(_, value)| each_text(value, &mut note));
    answers.iter().for_each(|answer| note(answer.raw));
    let needed = u32::try_from(answers.len()).unwrap_or(u32::MAX);
    let mut first = *PRIVATE.start();
    loop {
        let last = first.saturating_add(needed);
        match used.range(first..=last).next_back() {
            Some(taken) => first = taken + 1,
            None if PRIVATE.contains(&last) => return char::from_u32(first).ok_or(Error::NoFreeCharacter),
            None => return Err(Error::NoFreeCharacter),
        }
    }
}

fn each_text(value: &Json, note: &mut impl FnMut(&str)) {
    match value {
        Json::String(text) => note(text),
        Json::Array(items) => items.iter().for_each(|item| each_text(item, note)),
        Json::Object(map) => map.iter().for_each(|(key, item)| {
            note(key);
            each_text(item, note);
        }),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// Puts `guard` before every mark in the texts of a value. What the model said itself may hold marks that are not
/// special, such as those around its thoughts.
fn guard_marks(value: &mut Json, tokenizer: &Tokenizer, typed: bool, guard: char) {
    match value {
        Json::String(text) => *text = guarded(text, tokenizer, typed, guard),
        Json::Array(items) => items.iter_mut().for_each(|item| guard_marks(item, tokenizer, typed, guard)),
        Json::Object(map) => {
            for (key, mut item) in std::mem::take(map) {
                guard_marks(&mut item, tokenizer, typed, guard);
                map.insert(guarded(&key, tokenizer, typed, guard), item);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

fn guarded(text: &str, tokenizer: &Tokenizer, typed: bool, guard: char) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for start in tokenizer.mark_starts(text, typed) {
        out.push_str(&text[done..start]);
        out.push(guard);
        done = start;
    }
    out + &text[done..]
}

fn without(text: &str, guard: char) -> String {
    text.chars().filter(|&c| c != guard).collect()
}
