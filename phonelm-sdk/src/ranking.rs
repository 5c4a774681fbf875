//! Which of many tools fit a request, by the words that both have: for catalogues that are too large to be offered whole.
//!
//! Okapi BM25 over names, descriptions and arguments. The trap: it knows words, not meanings, so a request that shares no
//! word with its tool ("get me up at six") finds it by luck alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::ToolDefinition;

/// What a word counts where it stands.
const IN_NAME: f64 = 3.0;
const IN_DESCRIPTION: f64 = 2.0;
const IN_ARGUMENTS: f64 = 1.0;
/// Letters of a word that count, so that "calling" finds "call" and "photos" finds "photo".
const STEM: usize = 5;
/// BM25's own constants at their customary values: how soon a word's repetition counts no more, and how much a long
/// description counts against its words.
const SATURATION: f64 = 1.2;
const LENGTH: f64 = 0.75;

/// The positions of the tools that fit a request best, at most `count`, the best one first. Among equals, and where no word
/// fits, the order of `tools` decides, so that the same input always gives the same tools.
#[uniffi::export]
pub fn select_tools(request: String, tools: Vec<ToolDefinition>, count: u32) -> Vec<u32> {
    let documents: Vec<Document> = tools.iter().map(Document::new).collect();
    let mean = documents.iter().map(|document| document.length).sum::<f64>() / documents.len().max(1) as f64;
    let mut scores = vec![0.0; documents.len()];
    for stem in stems(&request).into_iter().collect::<BTreeSet<_>>() {
        let holding = documents.iter().filter(|document| document.weights.contains_key(&stem)).count() as f64;
        let rarity = (1.0 + (documents.len() as f64 - holding + 0.5) / (holding + 0.5)).ln();
        for (score, document) in scores.iter_mut().zip(&documents) {
            if let Some(weight) = document.weights.get(&stem) {
                let scale = SATURATION * (1.0 - LENGTH + LENGTH * document.length / mean);
                *score += rarity * weight * (SATURATION + 1.0) / (weight + scale);
            }
        }
    }
    let mut ranked: Vec<(u32, f64)> = (0..).zip(scores).collect();
    ranked.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    ranked.into_iter().take(count as usize).map(|(position, _)| position).collect()
}

/// What is searched of a tool.
struct Document {
    /// What each stem counts here.
    weights: BTreeMap<String, f64>,
    /// The sum of the weights.
    length: f64,
}

impl Document {
    fn new(tool: &ToolDefinition) -> Self {
        let mut arguments = String::new();
        // A schema that is no JSON has no words; the session that is offered the tool tells of it.
        gather(&serde_json::from_str(&tool.parameters_json).unwrap_or_default(), &mut arguments);
        let mut weights = BTreeMap::new();
        for (text, weight) in [(&tool.name, IN_NAME), (&tool.description, IN_DESCRIPTION), (&arguments, IN_ARGUMENTS)] {
            for stem in stems(text) {
                *weights.entry(stem).or_default() += weight;
            }
        }
        Self { length: weights.values().sum(), weights }
    }
}

/// Adds the words of a schema: names of arguments, descriptions, what is chosen from.
fn gather(schema: &Value, words: &mut String) {
    match schema {
        Value::Array(parts) => parts.iter().for_each(|part| gather(part, words)),
        Value::Object(members) => members.iter().for_each(|(key, value)| match (key.as_str(), value) {
            ("description" | "title", Value::String(text)) => add(text, words),
            ("enum", Value::Array(choices)) => {
                choices.iter().filter_map(Value::as_str).for_each(|choice| add(choice, words));
            }
            ("properties", Value::Object(arguments)) => arguments.iter().for_each(|(name, schema)| {
                add(name, words);
                gather(schema, words);
            }),
            (_, part) => gather(part, words),
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn add(text: &str, words: &mut String) {
    words.push_str(text);
    words.push(' ');
}

/// The first letters of each word in small letters. Words also part where a small letter meets a capital one.
fn stems(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut was_small = false;
    for letter in text.chars() {
        if !letter.is_alphanumeric() || (was_small && letter.is_uppercase()) {
            words.push(std::mem::take(&mut word));
        }
        was_small = letter.is_lowercase();
        if letter.is_alphanumeric() && word.chars().count() < STEM {
            word.extend(letter.to_lowercase());
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_part_at_marks_and_capitals_and_count_by_their_beginning() {
        assert_eq!(stems("setAlarm-clock, Übergrößen 24h"), ["set", "alarm", "clock", "überg", "24h"]);
        assert!(stems(" _-! ").is_empty());
    }

    #[test]
    fn a_schema_gives_names_descriptions_and_choices() {
        let mut words = String::new();
        let schema = r#"{"type": "object", "properties": {"description": {"type": "array", "items": {"enum": ["a", 1]}},
            "to": {"anyOf": [{"description": "whom"}, {"properties": {"id": {}}}]}}, "required": ["never"]}"#;
        gather(&serde_json::from_str(schema).unwrap_or_default(), &mut words);
        let mut words: Vec<&str> = words.split_whitespace().collect();
        words.sort_unstable();
        assert_eq!(words, ["a", "description", "id", "to", "whom"]);
    }
}
