//! Whole searches for models of a few hundred thousand weights on this processor.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use phonelm_kernels::CpuOptions;
use phonelm_model::Activation;
use phonelm_search::{Cpu, Entry, Error, Objective, Report, Search, Shape, Stage, search};
use tempfile::TempDir;

/// Few shapes of about 300,000 parameters, read and decoded in a moment.
fn tiny() -> Search {
    let mut tiny = Search { vocab: 512, context: 64, prefill: 16, decode: 8, tolerance: 0.04, ..Search::new(300_000) };
    tiny.space.head_dims = vec![16, 32];
    tiny.space.groups = vec![1, 2];
    tiny.space.layers = 2..=6;
    tiny.space.ffn_ratio = 2.0..=4.0;
    tiny
}

fn cpu() -> Cpu {
    Cpu(CpuOptions { threads: Some(1), ..CpuOptions::default() })
}

fn run(wanted: &Search, dir: &Path) -> Result<Report, Error> {
    search(wanted, dir, &mut cpu(), &mut |_| {}, &AtomicBool::new(false))
}

/// What was measured and for what.
fn measured(dir: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(dir.join("measurements.jsonl")).unwrap();
    let line = |line: &str| {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        format!("{} {}", record["stage"], record["shape"])
    };
    text.lines().skip(1).map(line).collect()
}

fn place() -> (TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let result = dir.path().join("result");
    (dir, result)
}

#[test]
fn a_search_ends_with_a_winner_inside_the_budget_and_all_files() {
    let (_dir, result) = place();
    let wanted = tiny();
    let mut stages = Vec::new();
    let mut progress = |step: &phonelm_search::Progress| {
        assert!(step.done < step.total, "{step:?}");
        assert!((0.1..100.0).contains(&step.slowdown), "{}", step.slowdown);
        // What is best is known as soon as a width is composed, and once a shape was measured whole it is such a one.
        let known = |best: &Entry| best.candidate && (step.stage != Stage::Final || best.measured.is_some());
        assert!(step.best.as_ref().map_or(step.stage == Stage::Probe, known), "{step:?}");
        stages.push(step.stage);
    };
    let report = search(&wanted, &result, &mut cpu(), &mut progress, &AtomicBool::new(false)).unwrap();
    assert!(report.complete && report.measurements == stages.len());
    assert!([Stage::Probe, Stage::Sample, Stage::Final].iter().all(|stage| stages.contains(stage)));

    let shapes = wanted.shapes().unwrap();
    assert!(shapes.contains(&report.winner));
    assert_eq!(report.shapes.len(), shapes.len());
    let best = report.best().unwrap();
    let value = best.measured.unwrap().value;
    assert!(report.shapes.iter().filter_map(|entry| entry.measured).all(|speeds| speeds.value <= value));
    assert!(best.front && report.composition.checked > 0);

    let config: serde_json::Value =
        serde_json::from_slice(&std::fs::read(result.join("config.json")).unwrap()).unwrap();
    assert_eq!(config, report.winner.hugging_face(512, 64));
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(result.join("results.json")).unwrap()).unwrap();
    assert_eq!(json["shapes"].as_array().unwrap().len(), shapes.len());
    let csv = std::fs::read_to_string(result.join("results.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1 + shapes.len());
    let columns = csv.lines().next().unwrap().split(',').count();
    assert!(csv.lines().all(|line| line.split(',').count() == columns));
    assert!(!result.join("results.partial").exists());
}

#[test]
fn whole_models_are_composed_from_shallow_ones() {
    let (_dir, result) = place();
    let report = run(&tiny(), &result).unwrap();
    let both: Vec<_> =
        report.shapes.iter().filter_map(|entry| Some((entry, entry.composed?, entry.measured?))).collect();
    assert!(both.len() >= 5);
    for (entry, composed, measured) in both {
        // Bytes know no noise.
        let bytes = composed.bytes_per_token / measured.bytes_per_token;
        assert!((bytes - 1.0).abs() < 1e-4, "{}: {bytes}", entry.shape);
        // Times do, and beside other tests they are only roughly right; a head or a layer forgotten is more than this.
        let decode = composed.decode_tokens_per_second / measured.decode_tokens_per_second;
        assert!((0.5..2.0).contains(&decode), "{}: {decode}", entry.shape);
    }
}

#[test]
fn an_interrupted_search_goes_on_and_measures_the_same() {
    let (_whole, whole) = place();
    let (_parts, parts) = place();
    // So few shapes that each is a front-runner, whatever the times were.
    let mut wanted = tiny();
    wanted.space.head_dims = vec![32];
    wanted.space.layers = 3..=5;
    let count = wanted.shapes().unwrap().len();
    assert!((3..=12).contains(&count), "{count} shapes");
    run(&wanted, &whole).unwrap();

    let cancel = AtomicBool::new(false);
    for start in 0..3 {
        let mut steps = 0;
        let mut stop_after_a_few = |_: &phonelm_search::Progress| {
            steps += 1;
            cancel.store(steps == 4, Ordering::Relaxed);
        };
        let error = search(&wanted, &parts, &mut cpu(), &mut stop_after_a_few, &cancel).unwrap_err();
        assert!(matches!(error, Error::Cancelled { measured } if measured == 3 * (start + 1)), "{error}");
        assert!(!parts.join("results.json").exists());
        cancel.store(false, Ordering::Relaxed);
    }
    // The last line was cut off, as when a phone is switched off.
    let file = parts.join("measurements.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.trim_end().trim_end_matches('}')).unwrap();
    let report = run(&wanted, &parts).unwrap();
    assert!(report.complete);
    assert_eq!(measured(&parts), measured(&whole));

    // What is complete needs nothing new, also for another objective.
    let other = Search { objective: Objective::EnergyProxy, ..wanted };
    assert!(run(&other, &parts).unwrap().complete);
    assert_eq!(measured(&parts), measured(&whole));
}

#[test]
fn a_spent_budget_ends_the_search_and_a_larger_one_goes_on() {
    let (_dir, result) = place();
    let short = Search { budget: Duration::from_millis(1), ..tiny() };
    let error = run(&short, &result).unwrap_err();
    assert!(matches!(error, Error::OutOfTime { measured: 1, .. }), "{error}");
    assert!(run(&tiny(), &result).unwrap().complete);
}

#[test]
fn shapes_that_are_asked_for_are_measured_but_cannot_win() {
    let (_dir, result) = place();
    let small =
        Shape { hidden: 32, layers: 1, ffn: 32, heads: 2, kv_heads: 2, activation: Activation::Silu, tied: true };
    let mut wanted = Search { also: vec![small], ..tiny() };
    wanted.space.layers = 4..=5;
    let report = run(&wanted, &result).unwrap();
    let entry = report.shapes.iter().find(|entry| entry.shape == small).unwrap();
    assert!(entry.measured.is_some() && !entry.candidate && !entry.front);
    assert_ne!(report.winner, small);
}

#[test]
fn folders_that_are_not_this_search_are_left_alone() {
    let (_dir, result) = place();
    std::fs::create_dir(&result).unwrap();
    std::fs::write(result.join("config.json"), "a model's").unwrap();
    assert!(matches!(run(&tiny(), &result), Err(Error::NotEmpty { .. })));
    assert_eq!(std::fs::read(result.join("config.json")).unwrap(), b"a model's");
    std::fs::remove_file(result.join("config.json")).unwrap();

    run(&Search { budget: Duration::from_millis(1), ..tiny() }, &result).unwrap_err();
    let file = result.join("measurements.jsonl");
    let good = std::fs::read_to_string(&file).unwrap();
    let refused = |text: &str, wanted: &Search| {
        std::fs::write(&file, text).unwrap();
        let error = run(wanted, &result).unwrap_err();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        assert_eq!(std::fs::read_dir(&result).unwrap().count(), 1);
        error
    };
    let other = Search { params: 310_000, ..tiny() };
    match refused(&good, &other) {
        Error::OtherSearch { field, found, wanted, .. } => {
            assert_eq!((&*field, &*found, &*wanted), ("params", "300000", "310000"));
        }
        error => panic!("{error}"),
    }
    let cases = [
        (good.replace("\"stage\"", "\"stadium\""), 2),
        (good.replace("{\"phonelm_search\":1", "{\"something\":1"), 1),
        (format!("{good}{{}}\n"), 3),
        (format!("{good}\n"), 3),
        (good.replace("\"bytes\":", "\"bytes\":0,\"was\":"), 2),
        (good.trim_end().replace('\n', " "), 1),
        ("a text of mine\n".to_owned(), 1),
    ];
    for (text, at) in cases {
        match refused(&text, &tiny()) {
            Error::BrokenLine { line, .. } => assert_eq!(line, at, "{text}"),
            error => panic!("{error}"),
        }
    }
    let error = refused(&good.replace("\"phonelm_search\":1", "\"phonelm_search\":2"), &tiny());
    assert!(matches!(error, Error::OtherSearch { field, .. } if field == "format"));
}

#[test]
fn two_searches_do_not_write_to_one_folder() {
    let (_dir, result) = place();
    let mut second = None;
    let mut progress = |_: &phonelm_search::Progress| {
        second.get_or_insert_with(|| run(&tiny(), &result).unwrap_err());
    };
    search(&tiny(), &result, &mut cpu(), &mut progress, &AtomicBool::new(false)).unwrap();
    assert!(matches!(second, Some(Error::Busy { .. })));
}
