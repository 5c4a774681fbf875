//! Making the reference data anew, with the packages that its scripts name, in a virtual environment of its own.

use anyhow::{Result, ensure};

use crate::process::{check, command, root, target_dir};
use crate::venv::Venv;

/// Runs `tests/golden/scripts/refresh.py`.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let scripts = root().join("tests/golden/scripts");
    let (script, needs) = (scripts.join("refresh.py"), scripts.join("requirements.txt"));
    for file in [&script, &needs] {
        ensure!(file.is_file(), "{} is missing", file.display());
    }
    let venv = Venv::new(target_dir().join("golden-venv"));
    venv.install(&["--requirement", &needs.to_string_lossy()])?;
    check(command(&venv.python(), [&script]).args(args))
}
