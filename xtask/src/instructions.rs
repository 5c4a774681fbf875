//! Instructions executed per multiply-accumulate of the hot kernels, against bounds that are committed: a guard of their
//! speed that needs no clock.
//!
//! QEMU runs `crates/phonelm-kernels/examples/count.rs`, compiled as apps get it, with a plugin that counts (`plugin.c`).
//! Each line of the bounds runs twice with different repeats; the difference is the kernel's own, and does not change from
//! run to run.
//!
//! Left out: AVX-512, which QEMU does not know.

mod bounds;
mod mca;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::arm;
use crate::counts::Counts;
use crate::process::{check, command, display, root};
use bounds::Row;

const BOUNDS: &str = "crates/phonelm-kernels/instructions.tsv";
const X86_TARGET: &str = "x86_64-unknown-linux-gnu";
/// Enough to even out what differs between two runs besides.
const REPEATS: [&str; 2] = ["2", "4"];
/// Seconds after which a program counts as hung.
const PROGRAM_LIMIT: &str = "60";

/// Why this machine cannot count, if so.
pub(crate) fn missing() -> Option<String> {
    if cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        arm::missing()
    } else {
        Some("it counts on Linux on x86-64".into())
    }
}

/// Counts every line of the bounds; a line counts as one test.
pub(crate) fn run() -> Result<(bool, Counts)> {
    let text = read_bounds()?;
    let counter = Counter::build()?;
    let (mut counts, mut gains) = (Counts::default(), 0);
    for row in bounds::rows(&text)? {
        let (result, wrong) = match counter.count(&row) {
            Ok(counted) => {
                gains += usize::from(row.is_gain(counted));
                (row.with(counted), row.complaint(counted))
            }
            Err(error) => (row.to_string(), Some(format!("{error:#}"))),
        };
        counts += Counts::check("instructions", &result, wrong.as_slice());
    }
    if gains > 0 {
        println!("instructions: bounds that can be lowered: {gains}: cargo xtask instructions --accept");
    }
    Ok((counts.failed == 0, counts))
}

/// What `cargo xtask instructions` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// Write what is counted as the new bounds.
    #[arg(long)]
    accept: bool,
    /// Print what LLVM's models of ARM cores foretell of the inner loops instead.
    #[arg(long, conflicts_with = "accept")]
    mca: bool,
}

/// What `cargo xtask instructions` does: checks the bounds, or writes them anew.
pub(crate) fn command_line(options: &Options) -> Result<()> {
    if let Some(reason) = missing() {
        bail!("{reason}");
    }
    if options.accept {
        return accept_bounds();
    }
    if options.mca {
        let counter = Counter::build()?;
        return mca::run(&counter.program(arm::TARGET), &counter.programs);
    }
    let (passed, counts) = run()?;
    println!("\n{counts}");
    ensure!(passed, "not every kernel keeps its bound");
    Ok(())
}

fn accept_bounds() -> Result<()> {
    let text = read_bounds()?;
    let counter = Counter::build()?;
    let mut counted = Vec::new();
    for row in bounds::rows(&text)? {
        let now = counter.count(&row)?;
        println!("{}", row.with(now));
        counted.push(now);
    }
    fs::write(root().join(BOUNDS), bounds::with(&text, &counted)).with_context(|| format!("cannot write {BOUNDS}"))
}

fn read_bounds() -> Result<String> {
    fs::read_to_string(root().join(BOUNDS)).with_context(|| format!("cannot read {BOUNDS}"))
}

/// The plugin and the programs that it counts.
struct Counter {
    plugin: PathBuf,
    programs: PathBuf,
}

impl Counter {
    fn build() -> Result<Self> {
        let compiler = arm::compiler().context("no Rust library for arm64")?;
        check(&mut arm::cross(compiler, &["build", "--release", "--example", "count", "--target", X86_TARGET]))?;
        let programs = arm::build_dir();
        let plugin = programs.join("libcount.so");
        let source = root().join("xtask/src/instructions/plugin.c");
        let flags = ["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o"].map(Path::new);
        check(command("cc", flags).args([&plugin, &source]))?;
        Ok(Self { plugin, programs })
    }

    fn program(&self, target: &str) -> PathBuf {
        self.programs.join(target).join("release/examples/count")
    }

    /// Instructions per multiply-accumulate.
    fn count(&self, row: &Row<'_>) -> Result<f64> {
        let [few, many] = REPEATS;
        let ([few_macs, few], [many_macs, many]) = (self.totals(row, few)?, self.totals(row, many)?);
        Ok((many - few) / (many_macs - few_macs))
    }

    /// Multiply-accumulates and instructions of one run.
    fn totals(&self, row: &Row<'_>, repeats: &str) -> Result<[f64; 2]> {
        let (emulator, target) = if row.is_arm() { (arm::EMULATOR, arm::TARGET) } else { ("qemu-x86_64", X86_TARGET) };
        let mut run = command("timeout", [PROGRAM_LIMIT, emulator, "-cpu", "max", "-plugin"]);
        run.arg(&self.plugin).arg(self.program(target));
        run.args(row.kernel).arg(repeats).stderr(Stdio::inherit());
        let shown = display(&run);
        let output = run.output().with_context(|| format!("cannot start `{shown}`"))?;
        ensure!(output.status.success(), "`{shown}` ended with {}", output.status);
        let text = String::from_utf8_lossy(&output.stdout);
        let number = |name| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        let numbers = number("macs ").zip(number("instructions "));
        numbers.map(|(macs, instructions)| [macs, instructions]).with_context(|| format!("`{shown}` counted nothing"))
    }
}
