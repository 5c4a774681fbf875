//! The foreign sides of the border: the program that writes them, and the library whose metadata it reads.
//!
//! What it writes is the same for every platform and profile, so any library that still has its symbols will do.

use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Result, anyhow};

use crate::package::jvm::library_name;
use crate::process::{build_for_suites, cargo, check, command, target_dir};

/// The generator's package and program.
const GENERATOR: &str = "uniffi-bindgen";

/// The program that writes foreign sides.
pub(crate) struct Generator(PathBuf);

impl Generator {
    /// Builds it alone.
    pub(crate) fn build() -> Result<Self> {
        check(&mut cargo(&["build", "--package", GENERATOR]))?;
        Ok(Self(target_dir().join("debug").join(GENERATOR)))
    }

    /// As the suites have it. Built alone, it would be compiled a second time, with fewer features.
    pub(crate) fn of_suites() -> Result<Self> {
        Ok(Self(build_for_suites()?.join(GENERATOR)))
    }

    /// The border of a finished library.
    pub(crate) fn border(self, library: PathBuf) -> Border {
        Border { generator: self, library }
    }
}

/// Makes the generator while `libraries` builds what it will read: the last crates of each keep one processor busy for
/// minutes.
pub(crate) fn beside<T>(
    generator: fn() -> Result<Generator>,
    libraries: impl FnOnce() -> Result<T>,
) -> Result<(Generator, T)> {
    thread::scope(|scope| {
        let generator = scope.spawn(generator);
        let libraries = libraries()?;
        Ok((generator.join().map_err(|_| anyhow!("building the generator panicked"))??, libraries))
    })
}

/// A library, and the generator.
pub(crate) struct Border {
    generator: Generator,
    library: PathBuf,
}

impl Border {
    /// The border as the suites test it.
    pub(crate) fn of_suites() -> Result<Self> {
        let generator = Generator::of_suites()?;
        let library = generator.0.with_file_name(library_name());
        Ok(generator.border(library))
    }

    /// The library that the border leads to.
    pub(crate) fn library(&self) -> &Path {
        &self.library
    }

    /// Writes the side of `language` into a folder.
    pub(crate) fn write(&self, language: &str, folder: &Path) -> Result<()> {
        let mut generate = command(&self.generator.0.to_string_lossy(), [language, "bindings/uniffi.toml"]);
        check(generate.arg(folder).arg(&self.library))
    }
}
