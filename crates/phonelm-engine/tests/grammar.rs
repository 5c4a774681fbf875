//! Grammars on phonelm-tiny at temperatures where it would never keep to them by itself, and grammars that are none.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::ops::ControlFlow;

use common::tiny;
use phonelm_engine::{
    Engine, Error, FinishReason, GenerateOptions, Grammar, GrammarError, Input, Response, SamplerOptions, Setup, Tool,
};
use serde_json::{Value, json};

/// An answer of at most `max_tokens` under a grammar.
fn answer(engine: &mut Engine, grammar: &Grammar, temperature: f32, seed: u64) -> Response {
    let options = GenerateOptions {
        sampler: SamplerOptions { temperature, seed: Some(seed), ..SamplerOptions::default() },
        mask: Some(engine.constraint(grammar).unwrap()),
        max_tokens: Some(400),
        ..GenerateOptions::default()
    };
    let mut conversation = engine.conversation(Setup::default());
    let question = Input::User("Tell me about Berlin and its weather".into());
    let response = engine.respond(&mut conversation, question, options, |_| ControlFlow::Continue(())).unwrap();
    engine.close(conversation);
    response
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "city": {"type": "string", "enum": ["Berlin", "München", "東京", "a \"b\" \\ c"]},
            "degrees": {"type": "integer", "minimum": -20, "maximum": 45},
            "chance": {"type": "number", "enum": [0, 0.25, 1]},
            "words": {"type": "array", "items": {"type": "string", "maxLength": 12}, "minItems": 1, "maxItems": 3},
            "place": {
                "type": "object",
                "properties": {"name": {"type": "string", "maxLength": 20}, "sure": {"type": "boolean"}},
                "required": ["sure"],
                "additionalProperties": false
            },
            "code": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{3}$"},
            "kind": {"anyOf": [{"const": null}, {"type": "integer", "minimum": 3, "maximum": 99}, {"$ref": "#/$defs/flag"}]}
        },
        "required": ["city", "degrees", "words", "kind"],
        "additionalProperties": false,
        "$defs": {"flag": {"type": "boolean"}}
    })
}

#[test]
fn answers_are_valid_under_their_schema() {
    let (mut engine, schema) = (tiny(), schema());
    let valid = jsonschema::validator_for(&schema).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..60 {
        let temperature = [0.0, 0.8, 1.5][seed as usize % 3];
        let response = answer(&mut engine, &Grammar::JsonSchema(schema.clone()), temperature, seed);
        assert_eq!(response.finish, FinishReason::Stop, "{}", response.answer.text);
        let text = &response.answer.text;
        let value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert!(valid.is_valid(&value), "{text}");
        assert!(text.starts_with("{\"city\": \"") && text.contains(", \"degrees\": "), "spaced otherwise: {text}");
        seen.extend(value.as_object().unwrap().keys().cloned());
        seen.insert(value["city"].to_string());
    }
    assert!(seen.len() >= 9, "only {seen:?}");
}

#[test]
fn regular_expressions_and_lark() {
    let mut engine = tiny();
    let digits = Grammar::Regex("[0-9]{3}-(ä|ö|ü)+!".into());
    let sum = Grammar::Lark("start: term (\" + \" term)* \";\"\nterm: /[1-9][0-9]?/ | \"(\" start \")\"\n".into());
    for seed in 0..20 {
        let response = answer(&mut engine, &digits, 1.5, seed);
        let text = response.answer.text;
        let (number, rest) = text.split_once('-').unwrap();
        assert!(number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit()), "{text}");
        // The model may not end it before the context does, which may come in the middle of a letter.
        let end = if response.finish == FinishReason::Stop { '!' } else { char::REPLACEMENT_CHARACTER };
        assert!(rest.trim_end_matches(end).chars().all(|c| "äöü".contains(c)), "{text}");
        let response = answer(&mut engine, &sum, 1.5, seed);
        if response.finish == FinishReason::Stop {
            let text = response.answer.text;
            assert!(text.ends_with(';') && text.chars().all(|c| "0123456789 +();".contains(c)), "{text}");
        }
    }
    assert_eq!(answer(&mut engine, &Grammar::Regex("Ja, genau\\.".into()), 1.5, 0).answer.text, "Ja, genau.");
}

/// Nothing is called here, so the mark is text like any other, also where it is a special token.
#[test]
fn the_mark_of_a_call_counts_as_text() {
    let mut engine = tiny();
    let mark = engine.tokenizer().unwrap().encode_with_marks("<tool_call>").unwrap();
    let options = GenerateOptions {
        sampler: SamplerOptions { logit_bias: vec![(mark[0], 100.0)], ..SamplerOptions::default() },
        mask: Some(engine.constraint(&Grammar::Regex("a<[a-z_]{9}>b".into())).unwrap()),
        ..GenerateOptions::default()
    };
    let mut conversation = engine.conversation(Setup::default());
    let response = engine.respond(&mut conversation, Input::User("Go".into()), options, |_| ControlFlow::Continue(()));
    assert_eq!(response.unwrap().answer.text, "a<tool_call>b");
}

#[test]
fn drafts_change_no_token_of_a_constrained_answer() {
    let mut engine = tiny();
    let grammar = Grammar::JsonSchema(schema());
    for (seed, temperature) in [(1, 0.0), (2, 0.7), (3, 1.5)] {
        engine.set_drafts(false);
        let plain = answer(&mut engine, &grammar, temperature, seed);
        engine.set_drafts(true);
        let with = answer(&mut engine, &grammar, temperature, seed);
        assert_eq!(with.answer.ids, plain.answer.ids);
        assert_eq!(with.finish, plain.finish);
    }
}

#[test]
fn grammars_that_are_none_are_refused() {
    let engine = tiny();
    let refused = |grammar: Grammar| match engine.constraint(&grammar) {
        Err(Error::Grammar(error)) => error,
        Err(error) => panic!("{grammar:?}: {error}"),
        Ok(_) => panic!("{grammar:?}"),
    };
    for (grammar, expected) in [
        (Grammar::JsonSchema(json!(7)), "the JSON schema cannot be held"),
        (Grammar::JsonSchema(json!({"type": "strnig"})), "strnig"),
        (Grammar::JsonSchema(json!({"type": "object", "properties": 3})), "properties must be an object"),
        (Grammar::JsonSchema(json!({"type": "array", "uniqueItems": true})), "uniqueItems"),
        (Grammar::JsonSchema(json!({"$ref": "#/nowhere"})), "nowhere"),
        (Grammar::JsonSchema(json!({"type": "integer", "minimum": 5, "maximum": 4})), "minimum (5)"),
        (Grammar::Regex("(a".into()), "the regular expression cannot be held"),
        (Grammar::Lark("start: missing".into()), "missing"),
        (Grammar::Lark(String::new()), "the Lark grammar cannot be held"),
    ] {
        let error = refused(grammar);
        assert!(matches!(error, GrammarError::Invalid { .. }), "{error}");
        let line = error.to_string();
        assert!(line.contains(expected) && !line.contains('\n') && !line.contains("panic"), "{line}");
        assert!(line.ends_with("generate without a constraint"), "{line}");
    }
    let mut deep = json!({"type": "integer"});
    for _ in 0..100 {
        deep = json!({"type": "array", "items": deep});
    }
    for grammar in [
        Grammar::JsonSchema(deep),
        Grammar::JsonSchema(json!({"enum": vec!["a long text"; 10_000]})),
        Grammar::Regex("a".repeat(100_000)),
        Grammar::Lark(format!("start: {}\"a\"{}", "(".repeat(5_000), ")".repeat(5_000))),
        Grammar::Lark((0..5_000).map(|n| format!("r{n}: r{}\n", n + 1)).collect()),
    ] {
        let error = refused(grammar);
        assert!(matches!(error, GrammarError::TooLarge { .. }), "{error}");
    }
}

#[test]
fn grammars_at_the_bounds_neither_overflow_nor_hang() {
    let engine = tiny();
    let mut nested = json!({"type": "integer"});
    for _ in 0..20 {
        nested = json!({"type": "object", "properties": {"a": nested}});
    }
    let chain: String = (0..900).map(|n| format!("r{n}: r{} | \"x\"\n", n + 1)).collect();
    let terminals: String = (0..900).map(|n| format!("T{n}: T{} | \"x\"\n", n + 1)).collect();
    for grammar in [
        Grammar::JsonSchema(nested),
        Grammar::Lark(format!("start: {}\"a\"{}", "(".repeat(1_900), ")".repeat(1_900))),
        Grammar::Lark(format!("start: r0\n{chain}r900: \"y\"\n")),
        Grammar::Lark(format!("start: T0\n{terminals}T900: \"y\"\n")),
        Grammar::Regex(format!("{}a{}", "(".repeat(200), ")".repeat(200))),
        Grammar::Regex("(a{1000}){1000}{1000}".into()),
        Grammar::JsonSchema(json!({"type": "string", "minLength": 4_000_000_000_u64})),
        Grammar::JsonSchema(json!({"type": "array", "minItems": 1_000_000_000})),
        Grammar::JsonSchema(json!({"$ref": "#"})),
        Grammar::JsonSchema(json!({"allOf": [{"$ref": "#"}, {"$ref": "#"}]})),
    ] {
        let start = std::time::Instant::now();
        let text = format!("{grammar:?}");
        let _ = engine.constraint(&grammar);
        assert!(start.elapsed().as_secs() < 20, "{:?}: {}", start.elapsed(), &text[..80.min(text.len())]);
    }
}

fn alarm() -> Tool {
    Tool {
        name: "set_alarm".into(),
        description: "Sets an alarm.".into(),
        parameters: json!({"type": "object", "required": ["hour"], "properties": {
            "hour": {"type": "integer", "minimum": 0, "maximum": 23, "description": "Of the day."},
            "label": {"type": "string", "maxLength": 30},
            "days": {"type": "array", "items": {"enum": ["monday", "sunday"]}},
            "place": {"type": "object", "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}}}
        }}),
    }
}

#[test]
fn arguments_are_checked_in_any_order() {
    let check = |arguments: Value| alarm().check(arguments.as_object().unwrap());
    for arguments in [
        json!({"hour": 7}),
        json!({"hour": 7.0}),
        json!({"label": "école \"x\" \\ \u{7f} \n 東京", "hour": 0}),
        json!({"days": ["sunday", "monday"], "label": "", "hour": 23}),
        json!({"hour": 1, "place": {"lon": 1e-7, "lat": -13.4}}),
    ] {
        assert_eq!(check(arguments.clone()), Ok(()), "{arguments}");
    }
    for (arguments, expected) in [
        (
            json!({}),
            "set_alarm needs the argument \"hour\", allowed is {\"type\":\"integer\",\"minimum\":0,\"maximum\":23}",
        ),
        (json!({"hour": 7, "when": 1}), "set_alarm has no argument \"when\"; it has hour, label, days, place"),
        (json!({"hour": 25}), "the argument \"hour\" of set_alarm is 25, allowed is"),
        (json!({"hour": "7"}), "the argument \"hour\" of set_alarm is \"7\""),
        (json!({"hour": 7.5}), "the argument \"hour\" of set_alarm is 7.5"),
        (
            json!({"days": ["monday", "friday"], "hour": 7}),
            "the argument \"days\" of set_alarm is [\"monday\",\"friday\"]",
        ),
        (json!({"hour": 7, "place": {"height": 3}}), "the argument \"place\""),
        (json!({"hour": 7, "label": "x".repeat(31)}), "the argument \"label\""),
    ] {
        let line = check(arguments.clone()).unwrap_err().to_string();
        assert!(line.contains(expected), "{arguments}: {line}");
    }
    let odd = Tool { parameters: json!({"type": "array"}), ..alarm() };
    assert!(odd.check(&serde_json::Map::new()).unwrap_err().to_string().contains("\"type\" is \"array\""));
}
