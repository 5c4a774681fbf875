//! Zig, which compiles C for platforms whose compilers are not here, and brings the sources of LLVM's unwinder.
//!
//! It comes from PyPI as the package `ziglang` (MIT), into a virtual environment of the cache folder.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::process::{cache_dir, check, command, output};

const VERSION: &str = "0.17.1";

fn venv() -> PathBuf {
    cache_dir().join(format!("zig-{VERSION}"))
}

fn python() -> String {
    venv().join("bin/python").to_string_lossy().into_owned()
}

/// `zig` with these arguments.
pub(crate) fn zig(args: &[&str]) -> Command {
    command(&python(), ["-m", "ziglang"].iter().chain(args))
}

/// The folder of Zig's own libraries, if it is installed.
pub(crate) fn library_dir() -> Option<PathBuf> {
    let file = output(&python(), &["-c", "import ziglang; print(ziglang.__file__)"])?;
    Some(PathBuf::from(file.trim()).parent()?.join("lib"))
}

/// Installs it if it is missing.
pub(crate) fn install() -> Result<()> {
    let package = format!("ziglang=={VERSION}");
    if library_dir().is_some() {
        println!("setup: there already: {package}");
        return Ok(());
    }
    check(command("python3", ["-m", "venv"]).arg(venv()))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &package];
    check(&mut command(&python(), pip))?;
    println!("setup: installed: {package}");
    Ok(())
}
