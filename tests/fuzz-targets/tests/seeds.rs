//! The kept inputs of every fuzz target, as they are and with some of their bytes changed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::Read;
use std::path::Path;

use phonelm_fuzz_targets as targets;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use zip::ZipArchive;

const FUZZ: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz");
/// Changed inputs of each target.
const CHANGED: u32 = 50;

/// One of the seeds, with up to eight bytes changed, and cut.
fn changed(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec(any::<(Index, u8)>(), 0..8);
    (select(seeds), changes, any::<Option<Index>>()).prop_map(|(mut bytes, changes, cut)| {
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len())));
        bytes
    })
}

/// Inputs that fuzzing found, if any were kept.
fn kept(target: &str) -> Vec<Vec<u8>> {
    let Ok(file) = fs::File::open(format!("{FUZZ}/kept/{target}.zip")) else { return Vec::new() };
    let mut archive = ZipArchive::new(file).unwrap();
    let count = archive.len();
    let mut read = |index| {
        let mut bytes = Vec::new();
        archive.by_index(index).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    (0..count).map(&mut read).collect()
}

fn hold(target: &str, run: fn(&[u8])) {
    kept(target).iter().for_each(|input| run(input));
    let files = fs::read_dir(Path::new(FUZZ).join("seeds").join(target)).unwrap();
    let seeds: Vec<Vec<u8>> = files.map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
    assert!(!seeds.is_empty());
    seeds.iter().for_each(|seed| run(seed));
    let config = Config { cases: CHANGED, failure_persistence: None, ..Config::default() };
    let held = TestRunner::new(config).run(&changed(seeds), |bytes| {
        run(&bytes);
        Ok(())
    });
    held.unwrap();
}

macro_rules! targets {
    ($($target:ident),*) => {$(
        #[test]
        fn $target() {
            hold(stringify!($target), targets::$target::run);
        }
    )*};
}

targets!(blocks, convert, gguf, grammar, prompt, search, session, template, tokenizer, transcript);
