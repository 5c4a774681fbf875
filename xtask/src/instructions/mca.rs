//! Cycles of the inner loops on ARM cores, as LLVM's models of these foretell them: the table of docs/performance.md.
//!
//! Left out: memory. Every load comes from the first cache.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::arm;
use crate::process::output;

/// The version whose models the table is of; others foretell other numbers.
const MCA: &str = "llvm-mca-19";
const OBJDUMP: &str = "aarch64-linux-gnu-objdump";
const CORES: [&str; 3] = ["neoverse-v2", "neoverse-n2", "cortex-a510"];
const ITERATIONS: f64 = 1000.0;

/// An inner loop, found by its function and by how often some instructions stand in it.
struct Loop {
    name: &'static str,
    function: &'static str,
    holds: &'static [(&'static str, usize)],
}

const LOOPS: [Loop; 3] = [
    Loop {
        name: "Q4_0, one row, 288 bytes of 16 rows",
        function: "phonelm_kernels::aarch64::tile::strip",
        holds: &[("sdot", 32), ("ushr", 16), ("fcvtl", 4)],
    },
    Loop {
        name: "Q4_0, 4 rows times 8 outputs times 32, i8mm",
        function: "phonelm_kernels::aarch64::gemm::strip",
        holds: &[("smmla", 32), ("fmul", 8)],
    },
    Loop {
        name: "Q4_0, the same, dotprod",
        function: "phonelm_kernels::aarch64::gemm::strip",
        holds: &[("sdot", 64), ("fmul", 8)],
    },
];

/// Prints the table for the loops of a program for arm64; `dir` takes what is written on the way.
pub(super) fn run(program: &Path, dir: &Path) -> Result<()> {
    let program = program.to_string_lossy();
    let text = output(OBJDUMP, &["--disassemble", "--no-show-raw-insn", "--demangle", &program]);
    let text = text.with_context(|| format!("{OBJDUMP} cannot read {program}"))?;
    println!("| loop, cycles | {} |\n|---|{}", CORES.join(" | "), "---|".repeat(CORES.len()));
    for wanted in &LOOPS {
        let found = loops(&text, wanted);
        ensure!(!found.is_empty(), "no loop of {} holds {:?}: name it anew", wanted.function, wanted.holds);
        let cells = CORES.map(|core| {
            // One of them each for other matrices; they differ by their counters.
            let cycles: Vec<f64> = found.iter().map(|body| cycles(body, core, dir)).collect::<Result<_>>()?;
            Ok(format!("{:.1}", cycles.into_iter().fold(f64::INFINITY, f64::min)))
        });
        let cells = cells.into_iter().collect::<Result<Vec<_>>>()?;
        println!("| {} | {} |", wanted.name, cells.join(" | "));
    }
    Ok(())
}

/// The loops of a disassembly that are `wanted`, each as assembly.
fn loops(text: &str, wanted: &Loop) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines: Vec<(&str, &str)> = Vec::new();
    let mut within = false;
    for line in text.lines() {
        if let Some((_, name)) = line.strip_suffix(">:").and_then(|line| line.split_once('<')) {
            within = name == wanted.function;
            lines.clear();
        } else if let Some((address, instruction)) = line.split_once(":\t").filter(|_| within) {
            lines.push((address.trim(), instruction));
            let start = jump(instruction).and_then(|to| lines.iter().position(|(address, _)| *address == to));
            let body = start.map(|start| &lines[start..lines.len() - 1]);
            let holds = |(name, count): &(&str, usize)| {
                body.is_some_and(|body| body.iter().filter(|(_, it)| mnemonic(it) == *name).count() == *count)
            };
            if wanted.holds.iter().all(holds) {
                let body = body.unwrap_or_default().iter().map(|(_, it)| format!("{it}\n"));
                found.push(format!("again:\n{}{} again\n", body.collect::<String>(), mnemonic(instruction)));
            }
        }
    }
    found
}

fn mnemonic(instruction: &str) -> &str {
    instruction.split_whitespace().next().unwrap_or_default()
}

/// Where a conditional jump goes.
fn jump(instruction: &str) -> Option<&str> {
    instruction.strip_prefix("b.")?.split_once('\t')?.1.split_whitespace().next()
}

/// Cycles of a round of a loop.
fn cycles(body: &str, core: &str, dir: &Path) -> Result<f64> {
    let file = dir.join("loop.s");
    fs::write(&file, body).with_context(|| format!("cannot write {}", file.display()))?;
    let (file, core, rounds) = (file.to_string_lossy(), format!("-mcpu={core}"), format!("-iterations={ITERATIONS}"));
    let options = [&format!("-mtriple={}", arm::TARGET), "-mattr=+dotprod,+i8mm", &core, &rounds, &file];
    let report = output(MCA, &options).with_context(|| format!("{MCA} is missing, or cannot read {file}"))?;
    let total = report.lines().find_map(|line| line.strip_prefix("Total Cycles:")?.trim().parse::<f64>().ok());
    Ok(total.with_context(|| format!("{MCA} tells no cycles"))? / ITERATIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inner_loop_is_found_by_what_it_holds() {
        let text = "0000000000000010 <other>:\n  10:\tfmul\tv0.4s, v1.4s, v2.4s\n  14:\tb.ne\t10 <other>  // b.any\n\n\
                    0000000000000020 <kernel>:\n  20:\tmov\tx0, #0x4\n  24:\tfmul\tv0.4s, v1.4s, v2.4s\n  \
                    28:\tsubs\tx0, x0, #0x1\n  2c:\tb.ne\t24 <kernel+0x4>  // b.any\n  30:\tb.eq\t20 <kernel>\n";
        let wanted = |holds| Loop { name: "", function: "kernel", holds };
        let body = "again:\nfmul\tv0.4s, v1.4s, v2.4s\nsubs\tx0, x0, #0x1\nb.ne again\n";
        assert_eq!(loops(text, &wanted(&[("fmul", 1), ("mov", 0)])), [body]);
        assert_eq!(loops(text, &wanted(&[("fmul", 2)])), [""; 0]);
    }
}
