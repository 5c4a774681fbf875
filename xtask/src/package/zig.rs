//! Zig, which compiles C for platforms whose compilers are not here, and brings the sources of LLVM's unwinder.
//!
//! It comes from PyPI as the package `ziglang` (MIT), into a virtual environment of the cache folder.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::process::{cache_dir, command, output};
use crate::venv::Venv;

const VERSION: &str = "0.17.1";

fn venv() -> Venv {
    Venv::new(cache_dir().join(format!("zig-{VERSION}")))
}

/// `zig` with these arguments.
pub(crate) fn zig(args: &[&str]) -> Command {
    command(&venv().python(), ["-m", "ziglang"].iter().chain(args))
}

/// The folder of Zig's own libraries, if it is installed.
pub(crate) fn library_dir() -> Option<PathBuf> {
    let file = output(&venv().python(), &["-c", "import ziglang; print(ziglang.__file__)"])?;
    Some(PathBuf::from(file.trim()).parent()?.join("lib"))
}

/// Installs it if it is missing.
pub(crate) fn install() -> Result<()> {
    let package = format!("ziglang=={VERSION}");
    if library_dir().is_some() {
        println!("setup: there already: {package}");
        return Ok(());
    }
    venv().install(&[&package])?;
    println!("setup: installed: {package}");
    Ok(())
}
