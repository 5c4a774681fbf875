//! What libphonelm.so is linked against without the NDK: stand-ins for Android's libraries, and an unwinder.
//!
//! A stand-in has the symbols that [`super::bionic`] lists and no code, so the linker itself refuses a symbol that the oldest
//! Android has not. The unwinder is LLVM's libunwind (Apache-2.0 with LLVM exception), from the sources that Zig brings;
//! it goes into the library, as with the NDK.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::Abi;
use crate::package::symbols::Symbols;
use crate::package::zig::{self, zig};
use crate::process::check;

const UNWINDER: [&str; 5] =
    ["libunwind.cpp", "UnwindLevel1.c", "UnwindLevel1-gcc-ext.c", "UnwindRegistersRestore.S", "UnwindRegistersSave.S"];
/// Compiled for bionic: musl's headers fit, but for the name of `errno`. Nothing of it is exported.
const UNWINDER_FLAGS: [&str; 11] = [
    "-O2",
    "-fPIC",
    "-fno-stack-protector",
    "-fno-sanitize=all",
    "-fvisibility=hidden",
    "-funwind-tables",
    "-DNDEBUG",
    "-D_LIBUNWIND_IS_NATIVE_ONLY",
    "-D_LIBUNWIND_HIDE_SYMBOLS",
    "-D__errno_location=__errno",
    "-c",
];
const CPP_FLAGS: [&str; 4] = ["-std=c++17", "-nostdinc++", "-fno-exceptions", "-fno-rtti"];

/// Fills `dir` with the libraries for `abi`.
pub(crate) fn make(abi: &Abi, bionic: &Symbols, dir: &Path) -> Result<()> {
    stand_ins(abi, bionic, dir)?;
    unwinder(abi, dir)
}

/// Fills `dir` with the stand-ins for Android's own libraries.
pub(crate) fn stand_ins(abi: &Abi, bionic: &Symbols, dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    for (name, symbols) in bionic.libraries() {
        stand_in(abi, name, symbols, dir)?;
    }
    Ok(())
}

fn stand_in(abi: &Abi, name: &str, symbols: &BTreeSet<String>, dir: &Path) -> Result<()> {
    let assembly = symbols.iter().fold(String::new(), |mut text, symbol| {
        let _ = writeln!(text, ".globl {symbol}\n{symbol}:");
        text
    });
    let source = dir.join(name).with_extension("s");
    fs::write(&source, assembly).with_context(|| format!("cannot write {}", source.display()))?;
    let soname = format!("-Wl,-soname,{name}");
    let mut link = zig(&["cc", "-target", abi.zig_target, "-shared", "-nostdlib", &soname, "-o"]);
    check(link.arg(dir.join(name)).arg(source))
}

/// Compiles the unwinder into `dir`.
pub(crate) fn unwinder(abi: &Abi, dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let zig_library = zig::library_dir().context("Zig is missing: cargo xtask setup --packages")?;
    let sources = zig_library.join("libunwind/src");
    let mut objects = Vec::new();
    for file in UNWINDER {
        let object = dir.join(file).with_extension("o");
        let is_cpp = file.ends_with(".cpp");
        let mut compile = zig(&[if is_cpp { "c++" } else { "cc" }, "-target", abi.zig_target]);
        compile.args(UNWINDER_FLAGS).args(if is_cpp { &CPP_FLAGS[..] } else { &[] });
        compile.arg("-I").arg(zig_library.join("libunwind/include"));
        check(compile.current_dir(&sources).args([file, "-o"]).arg(&object))?;
        objects.push(object);
    }
    let library = dir.join("libunwind.a");
    fs::remove_file(&library).ok();
    check(zig(&["ar", "rcs"]).arg(library).args(objects))
}
