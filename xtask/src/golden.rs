//! Making the reference data anew, with the packages that its scripts name, in a virtual environment of its own.

use anyhow::{Result, ensure};

use crate::process::{check, command, root, target_dir};

/// Runs `tests/golden/scripts/refresh.py`.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let scripts = root().join("tests/golden/scripts");
    let (script, needs) = (scripts.join("refresh.py"), scripts.join("requirements.txt"));
    for file in [&script, &needs] {
        ensure!(file.is_file(), "{} is missing", file.display());
    }
    let venv = target_dir().join("golden-venv");
    let python = venv.join("bin/python").to_string_lossy().into_owned();
    if !venv.join("bin/python").is_file() {
        check(&mut command("python3", ["-m".as_ref(), "venv".as_ref(), venv.as_os_str()]))?;
    }
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    check(command(&python, pip).arg(&needs))?;
    check(command(&python, [&script]).args(args))
}
