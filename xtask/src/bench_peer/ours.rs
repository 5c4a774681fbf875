//! This engine: built, given its random model, timed through its program.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::measure::{Case, Measure, Ours};
use super::{PROMPT, ROWS, Shape, json};
use crate::process::{cargo, check, target_dir};

/// Random weights in a file for each engine.
pub(super) struct Model {
    /// For llama.cpp.
    pub(super) standard: PathBuf,
    /// The same weights packed, for ours.
    pub(super) packed: PathBuf,
}

/// The built program.
pub(super) struct Engine {
    program: PathBuf,
    /// The kernel set that it chooses here.
    pub(super) kernels: String,
}

impl Engine {
    pub(super) fn build() -> Result<Self> {
        check(&mut cargo(&["build", "--release", "--package", "phonelm-cli"]))?;
        let program = target_dir().join("release/phonelm");
        let sets = json(Command::new(&program).args(["kernels", "--json"]))?;
        let chosen = sets.as_array().into_iter().flatten().find(|set| set["chosen"] == true);
        let kernels = chosen.and_then(|set| set["name"].as_str()).context("`phonelm kernels` names no chosen set")?;
        Ok(Self { program, kernels: kernels.to_owned() })
    }

    /// Writes a random model into `folder`.
    pub(super) fn model(&self, shape: Shape, folder: &Path) -> Result<Model> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let [standard, packed] =
            ["", "-packed"].map(|end| folder.join(format!("{}-{}{end}.gguf", shape.name(), shape.weights())));
        let arguments = ["bench", "--shape", shape.name(), "--type", shape.weights(), "--llama", "--save"];
        check(Command::new(&self.program).args(arguments).arg(&standard))?;
        let convert = [OsStr::new("convert"), standard.as_os_str(), OsStr::new("--layout=packed"), OsStr::new("-o")];
        check(Command::new(&self.program).args(convert).arg(&packed))?;
        Ok(Model { standard, packed })
    }

    /// Decode after `depth` tokens, and where that is none prefill and passes, into a round of `case`.
    pub(super) fn measure(&self, case: &mut Case, model: &Path, tokens: usize, depth: usize) -> Result<Ours> {
        let prompt = if depth == 0 { PROMPT } else { 0 };
        let numbers = [("-t", case.threads), ("-n", tokens), ("-p", prompt), ("--depth", depth), ("-r", 1)];
        let mut bench = Command::new(&self.program);
        bench.arg("bench").arg(model).args(["--bandwidth", "--json"]);
        bench.args(numbers.into_iter().flat_map(|(name, number)| [name.to_owned(), number.to_string()]));
        if depth == 0 {
            bench.args(["--rows", &ROWS.map(|rows| rows.to_string()).join(",")]);
        }
        let report = json(&mut bench)?;
        let number = |value: &Value| value.as_f64().with_context(|| format!("a figure is missing in {report}"));
        let mut ours = Ours::default();
        ours.speeds.insert(Measure::Decode(depth), number(&report["decode_tokens_per_second"]["median"])?);
        ours.bandwidth.insert(depth, number(&report["bandwidth"]["bytes_per_second"]["median"])?);
        case.bytes_per_token.insert(depth, number(&report["bytes_per_token"])?);
        if depth == 0 {
            let speed = number(&report["prefill_tokens_per_second"]["median"])?;
            ours.speeds.insert(Measure::Prefill, speed);
            ours.prefill_roof = report["products"]["prefill_share"]["median"].as_f64().map(|share| speed / share);
            ours.prefill_macs = report["products"]["prefill_macs_per_second"]["median"].as_f64();
            for (i, rows) in ROWS.into_iter().enumerate() {
                let seconds = number(&report["rows"][i]["seconds"]["median"])?;
                ours.speeds.insert(Measure::Pass(rows), rows as f64 / seconds);
            }
        }
        Ok(ours)
    }
}
