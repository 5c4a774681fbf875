//! Python packages from PyPI, in a virtual environment of their own.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::process::{check, command};

pub(crate) struct Venv(PathBuf);

impl Venv {
    /// The one in this folder, made or not.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// Its Python.
    pub(crate) fn python(&self) -> String {
        self.0.join("bin/python").to_string_lossy().into_owned()
    }

    /// Makes it, or mends it, and installs what `packages` says to pip.
    pub(crate) fn install(&self, packages: &[&str]) -> Result<()> {
        check(command("python3", ["-m", "venv"]).arg(&self.0))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        check(command(&self.python(), pip).args(packages))
    }
}
