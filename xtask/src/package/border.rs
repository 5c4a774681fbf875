//! The foreign sides of the border: the program that writes them, and the library whose metadata it reads.
//!
//! What it writes is the same for every platform and profile, so any library that still has its symbols will do.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Result, anyhow};

use crate::package::jvm::library_name;
use crate::process::{build_for_suites, cargo, check, command, target_dir};

/// The generator's package and program.
const GENERATOR: &str = "uniffi-bindgen";

/// A library, and the built generator.
pub(crate) struct Border {
    generator: PathBuf,
    library: PathBuf,
}

impl Border {
    /// The border of a finished library. Only the generator is built.
    pub(crate) fn of(library: PathBuf) -> Result<Self> {
        check(&mut cargo(&["build", "--package", GENERATOR]))?;
        Ok(Self { generator: target_dir().join("debug").join(GENERATOR), library })
    }

    /// The border of a library that `build` builds, with the generator at the same time: the last crates of each keep one
    /// processor busy for minutes.
    pub(crate) fn beside(build: &mut Command, library: PathBuf) -> Result<Self> {
        thread::scope(|scope| {
            let generator = scope.spawn(|| Self::of(library));
            check(build)?;
            generator.join().map_err(|_| anyhow!("building the generator panicked"))?
        })
    }

    /// The border as the suites test it. Built alone, the generator would be compiled a second time, with fewer features.
    pub(crate) fn of_suites() -> Result<Self> {
        let built = build_for_suites()?;
        Ok(Self { generator: built.join(GENERATOR), library: built.join(library_name()) })
    }

    /// The library that the border leads to.
    pub(crate) fn library(&self) -> &Path {
        &self.library
    }

    /// Writes the side of `language` into a folder.
    pub(crate) fn write(&self, language: &str, folder: &Path) -> Result<()> {
        let mut generate = command(&self.generator.to_string_lossy(), [language, "bindings/uniffi.toml"]);
        check(generate.arg(folder).arg(&self.library))
    }
}
