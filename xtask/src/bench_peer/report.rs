//! The table in docs/performance.md, between two marks.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::measure::{Case, Goal, Measure, Spread};
use super::{LONG, ROWS};
use crate::process::output;

/// The plot, beside the page.
pub(super) const PICTURE: &str = "images/bench-peer.svg";

const BEGIN: &str = "<!-- bench-peer: begin -->\n";
const END: &str = "<!-- bench-peer: end -->\n";

const DECODE: f64 = 1.6;
const DECODE_IN_CACHE: f64 = 2.0;
const PREFILL: f64 = 1.3;
const SHARE: f64 = 0.85;
const SHARE_LONG: f64 = 0.80;
/// By place in [`ROWS`].
const PASSES: [f64; ROWS.len()] = [1.1, 1.5, 2.6];

/// The whole part: how it was measured, the plot, a table for each case.
pub(super) fn markdown(cases: &[Case], kernels: &str, system_info: &str) -> Result<String> {
    let date = output("date", &["--utc", "+%Y-%m-%d"]).context("`date` failed")?;
    let rounds = cases.first().map_or(0, |case| case.rounds.len());
    let mut text = format!(
        "{}, {}. Kernel set {kernels}; llama.cpp as in llama-cpp-python 0.3.36,\n`{system_info}`.\n\
         Both have the same random weights, Q4_0 throughout (Q8_0 in phonelm-tiny), tied head, llama's architecture; ours lie\n\
         packed in their file.\n\
         {rounds} interleaved rounds; median (lowest to highest), ratios taken round by round. llama.cpp runs each line with\n\
         flash attention and repacking on or off, whichever is fastest. A goal is reached where every round reaches it.\n\n\
         ![Decode against the memory, and against the length of the context]({PICTURE})\n",
        processor(),
        date.trim(),
    );
    for case in cases {
        let bandwidth = case.bandwidth().map_or_else(|| "-".to_owned(), |b| figure(b, 1e-9, 1));
        let memory =
            if case.in_cache { "The weights fit into a cache." } else { &format!("Memory gives {bandwidth} GB/s.") };
        let _ = write!(text, "\n### {}\n{memory}\n\n", case.title());
        text += "| | this engine | llama.cpp | ratio | goal | reached |\n|---|---|---|---|---|---|\n";
        for row in rows(case) {
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
    }
    Ok(text)
}

/// Puts `text` between the marks of a page.
pub(super) fn write(page: &Path, text: &str) -> Result<()> {
    let old = fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
    let new = replaced(&old, text)
        .with_context(|| format!("{} lacks the lines {} and {}", page.display(), BEGIN.trim(), END.trim()))?;
    fs::write(page, new).with_context(|| format!("cannot write {}", page.display()))
}

fn replaced(page: &str, text: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{text}{END}{after}"))
}

fn rows(case: &Case) -> Vec<[String; 6]> {
    let mut rows = Vec::new();
    let mut speed = |measure: Measure, goal: Option<f64>| {
        let ratio = case.ratio(measure);
        let [ours, theirs] = [case.ours(measure), case.theirs(measure)].map(|speed| cell(speed, 1.0, 1));
        rows.push(row(
            format!("{measure}, tokens/s"),
            [ours, theirs, cell(ratio, 1.0, 2)],
            ratio,
            goal.map(Goal::AtLeast),
        ));
    };
    for depth in case.depths() {
        speed(Measure::Decode(depth), (depth == 0).then_some(if case.in_cache { DECODE_IN_CACHE } else { DECODE }));
    }
    speed(Measure::Prefill, Some(PREFILL));
    for (depth, goal) in [(0, SHARE), (LONG, SHARE_LONG)].into_iter().filter(|_| !case.in_cache) {
        let share = case.share(depth);
        let cells = [cell(share, 1.0, 2), String::new(), String::new()];
        rows.push(row(
            format!("{}, share of the memory", Measure::Decode(depth)),
            cells,
            share,
            Some(Goal::AtLeast(goal)),
        ));
    }
    if let Some((macs, share)) = case.prefill_macs().zip(case.product_share()) {
        let parts =
            [("products, GMAC/s", figure(macs, 1e-9, 0)), ("share of the registers' products", figure(share, 1.0, 2))];
        for (name, ours) in parts {
            let cells = [ours, String::new(), String::new()];
            rows.push(row(format!("{}, {name}", Measure::Prefill), cells, None, None));
        }
    }
    for (count, goal) in ROWS.into_iter().zip(PASSES) {
        let (ours, theirs) = case.relative(count);
        let cells = [cell(ours, 1.0, 2), cell(theirs, 1.0, 2), String::new()];
        let goal = (!case.in_cache).then_some(Goal::AtMost(goal));
        rows.push(row(format!("{} to one", Measure::Pass(count)), cells, ours, goal));
    }
    rows
}

/// A line of the table; `judged` is what the goal is about.
fn row(name: String, [ours, theirs, ratio]: [String; 3], judged: Option<Spread>, goal: Option<Goal>) -> [String; 6] {
    let wanted = goal.map_or_else(String::new, |goal| match goal {
        Goal::AtLeast(least) => format!("at least {least:.2}"),
        Goal::AtMost(most) => format!("at most {most:.2}"),
    });
    let reached = match (judged, goal) {
        (Some(spread), Some(goal)) if goal.reached(spread) => "yes",
        (_, Some(_)) => "NO",
        (_, None) => "",
    };
    [name, ours, theirs, ratio, wanted, reached.to_owned()]
}

fn cell(spread: Option<Spread>, factor: f64, digits: usize) -> String {
    spread.map_or_else(String::new, |spread| figure(spread, factor, digits))
}

fn figure(spread: Spread, factor: f64, digits: usize) -> String {
    let [median, min, max] = [spread.median, spread.min, spread.max].map(|value| value * factor);
    format!("{median:.digits$} ({min:.digits$} to {max:.digits$})")
}

/// The processor's name and its number of cores.
fn processor() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find_map(|line| line.strip_prefix("model name"));
    let name = line.and_then(|line| Some(line.split_once(':')?.1.trim().to_owned()));
    let name = name.or_else(|| Some(output("sysctl", &["-n", "machdep.cpu.brand_string"])?.trim().to_owned()));
    format!("{}, {cores} cores", name.unwrap_or_else(|| std::env::consts::ARCH.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let page = format!("before\n{BEGIN}old\n{END}after\n");
        assert_eq!(replaced(&page, "new\n").unwrap(), format!("before\n{BEGIN}new\n{END}after\n"));
        assert!(replaced("no marks", "new").is_none());
    }

    #[test]
    fn lines_carry_spread_goal_and_verdict() {
        let rows = rows(&super::super::measure::tests::case());
        let decode =
            ["decode, empty context, tokens/s", "11.0 (10.0 to 12.0)", "4.5 (4.0 to 5.0)", "2.50 (2.00 to 3.00)"];
        assert_eq!(
            (&rows[0][..4], &rows[0][4..]),
            (&decode.map(String::from)[..], &["at least 1.60", "yes"].map(String::from)[..])
        );
        let share = rows.iter().find(|row| row[0] == "decode, empty context, share of the memory").unwrap();
        assert_eq!((&*share[1], &*share[5]), ("0.55 (0.50 to 0.60)", "NO"));
        // What was not measured is not reached.
        assert!(rows.iter().any(|row| row[0].starts_with("prefill") && row[1].is_empty() && row[5] == "NO"));
    }
}
