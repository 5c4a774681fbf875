//! `phonelm eval-calls`: a model's calls counted against those that are right.

use std::path::PathBuf;

use clap::Args;
use phonelm_engine::{Answer, CallError, Tool};
use serde_json::{Map, Value, json};

use crate::caller::{Caller, Calling, read_lines};
use crate::error::Error;
use crate::output::{bar, print, print_json, printable, table};
use crate::scoring::{Call, Totals};

/// Count a model's calls against those that are right
#[derive(Args)]
#[command(after_help = "\
A line of CASES.jsonl is {\"request\": .., \"calls\": [{\"name\": .., \"arguments\": {..}}]}; \"kind\" groups cases, and \"tools\" names \
the functions that are offered, else all are. No calls means that the request is to be answered in words. Strings are compared without \
case and outer punctuation, lists as sets, calls in any order; training/phonelm_training/evaluate.py counts alike.

Examples:
  phonelm eval-calls training/requests/dev.jsonl
  phonelm eval-calls training/requests/dev.jsonl -m other.gguf --wrong 10
  phonelm eval-calls training/requests/dev.jsonl --free --json")]
pub(crate) struct Options {
    /// Cases, one a line
    cases: PathBuf,
    /// Show that many cases that are wrong
    #[arg(long, value_name = "N", default_value_t = 0)]
    wrong: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    calling: Calling,
}

/// A request and what is right.
struct Case {
    request: String,
    wanted: Vec<Call>,
    kind: String,
    /// Names of the functions that are offered, if not all are.
    tools: Option<Vec<String>>,
}

pub(crate) fn run(options: &Options) -> Result<(), Error> {
    let cases = read_lines(&options.cases, |line| read_case(&line).ok_or(WANTED.to_owned()))?;
    let mut caller = Caller::open(&options.calling)?;
    let tools = caller.tools().to_vec();
    for (index, case) in cases.iter().enumerate() {
        of_case(&tools, case).map_err(|name| Error::Content {
            path: options.cases.clone(),
            why: format!("case {}: there is no function {name:?} to offer", index + 1),
        })?;
    }
    let bar = bar(cases.len(), "requests");
    let (mut totals, mut wrong) = (Totals::default(), Vec::new());
    for case in &cases {
        caller.offer(of_case(&tools, case).unwrap_or_default());
        let answer = caller.answer(&case.request)?.answer;
        let found = calls_of(&answer);
        if !totals.add(&case.kind, &found, &case.wanted) && wrong.len() < options.wrong {
            wrong.push(json!({"request": case.request, "wanted": to_json(&case.wanted), "answer": answer.raw}));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if options.json {
        return print_json(&figures(&totals, &wrong));
    }
    for case in &wrong {
        let [request, wanted, answer] = ["request", "wanted", "answer"].map(|key| &case[key]);
        let lines = format!("{request}\n   wanted {wanted}\n   found  {answer}\n");
        print(&printable(&lines))?;
    }
    print(&text(&totals))
}

const WANTED: &str = "it needs \"request\" and \"calls\", each call with \"name\" and \"arguments\"";

fn read_case(line: &Value) -> Option<Case> {
    let call = |call: &Value| {
        let name = Some(call["name"].as_str()?.to_owned());
        Some(Call { name, arguments: call["arguments"].as_object()?.clone() })
    };
    let names = |list: &Value| -> Option<Vec<String>> {
        list.as_array()?.iter().map(|name| Some(name.as_str()?.to_owned())).collect()
    };
    Some(Case {
        request: line["request"].as_str()?.to_owned(),
        wanted: line["calls"].as_array()?.iter().map(call).collect::<Option<_>>()?,
        kind: line["kind"].as_str().unwrap_or("all").to_owned(),
        tools: match line.get("tools") {
            Some(list) => Some(names(list)?),
            None => None,
        },
    })
}

/// The functions that a case offers, or the name of one that there is not.
fn of_case(tools: &[Tool], case: &Case) -> Result<Vec<Tool>, String> {
    let Some(names) = &case.tools else { return Ok(tools.to_vec()) };
    let named = |name: &String| tools.iter().find(|tool| tool.name == *name).cloned().ok_or(name.clone());
    names.iter().map(named).collect()
}

/// The calls of an answer; a finished one that cannot be read counts as a call without a name.
fn calls_of(answer: &Answer) -> Vec<Call> {
    let read =
        answer.calls.iter().map(|call| Call { name: Some(call.name.clone()), arguments: call.arguments.clone() });
    let unreadable = answer.bad_calls.iter().filter(|bad| !matches!(bad, CallError::Unfinished { .. }));
    read.chain(unreadable.map(|_| Call { name: None, arguments: Map::new() })).collect()
}

fn to_json(calls: &[Call]) -> Value {
    calls.iter().map(|call| json!({"name": call.name, "arguments": call.arguments})).collect()
}

fn share(part: usize, all: usize) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}

fn figures(totals: &Totals, wrong: &[Value]) -> Value {
    let kinds = totals.kinds.iter().map(|(kind, (all, right))| (kind.clone(), json!({"cases": all, "right": right})));
    let functions = totals.functions.iter().map(|(name, function)| {
        (name.clone(), json!({"wanted": function.wanted, "called": function.called, "right": function.right}))
    });
    let confusions = totals.confusions.iter();
    let confusions = confusions
        .map(|((wanted, called), times)| json!({"wanted": wanted, "called": called, "times": times}))
        .collect::<Vec<_>>();
    json!({
        "cases": totals.cases,
        "exact": share(totals.right, totals.cases),
        "functions_right": share(totals.functions_right, totals.with_calls),
        "arguments_right": share(totals.arguments_right, totals.arguments),
        "none_without_call": share(totals.quiet, totals.without_calls),
        "kinds": kinds.collect::<Map<_, _>>(),
        "functions": functions.collect::<Map<_, _>>(),
        "confusions": confusions,
        "wrong": wrong,
    })
}

/// The tables for people.
fn text(totals: &Totals) -> String {
    let row = |name: &str, part: usize, all: usize| {
        let percent = share(part, all).map_or("-".to_owned(), |share| format!("{:.1} %", share * 100.0));
        [name.to_owned(), percent, format!("{part} of {all}")]
    };
    let mut rows = vec![row("all calls right", totals.right, totals.cases)];
    rows.extend(totals.kinds.iter().map(|(kind, (all, right))| row(&format!("  {kind}"), *right, *all)));
    rows.push(row("functions right", totals.functions_right, totals.with_calls));
    rows.push(row("arguments right", totals.arguments_right, totals.arguments));
    rows.push(row("no call where none is wanted", totals.quiet, totals.without_calls));
    let cells = |name: &str, [a, b, c]: [&str; 3]| [name, a, b, c].map(str::to_owned);
    let mut functions = vec![cells("function", ["wanted", "called", "right"])];
    functions.extend(totals.functions.iter().map(|(name, function)| {
        let [wanted, called, right] = [function.wanted, function.called, function.right].map(|n| n.to_string());
        cells(name, [&wanted, &called, &right])
    }));
    let mut confusions: Vec<_> = totals.confusions.iter().collect();
    confusions.sort_by_key(|(_, times)| std::cmp::Reverse(**times));
    let none = |name: &Option<String>| name.clone().unwrap_or_else(|| "no call".to_owned());
    let mut mixed = vec![["wanted".to_owned(), "called instead".to_owned(), "times".to_owned()]];
    mixed.extend(confusions.iter().map(|((wanted, called), times)| [none(wanted), none(called), times.to_string()]));
    let mixed = if mixed.len() > 1 { format!("\n{}", table(&mixed)) } else { String::new() };
    printable(&format!("{}\n{}{mixed}", table(&rows), table(&functions)))
}
