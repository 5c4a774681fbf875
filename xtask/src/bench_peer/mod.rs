//! `cargo xtask bench-peer`: this engine against the machine's memory and against llama.cpp, on the same model file.
//!
//! The trap: a busy machine makes both slower, but not equally. Rounds are interleaved and ratios taken round by round; a
//! figure counts as reached only where all rounds agree.

mod llama;
mod measure;
mod ours;
mod plot;
mod report;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::process::{display, output, root, target_dir};
use llama::{Llama, Test};
use measure::{Case, Measure, Ours};
use ours::Engine;

/// Tokens of the prefill.
const PROMPT: usize = 512;
/// Tokens of the passes beside decode.
const ROWS: [usize; 3] = [2, 4, 8];
/// The long context of the goals.
const LONG: usize = 1900;
/// Contexts between, for the plot.
const BETWEEN: [usize; 2] = [512, 1024];

/// What `cargo xtask bench-peer` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// Interleaved rounds of both engines.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// This shape only; may be given several times.
    #[arg(long, value_enum, value_name = "SHAPE")]
    shape: Vec<Shape>,
    /// Numbers of compute threads.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "1,2")]
    threads: Vec<usize>,
    /// Two rounds of few tokens, of the small shape unless one is named; nothing in docs changes.
    #[arg(long)]
    quick: bool,
}

/// The two published PhoneLM models, and the tiny one, which fits into a cache.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Shape {
    #[value(name = "phonelm-0.5b")]
    PhoneLm05,
    #[value(name = "phonelm-1.5b")]
    PhoneLm15,
    #[value(name = "phonelm-tiny")]
    PhoneLmTiny,
}

impl Shape {
    fn name(self) -> &'static str {
        match self {
            Self::PhoneLm05 => "phonelm-0.5b",
            Self::PhoneLm15 => "phonelm-1.5b",
            Self::PhoneLmTiny => "phonelm-tiny",
        }
    }

    /// The type of its weights, as published or as shipped.
    fn weights(self) -> &'static str {
        if matches!(self, Self::PhoneLmTiny) { "q8_0" } else { "q4_0" }
    }
}

/// How much of everything.
struct Plan {
    shapes: Vec<Shape>,
    threads: Vec<usize>,
    rounds: u32,
    /// Decoded tokens of a measurement.
    tokens: usize,
    between: &'static [usize],
}

impl Plan {
    fn new(options: &Options) -> Self {
        let shapes: &[Shape] = match (&options.shape[..], options.quick) {
            ([], true) => &[Shape::PhoneLm05],
            ([], false) => Shape::value_variants(),
            (named, _) => named,
        };
        let mut threads = options.threads.clone();
        threads.sort_unstable();
        threads.dedup();
        let (rounds, tokens, between) =
            if options.quick { (2, 8, &[][..]) } else { (options.rounds, 32, &BETWEEN[..]) };
        Self { shapes: shapes.to_vec(), threads, rounds, tokens, between }
    }

    /// The contexts to decode at; those between for the largest number of threads only, since they take long.
    fn depths(&self, threads: usize) -> Vec<usize> {
        let between = if self.threads.last() == Some(&threads) { self.between } else { &[] };
        [0].into_iter().chain(between.iter().copied()).chain([LONG]).collect()
    }
}

/// Measures everything and writes the report and its plot: into docs, or after a quick run under target.
pub(crate) fn run(options: &Options) -> Result<()> {
    ensure!(options.threads.iter().all(|threads| (1..=256).contains(threads)), "--threads: from 1 to 256");
    let plan = Plan::new(options);
    let folder = target_dir().join("bench-peer");
    let engine = Engine::build()?;
    let llama = Llama::build(&engine.kernels)?;
    let mut cases = Vec::new();
    for &shape in &plan.shapes {
        for &threads in &plan.threads {
            cases.push(kept_case(&plan, &engine, &llama, shape, threads)?);
        }
    }
    let table = report::markdown(&cases, &engine.kernels, &llama.system_info)?;
    println!("{table}");
    let page = root().join("docs/performance.md");
    let (page, picture) = if options.quick {
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        fs::copy(&page, folder.join("performance.md")).with_context(|| format!("cannot copy {}", page.display()))?;
        (folder.join("performance.md"), folder.join(report::PICTURE))
    } else {
        (page, root().join("docs").join(report::PICTURE))
    };
    report::write(&page, &table)?;
    if let Some(folder) = picture.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(&picture, plot::svg(&cases)).with_context(|| format!("cannot write {}", picture.display()))?;
    eprintln!("bench-peer: written: {} and {}", page.display(), picture.display());
    Ok(())
}

/// A case, measured or as it was measured before: the whole takes more than an hour, and a run that was broken off goes on. Only
/// what a commit holds can be told from what came later, so that a changed tree keeps nothing.
fn kept_case(plan: &Plan, engine: &Engine, llama: &Llama, shape: Shape, threads: usize) -> Result<Case> {
    let commit = output("git", &["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]).unwrap_or_default();
    let name = format!("{}-{threads}-{}x{}-{}.json", shape.name(), plan.rounds, plan.tokens, commit.trim());
    let path = target_dir().join("bench-peer").join(name);
    let keeps = !commit.is_empty() && !commit.trim().ends_with("-dirty");
    if let Some(case) = fs::read(&path).ok().filter(|_| keeps).and_then(|json| serde_json::from_slice(&json).ok()) {
        eprintln!("bench-peer: as measured before: {}", path.display());
        return Ok(case);
    }
    let case = case(plan, engine, llama, shape, threads)?;
    if keeps {
        fs::write(&path, serde_json::to_vec(&case)?).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(case)
}

/// Tunes llama.cpp, then lets both take turns, context by context.
fn case(plan: &Plan, engine: &Engine, llama: &Llama, shape: Shape, threads: usize) -> Result<Case> {
    let model = engine.model(shape, &target_dir().join("bench-peer"))?;
    let in_cache = matches!(shape, Shape::PhoneLmTiny);
    let depths = plan.depths(threads);
    let shape = shape.name().to_owned();
    let mut case = Case { shape, threads, in_cache, bytes_per_token: BTreeMap::new(), rounds: Vec::new() };
    let title = case.title();
    let test = |measure| Test { measure, model: &model.standard, threads, tokens: plan.tokens };
    let mut settings = BTreeMap::new();
    for measure in [0, LONG].into_iter().flat_map(measures) {
        eprintln!("bench-peer: {title}: llama.cpp's best setting for {measure}");
        settings.insert(measure, llama.tune(&test(measure))?);
    }
    for &depth in plan.between {
        settings.insert(Measure::Decode(depth), settings[&Measure::Decode(LONG)]);
    }
    for round in 1..=plan.rounds {
        let (mut ours, mut theirs) = (Ours::default(), BTreeMap::new());
        for &depth in &depths {
            eprintln!("bench-peer: {title}: round {round} of {}, context {depth}", plan.rounds);
            let found = engine.measure(&mut case, &model.packed, plan.tokens, depth)?;
            ours.speeds.extend(found.speeds);
            ours.bandwidth.extend(found.bandwidth);
            for measure in measures(depth) {
                theirs.insert(measure, llama.speed(&test(measure), settings[&measure])?);
            }
        }
        case.rounds.push((ours, theirs));
    }
    Ok(case)
}

/// What is timed after `depth` tokens.
fn measures(depth: usize) -> Vec<Measure> {
    let mut measures = vec![Measure::Decode(depth)];
    if depth == 0 {
        measures.push(Measure::Prefill);
        measures.extend(ROWS.map(Measure::Pass));
    }
    measures
}

/// What a program prints; its complaints become the error.
fn text(command: &mut Command) -> Result<String> {
    let shown = display(command);
    let output = command.output().with_context(|| format!("cannot start `{shown}`"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{shown}` ended with {}: {}", output.status, complaint.trim());
    String::from_utf8(output.stdout).with_context(|| format!("`{shown}` prints no UTF-8"))
}

fn json(command: &mut Command) -> Result<Value> {
    let text = text(command)?;
    serde_json::from_str(&text).with_context(|| format!("`{}` prints no JSON: {text:.200}", display(command)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_between_are_for_most_threads_only() {
        let options = |quick| Options { rounds: 5, shape: vec![], threads: vec![2, 1, 2], quick };
        let plan = Plan::new(&options(false));
        assert_eq!((plan.shapes.len(), &plan.threads[..], plan.rounds), (3, &[1, 2][..], 5));
        assert_eq!(plan.depths(1), [0, 1900]);
        assert_eq!(plan.depths(2), [0, 512, 1024, 1900]);
        let quick = Plan::new(&options(true));
        assert_eq!((quick.shapes.len(), quick.rounds, quick.depths(2)), (1, 2, vec![0, 1900]));
    }
}
