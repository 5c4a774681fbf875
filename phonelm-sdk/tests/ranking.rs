//! Tools found for requests that people wrote, among the functions of the model that ships.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;

use common::catalogue;
use phonelm_sdk::*;
use serde_json::Value;

/// A file of requests with the names of the functions that serve each.
fn requests(file: &str) -> Vec<(String, BTreeSet<String>)> {
    let path = format!("{}/../training/requests/{file}", env!("CARGO_MANIFEST_DIR"));
    let read = |line: &str| {
        let case: Value = serde_json::from_str(line).unwrap();
        let names = case["calls"].as_array().unwrap().iter().map(|call| call["name"].as_str().unwrap().to_owned());
        (case["request"].as_str().unwrap().to_owned(), names.collect())
    };
    std::fs::read_to_string(path).unwrap().lines().map(read).collect()
}

/// Chance alone would find 21 % among five of 24.
#[test]
fn the_right_function_is_mostly_among_five() {
    let tools = catalogue();
    for (file, least) in [("dev.jsonl", 0.82), ("dev2.jsonl", 0.74), ("final.jsonl", 0.82)] {
        let (mut wanted, mut first, mut found) = (0, 0, 0);
        for (request, names) in requests(file) {
            let chosen = select_tools(request, tools.clone(), 5);
            let name = |position: u32| tools[position as usize].name.clone();
            wanted += names.len();
            first += usize::from(names.contains(&name(chosen[0])));
            found += chosen.iter().filter(|position| names.contains(&name(**position))).count();
        }
        let share = found as f64 / wanted as f64;
        println!("{file}: {found} of {wanted} among five ({share:.3}), {first} first");
        assert!(share >= least, "{file}: {share:.3}");
    }
}

#[test]
fn the_best_comes_first_and_the_order_is_fixed() {
    let tools = catalogue();
    let names = |request: &str, count: u32| -> Vec<String> {
        let chosen = select_tools(request.into(), tools.clone(), count);
        chosen.into_iter().map(|position| tools[position as usize].name.clone()).collect()
    };
    assert_eq!(names("Record a VIDEO of the cat", 1), ["record_video"]);
    assert_eq!(names("pick ringtones", 1), ["pick_ringtone"]);
    let in_order: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    for nothing in ["", "xyzzy", "???"] {
        assert_eq!(names(nothing, 100), in_order);
    }
    assert_eq!(names("Take a photo", 100), names("Take a photo", 100));
    assert!(names("Take a photo", 0).is_empty());
    assert!(select_tools("Take a photo".into(), Vec::new(), 3).is_empty());
}

#[test]
fn tools_without_words_or_schema_are_taken_as_they_are() {
    let bare = |name: &str, parameters: &str| ToolDefinition {
        name: name.into(),
        description: String::new(),
        parameters_json: parameters.into(),
        permission: None,
    };
    let tools = vec![bare("", ""), bare("_", "no JSON"), bare("torch", "{}")];
    assert_eq!(select_tools("torch on".into(), tools.clone(), 2), [2, 0]);
    assert_eq!(select_tools("lamp".into(), tools[..2].to_vec(), 2), [0, 1]);
}
