//! Running the finished libraries on this machine: each is loaded by glibc, beside a libc.so that stands in for bionic's.
//!
//! It proves code, relocations and unwinding, not bionic's own loader. x86_64 is driven through all layers up to the
//! Kotlin facade, in classes that R8 has shrunk; arm64 runs under qemu and answers calls of its C interface. Both run where
//! no Vulkan is, and x86_64 once more on this machine's GPU or on lavapipe.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::gpu;
use crate::package::android::Variant;
use crate::process::{check, command, root};

const ARM_LIBRARIES: &str = "/usr/aarch64-linux-gnu/lib";
/// Seconds after which a program counts as hung.
const LIMIT: &str = "120";
/// Libraries that a libphonelm.so may name beside libc.so, with glibc's in their place.
const EMPTY: [(&str, &str); 2] = [("libdl.so", "-ldl"), ("libm.so", "-lm")];

const MODEL: &str = "models/phonelm-tiny/phonelm-tiny.gguf";

/// Why a model that asks for the GPU is refused: there is no Vulkan here.
fn refusal(variant: Variant) -> &'static str {
    match variant {
        Variant::Cpu => "gpu: this build has no GPU backend",
        Variant::Gpu => "gpu: no GPU with Vulkan or Metal was found",
    }
}

/// Drives the x86_64 library with the tiny model.
pub(crate) fn x86_64(library: &[u8], variant: Variant, classes: &Path, dir: &Path) -> Result<Vec<String>> {
    let mut java = java(library, classes, dir)?;
    // Another libvulkan.so of this machine would lead to no driver.
    java.env("VK_DRIVER_FILES", "/nowhere");
    heard(&mut java, &["version ", "error ", refusal(variant), "computed by CPU, ", "generated 12 tokens: "])
}

/// Lets the x86_64 library begin an answer on a GPU and end it on the processor.
pub(crate) fn x86_64_on_gpu(library: &[u8], classes: &Path, dir: &Path) -> Result<Vec<String>> {
    let mut java = java(library, classes, dir)?;
    // As Android calls it, and where the library looks first.
    let vulkan = gpu::vulkan().context("there is no Vulkan: cargo xtask setup --packages")?;
    symlink(vulkan, dir.join("libvulkan.so")).context("cannot link to libvulkan.so")?;
    heard(java.arg("gpu"), &["computed by GPU, ", "changed to CPU, "])
}

/// The program that drives a library, with the tiny model.
fn java(library: &[u8], classes: &Path, dir: &Path) -> Result<Command> {
    let file = beside_shims("gcc", library, dir)?;
    let mut java = command("timeout", [LIMIT, "java", "--class-path"]);
    java.arg(classes).arg(format!("-Djna.library.path={}", dir.display())).env("LD_LIBRARY_PATH", dir);
    java.arg("io.phonelm.android.DriveKt").arg(&file).arg(root().join(MODEL));
    Ok(java)
}

/// Calls the arm64 library under qemu.
pub(crate) fn arm64(library: &[u8], variant: Variant, dir: &Path) -> Result<Vec<String>> {
    const COMPILER: &str = "aarch64-linux-gnu-gcc";
    let file = beside_shims(COMPILER, library, dir)?;
    let program = dir.join("call");
    let mut compile = command(COMPILER, ["-O2", "-Wall", "-Werror", "-o"]);
    compile.arg(&program).arg(root().join("android-aar/verify/call.c"));
    // The cross compiler's own loader and libraries: others of this machine may be of another version.
    compile.arg(format!("-Wl,--dynamic-linker={ARM_LIBRARIES}/ld-linux-aarch64.so.1,-rpath,{ARM_LIBRARIES}"));
    check(&mut compile)?;
    let path = format!("LD_LIBRARY_PATH={}:{ARM_LIBRARIES}", dir.display());
    let mut call = command("timeout", [LIMIT, "qemu-aarch64", "-cpu", "max", "-E", &path]);
    call.arg(program).arg(file).arg(root().join(MODEL));
    heard(&mut call, &["version ", "error status 1, ", refusal(variant), "computed by CPU, "])
}

/// Writes the library into `dir`, with a libc.so and its kin.
fn beside_shims(compiler: &str, library: &[u8], dir: &Path) -> Result<PathBuf> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let file = dir.join("libphonelm.so");
    fs::write(&file, library).with_context(|| format!("cannot write {}", file.display()))?;
    let link = |name: &str| {
        let mut link = command(compiler, ["-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o"]);
        link.arg(dir.join(name)).arg(format!("-Wl,-soname,{name}"));
        link
    };
    check(link("libc.so").arg(root().join("android-aar/verify/bionic-shim.c")))?;
    for (name, glibc) in EMPTY {
        check(link(name).args(["-Wl,--no-as-needed", glibc]))?;
    }
    Ok(file)
}

/// Runs a program; what is wrong is its failure, and each line that should begin so and does not appear.
fn heard(program: &mut Command, expected: &[&str]) -> Result<Vec<String>> {
    let output = program.output().with_context(|| format!("cannot start {}", crate::process::display(program)))?;
    let text = String::from_utf8_lossy(&output.stdout);
    for line in text.lines() {
        println!("  | {line}");
    }
    let mut wrong = Vec::new();
    if !output.status.success() {
        wrong.push(format!("it ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim()));
    }
    let silent = expected.iter().filter(|start| !text.lines().any(|line| line.starts_with(**start)));
    wrong.extend(silent.map(|start| format!("it did not print a line that begins with `{start}`")));
    Ok(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_fails_or_keeps_silent_is_found() {
        let said = |words: &[&str], expected: &[&str]| heard(&mut command("echo", words), expected).unwrap().len();
        assert_eq!(said(&["version 1"], &["version "]), 0);
        assert_eq!(said(&["version 1"], &["version ", "error "]), 1);
        assert_eq!(heard(&mut command("false", [""; 0]), &["version "]).unwrap().len(), 2);
    }
}
