//! llama.cpp: fetched, built with the instruction sets of this machine, asked for what it uses, timed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::measure::{Measure, Spread};
use super::{PROMPT, json, text};
use crate::package::maven::hex;
use crate::process::{cache_dir, check, command, output};

/// Its source as a Python package carries it.
const PACKAGE: &str = "llama-cpp-python==0.3.36";
const FOLDER: &str = "llama_cpp_python-0.3.36";
const SHA256: &str = "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e";

/// Programs that fetch and build it, each with the argument that it answers to.
const TOOLS: [&str; 5] = ["python3", "cmake", "ninja", "c++", "tar"];

/// What each of our kernel sets uses, in llama.cpp's words.
const USED: [(&str, &[&str]); 6] = [
    ("x86_64-q8-avx512vnni", &["AVX2", "FMA", "F16C", "AVX512", "AVX512_VNNI"]),
    ("x86_64-q8-avx2", &["AVX2", "FMA", "F16C"]),
    ("aarch64-q8-i8mm", &["NEON", "DOTPROD", "MATMUL_INT8"]),
    ("aarch64-q8-dotprod", &["NEON", "DOTPROD"]),
    ("aarch64-q8-neon", &["NEON"]),
    ("any-q8-scalar", &[]),
];

/// A built llama.cpp.
pub(super) struct Llama {
    program: PathBuf,
    /// What it says of itself.
    pub(super) system_info: String,
}

/// The options that change its speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    flash_attention: bool,
    repack: bool,
}

/// What to time, and how.
pub(super) struct Test<'a> {
    pub(super) measure: Measure,
    pub(super) model: &'a Path,
    pub(super) threads: usize,
    /// Decoded, or computed by all repetitions of a pass together.
    pub(super) tokens: usize,
}

impl Llama {
    /// Builds what is not built yet. Fails if it would run without an instruction set that `kernels`, our own set, uses.
    pub(super) fn build(kernels: &str) -> Result<Self> {
        let missing: Vec<&str> = TOOLS.into_iter().filter(|tool| output(tool, &["--version"]).is_none()).collect();
        ensure!(
            missing.is_empty(),
            "to build llama.cpp, {} must be installed: apt-get install python3-pip cmake ninja-build g++ tar",
            missing.join(", ")
        );
        let source = source()?.join("vendor/llama.cpp");
        let build = cache_dir().join("llama.cpp-build");
        check(command("cmake", ["-G", "Ninja", "-S"]).arg(&source).arg("-B").arg(&build).args(flags()))?;
        check(command("ninja", ["-C"]).arg(&build).arg("llama-bench"))?;
        let system_info = system_info(&source, &build)?;
        eprintln!("bench-peer: llama.cpp: {system_info}");
        demand(&system_info, kernels)?;
        Ok(Self { program: build.join("bin/llama-bench"), system_info })
    }

    /// The setting in which it is fastest at `test`: the better of two repetitions, of which the first warms up.
    pub(super) fn tune(&self, test: &Test<'_>) -> Result<Setting> {
        let found = self.run(test, &["-fa", "off,on", "--repack", "0,1", "-r", "2", "--no-warmup"])?;
        let mut settings: Vec<(Setting, f64)> = found
            .iter()
            .filter_map(|test| {
                let flash_attention = test["flash_attn"].as_i64()? != 0;
                let setting = Setting { flash_attention, repack: test["repack"].as_bool()? };
                Some((setting, samples(test).into_iter().fold(0.0, f64::max)))
            })
            .collect();
        ensure!(settings.len() == 4, "llama-bench names {} of 4 settings in its report", settings.len());
        settings.sort_by(|a, b| b.1.total_cmp(&a.1));
        Ok(settings[0].0)
    }

    /// Tokens a second, the median where a repetition is short and there are several.
    pub(super) fn speed(&self, test: &Test<'_>, setting: Setting) -> Result<f64> {
        let repetitions = match test.measure {
            Measure::Pass(rows) => (test.tokens / rows).max(1),
            Measure::Decode(_) | Measure::Prefill => 1,
        };
        let flash_attention = if setting.flash_attention { "on" } else { "off" };
        let repack = if setting.repack { "1" } else { "0" };
        let found = self.run(test, &["-fa", flash_attention, "--repack", repack, "-r", &repetitions.to_string()])?;
        let median = Spread::of(found.first().map(samples).unwrap_or_default());
        median.map(|spread| spread.median).context("llama-bench reports no sample")
    }

    fn run(&self, test: &Test<'_>, settings: &[&str]) -> Result<Vec<Value>> {
        let (prompt, generate, depth) = match test.measure {
            Measure::Decode(depth) => (0, test.tokens, depth),
            Measure::Prefill => (PROMPT, 0, 0),
            Measure::Pass(rows) => (rows, 0, 0),
        };
        let numbers = [("-t", test.threads), ("-p", prompt), ("-n", generate), ("-d", depth), ("-ub", PROMPT)];
        let mut bench = Command::new(&self.program);
        bench.arg("-m").arg(test.model).args(["-o", "json"]).args(settings);
        bench.args(numbers.into_iter().flat_map(|(name, number)| [name.to_owned(), number.to_string()]));
        match json(&mut bench)? {
            Value::Array(found) => Ok(found),
            other => bail!("llama-bench reports no list but {other}"),
        }
    }
}

/// Tokens a second of each repetition.
fn samples(test: &Value) -> Vec<f64> {
    test["samples_ts"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

/// The unpacked source package, fetched if it is not there.
fn source() -> Result<PathBuf> {
    let cache = cache_dir();
    let folder = cache.join(FOLDER);
    let archive = cache.join(format!("{FOLDER}.tar.gz"));
    if !archive.is_file() {
        let pip = ["-m", "pip", "download", "--no-binary", "llama-cpp-python", "--no-deps", PACKAGE, "-d"];
        check(command("python3", pip).arg(&cache))?;
    }
    let bytes = fs::read(&archive).with_context(|| format!("cannot read {}", archive.display()))?;
    let found = hex(&Sha256::digest(&bytes));
    ensure!(found == SHA256, "{} has SHA-256 {found}, not {SHA256}: delete it", archive.display());
    if !folder.is_dir() {
        check(command("tar", ["-xzf"]).arg(&archive).arg("-C").arg(&cache))?;
    }
    Ok(folder)
}

/// Every instruction set that llama.cpp has a switch for and this machine has; the rest of it as small as it goes.
fn flags() -> Vec<String> {
    let mut flags: Vec<String> = [
        "CMAKE_BUILD_TYPE=Release",
        "BUILD_SHARED_LIBS=OFF",
        "GGML_NATIVE=OFF",
        "LLAMA_CURL=OFF",
        "LLAMA_OPENSSL=OFF",
        "LLAMA_BUILD_TESTS=OFF",
        "LLAMA_BUILD_EXAMPLES=OFF",
        "LLAMA_BUILD_SERVER=OFF",
    ]
    .map(|flag| format!("-D{flag}"))
    .into();
    flags.extend(instructions());
    flags
}

#[cfg(target_arch = "x86_64")]
fn instructions() -> Vec<String> {
    use std::arch::is_x86_feature_detected as has;
    // GGML_AVX512 stands for these five.
    let avx512 = has!("avx512f") && has!("avx512cd") && has!("avx512vl") && has!("avx512dq") && has!("avx512bw");
    [
        ("AVX", has!("avx")),
        ("AVX2", has!("avx2")),
        ("FMA", has!("fma")),
        ("F16C", has!("f16c")),
        ("BMI2", has!("bmi2")),
        ("AVX_VNNI", has!("avxvnni")),
        ("AVX512", avx512),
        ("AVX512_VNNI", avx512 && has!("avx512vnni")),
    ]
    .map(|(name, on)| format!("-DGGML_{name}={}", if on { "ON" } else { "OFF" }))
    .into()
}

#[cfg(target_arch = "aarch64")]
fn instructions() -> Vec<String> {
    use std::arch::is_aarch64_feature_detected as has;
    let parts = [("fp16", has!("fp16")), ("dotprod", has!("dotprod")), ("i8mm", has!("i8mm"))];
    let parts: String = parts.into_iter().filter(|(_, on)| *on).map(|(name, _)| format!("+{name}")).collect();
    vec![format!("-DGGML_CPU_ARM_ARCH=armv8.2-a{parts}")]
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn instructions() -> Vec<String> {
    Vec::new()
}

/// The line in which it names the instruction sets of its build.
fn system_info(source: &Path, build: &Path) -> Result<String> {
    let program = build.join("bin/system_info");
    let code = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bench_peer/system_info.cpp");
    let mut compiler = command("c++", ["-std=c++17", code, "-o"]);
    compiler.arg(&program).args(["include", "ggml/include"].map(|dir| format!("-I{}", source.join(dir).display())));
    let libraries = ["src/libllama.a", "ggml/src/libggml.a", "ggml/src/libggml-cpu.a", "ggml/src/libggml-base.a"];
    compiler.args(libraries.map(|library| build.join(library))).args(["-fopenmp", "-ldl", "-lpthread"]);
    check(&mut compiler)?;
    Ok(text(&mut Command::new(&program))?.trim().trim_end_matches([' ', '|']).to_owned())
}

/// Fails unless every instruction set of our kernels is in llama.cpp's line.
fn demand(system_info: &str, kernels: &str) -> Result<()> {
    let used = USED.iter().find(|(name, _)| *name == kernels).map(|(_, used)| *used);
    let used = used.with_context(|| format!("nothing is known of what the kernel set {kernels} uses"))?;
    let has = |name: &str| system_info.split([':', '|']).any(|part| part.trim() == format!("{name} = 1"));
    let lacking: Vec<&str> = used.iter().copied().filter(|name| !has(name)).collect();
    ensure!(
        lacking.is_empty(),
        "llama.cpp is built without {}, which {kernels} uses; the comparison would not be fair: {system_info}",
        lacking.join(", ")
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_without_our_instructions_is_refused() {
        let line = "CPU : SSE3 = 1 | AVX2 = 1 | F16C = 1 | FMA = 1 | AVX512 = 0 | REPACK = 1";
        assert!(demand(line, "x86_64-q8-avx2").is_ok() && demand(line, "any-q8-scalar").is_ok());
        let error = demand(line, "x86_64-q8-avx512vnni").unwrap_err().to_string();
        assert!(error.contains("without AVX512, AVX512_VNNI,"), "{error}");
        assert!(demand(line, "x86_64-q8-mmx").is_err());
    }
}
