//! Searches of models of a few hundred thousand weights on this processor: their events, their ends, their folders.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use phonelm_sdk::*;
use pollster::block_on;
use tempfile::TempDir;

/// Few shapes of about 300,000 parameters, read and decoded in a moment.
fn small(folder: &Path) -> SearchOptions {
    let space = SearchSpace {
        head_dims: Some(vec![16, 32]),
        kv_groups: Some(vec![1, 2]),
        layers: Some(LayerRange { least: 2, most: 6 }),
        ffn_ratio: Some(ValueRange { least: 2.0, most: 4.0 }),
        ..SearchSpace::default()
    };
    SearchOptions {
        params: 300_000,
        directory: folder.to_string_lossy().into(),
        tolerance: Some(0.04),
        vocab: Some(512),
        context: Some(64),
        prefill: Some(16),
        decode: Some(8),
        threads: Some(1),
        budget_seconds: Some(60.0),
        space: Some(space),
        ..SearchOptions::default()
    }
}

/// Every reading of progress, and how the search ended; it is cancelled once it has made `most` measurements.
fn follow(options: SearchOptions, most: u32) -> (Vec<SearchProgress>, Result<SearchResult, SdkError>) {
    let search = start_search(options);
    let mut readings = Vec::new();
    loop {
        match block_on(search.next()) {
            Ok(Some(SearchEvent::Progress { progress })) => {
                if progress.done >= most {
                    search.cancel();
                }
                readings.push(progress);
            }
            Ok(Some(SearchEvent::Finished { result })) => {
                assert_eq!(block_on(search.next()), Ok(None));
                return (readings, Ok(result));
            }
            Ok(None) => panic!("the end is told"),
            Err(error) => return (readings, Err(error)),
        }
    }
}

fn find(options: SearchOptions) -> Result<SearchResult, SdkError> {
    follow(options, u32::MAX).1
}

fn place() -> (TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("search");
    (dir, folder)
}

#[test]
fn a_search_finds_a_winner_and_tells_how_far_it_is() {
    let (_dir, folder) = place();
    let asked =
        ModelShape { hidden: 32, layers: 1, ffn: 32, heads: 2, kv_heads: 1, activation: Activation::Silu, tied: true };
    let (readings, result) = follow(SearchOptions { also: vec![asked], ..small(&folder) }, u32::MAX);
    let result = result.unwrap();
    assert!(readings.windows(2).all(|pair| pair[0].done < pair[1].done && pair[0].seconds < pair[1].seconds));
    assert!(readings.iter().all(|reading| reading.done < reading.total && reading.slowdown > 0.0));
    let last = readings.last().unwrap();
    assert_eq!((last.stage, last.done + 1, last.budget_seconds), (SearchStage::Final, result.measurements, 60.0));
    assert!(last.best.unwrap().measured.unwrap().decode_tokens_per_second > 0.0);

    let winner = result.winner;
    assert!(winner.candidate && winner.front && result.more_is_better && result.complete);
    assert!((288_000..=312_000).contains(&winner.parameters), "{}", winner.parameters);
    let (value, spread) = (winner.measured.unwrap().value, winner.spread.unwrap());
    assert!((spread.least..=spread.most).contains(&value));
    let whole: Vec<&ShapeResult> = result.shapes.iter().filter(|shape| shape.measured.is_some()).collect();
    assert!(whole.iter().filter(|shape| shape.candidate).all(|shape| shape.measured.unwrap().value <= value));
    let also = whole.iter().find(|shape| !shape.candidate).unwrap();
    assert_eq!((also.shape, also.composed), (asked, None));
    assert!(result.composition.checked > 0 && result.drift.decode.least <= result.drift.decode.most);
    assert!(result.device.contains("1 thread") && result.unit.contains("decode"));

    let config: serde_json::Value = serde_json::from_slice(&fs::read(&result.files.config_json).unwrap()).unwrap();
    assert_eq!(config["hidden_size"], winner.shape.hidden);
    let csv = fs::read_to_string(&result.files.results_csv).unwrap();
    assert_eq!(csv.lines().count(), 1 + result.shapes.len());
    assert!(fs::read(&result.files.results_json).unwrap().starts_with(b"{"));
}

#[test]
fn a_cancelled_search_goes_on_in_its_folder() {
    let (_dir, folder) = place();
    let (readings, end) = follow(small(&folder), 3);
    assert_eq!(end, Err(SdkError::Cancelled));
    let done = readings.last().unwrap().done;
    assert!(done >= 3 && !folder.join("results.json").exists());
    // One that is dropped has its turn before the next and is no hindrance.
    drop(start_search(small(&folder)));
    let (readings, end) = follow(small(&folder), u32::MAX);
    assert!(readings[0].done >= done && end.is_ok());
}

#[test]
fn searches_take_turns() {
    let (_dir, folder) = place();
    let mut both = std::thread::scope(|scope| {
        let one = scope.spawn(|| follow(small(&folder), u32::MAX));
        let other = scope.spawn(|| follow(small(&folder), u32::MAX));
        [one.join().unwrap(), other.join().unwrap()]
    });
    both.sort_by_key(|(readings, _)| readings.first().map_or(u32::MAX, |reading| reading.done));
    let [(first, one), (second, other)] = both;
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(first[0].done, 0);
    // The second has all that the first one measured, and makes anew only what was disturbed.
    assert!(second.iter().all(|reading| reading.done >= one.measurements));
    assert!(other.measurements >= one.measurements && other.winner.measured.is_some());
}

#[test]
fn what_no_search_can_have_is_refused_by_its_name() {
    let (_dir, folder) = place();
    let base = || small(&folder);
    let within = |space: SearchSpace| SearchOptions { space: Some(space), ..base() };
    let space = || base().space.unwrap();
    let odd = ModelShape {
        hidden: u32::MAX,
        layers: 0,
        ffn: 1,
        heads: 0,
        kv_heads: 7,
        activation: Activation::Relu,
        tied: false,
    };
    for (bad, named) in [
        (SearchOptions { params: 0, ..base() }, "params"),
        (SearchOptions { params: 1_000_000_000_000, ..base() }, "params"),
        (SearchOptions { params: 5_000_000_000, ..base() }, "params"),
        (SearchOptions { tolerance: Some(f64::NAN), ..base() }, "tolerance"),
        (SearchOptions { vocab: Some(u32::MAX), ..base() }, "vocab"),
        (SearchOptions { prefill: Some(64), ..base() }, "decode"),
        (SearchOptions { objective: Some(SearchObjective::Weighted { decode: 2.0 }), ..base() }, "objective"),
        (SearchOptions { sparsity: Some(0.5), weights: Some(WeightType::Q8_0), ..base() }, "sparsity"),
        (SearchOptions { threads: Some(0), ..base() }, "threads"),
        (SearchOptions { backend: Some(BackendPreference::Auto), ..base() }, "backend"),
        (SearchOptions { budget_seconds: Some(f64::NAN), ..base() }, "budget_seconds"),
        (SearchOptions { budget_seconds: Some(-1.0), ..base() }, "budget_seconds"),
        (SearchOptions { budget_seconds: Some(f64::INFINITY), ..base() }, "budget_seconds"),
        (SearchOptions { also: vec![odd], ..base() }, "also"),
        (within(SearchSpace { head_dims: Some(vec![24]), ..space() }), "head_dims"),
        (within(SearchSpace { head_dims: Some(vec![]), ..space() }), "space"),
        (within(SearchSpace { kv_groups: Some(vec![0]), ..space() }), "kv_groups"),
        (within(SearchSpace { layers: Some(LayerRange { least: 6, most: 2 }), ..space() }), "layers"),
        (within(SearchSpace { aspect: Some(ValueRange { least: f64::NAN, most: 1.0 }), ..space() }), "aspect"),
        (within(SearchSpace { ffn_ratio: Some(ValueRange { least: 3.0, most: 1.0 }), ..space() }), "ffn_ratio"),
    ] {
        let error = find(bad).unwrap_err();
        assert!(matches!(&error, SdkError::OptionInvalid { option, .. } if option == named), "{named}: {error}");
    }
    // What is possible is told.
    let error = find(SearchOptions { params: 5_000_000_000, ..base() }).unwrap_err();
    assert!(error.to_string().starts_with("option params is 5000000000, allowed is what shapes"), "{error}");
    assert!(!folder.exists());

    // A budget too short for one speed keeps what was measured.
    let error = find(SearchOptions { budget_seconds: Some(0.001), ..base() }).unwrap_err();
    assert!(matches!(&error, SdkError::OptionInvalid { option, .. } if option == "budget_seconds"), "{error}");
    assert!(follow(base(), u32::MAX).0[0].done > 0);
}

#[test]
fn folders_that_are_not_this_search_are_left_alone() {
    let (_dir, folder) = place();
    assert!(follow(small(&folder), 1).1.is_err());
    let file = folder.join("measurements.jsonl");
    let good = fs::read_to_string(&file).unwrap();
    for (text, options) in [
        (good.replace("\"stage\"", "\"stadium\""), small(&folder)),
        ("a text of mine\n".to_owned(), small(&folder)),
        (good.clone(), SearchOptions { params: 310_000, ..small(&folder) }),
    ] {
        fs::write(&file, &text).unwrap();
        let error = find(options).unwrap_err();
        let SdkError::SearchInvalid { path, reason } = &error else { panic!("{error}") };
        assert_eq!((path.as_str(), reason.contains(path.as_str())), (&*file.to_string_lossy(), true));
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
    fs::remove_file(&file).unwrap();
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    assert!(matches!(find(small(&folder)), Err(SdkError::SearchInvalid { .. })));
    // A file where the folder should be.
    let error = find(small(&folder.join("notes.txt"))).unwrap_err();
    assert!(matches!(error, SdkError::StorageFailed { .. }), "{error}");
}
