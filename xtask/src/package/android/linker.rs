//! A linker for Android without the NDK. rustc calls it like a C compiler; it calls ld.lld.
//!
//! It is this program under another name: [`install`] puts a copy of it into the folder that holds the libraries to link
//! with, and rustc is told to use that copy. No start files are needed, because only libraries are linked.
//!
//! The trap: cargo may have built this program anew since it started, so that its own file is gone from where it was.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process::{check, command, output};

const LLD: &str = "ld.lld-22";
/// The name under which this program links.
const NAME: &str = "android-linker";

/// What every libphonelm.so is linked with: segments for pages of 16 KB, no symbol left open, none
/// kept that the loader does not read.
pub(crate) const OPTIONS: [&str; 7] = [
    "-zmax-page-size=16384",
    "-zcommon-page-size=16384",
    "-zdefs",
    "--strip-all",
    "-soname=libphonelm.so",
    "--hash-style=gnu",
    "--build-id=sha1",
];

/// What is exported; rustc would also export what only the generator of the bindings reads.
const EXPORTS: &str = "{ global: uniffi_phonelm_*; ffi_phonelm_*; local: *; };\n";

/// Puts the linker into `dir`, whose libraries it will use, and returns its path.
pub(crate) fn install(dir: &Path) -> Result<PathBuf> {
    let linker = dir.join(NAME);
    // Linux gives the running program's bytes even where its file is gone.
    let running = PathBuf::from("/proc/self/exe");
    let this = if running.exists() { running } else { std::env::current_exe().context("cannot find this program")? };
    fs::remove_file(&linker).ok();
    fs::copy(this, &linker).with_context(|| format!("cannot make {}", linker.display()))?;
    Ok(linker)
}

/// The folder of the libraries, if this program was called as a linker.
pub(crate) fn called_in() -> Option<PathBuf> {
    let program = PathBuf::from(std::env::args_os().next()?);
    (program.file_name()? == NAME).then(|| program.parent().map(Path::to_owned))?
}

/// Links as rustc asks.
pub(crate) fn run(dir: &Path) -> Result<()> {
    // Ours come last, because the last one counts where rustc asks for something else.
    let mut lld = command(LLD, translate(std::env::args_os().skip(1)));
    let exports = dir.join("exports.map");
    fs::write(&exports, EXPORTS).with_context(|| format!("cannot write {}", exports.display()))?;
    lld.arg("-L").arg(dir).args(OPTIONS).arg("--version-script").arg(exports);
    lld.current_dir(std::env::current_dir().context("no current folder")?);
    check(&mut lld)
}

/// The linker's part of a C compiler's arguments, without rustc's list of what is exported.
fn translate(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let words = args.flat_map(|arg| match arg.to_str() {
        Some("-m64" | "-nodefaultlibs" | "-Xlinker") => Vec::new(),
        Some(text) if text.starts_with("-Wl,") => text.split(',').skip(1).map(OsString::from).collect(),
        _ => vec![arg],
    });
    words.filter(|word| !word.to_string_lossy().starts_with("--version-script=")).collect()
}

/// Whether ld.lld is here.
pub(crate) fn is_ready() -> bool {
    output(LLD, &["--version"]).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linker_is_a_program_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let linker = install(dir.path()).unwrap();
        assert!(linker.is_file() && !linker.is_symlink());
        install(dir.path()).unwrap();
    }

    #[test]
    fn a_compilers_arguments_become_a_linkers() {
        let args = [
            "-m64",
            "a.o",
            "-Wl,-z,relro",
            "-Wl,--version-script=list",
            "-shared",
            "-Xlinker",
            "--x=a,b",
            "-nodefaultlibs",
            "-lc",
        ];
        let linker = translate(args.into_iter().map(OsString::from));
        assert_eq!(linker, ["a.o", "-z", "relro", "-shared", "--x=a,b", "-lc"]);
    }
}
