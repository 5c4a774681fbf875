//! The linker that rustc calls for Android, like a C compiler: it asks for what every libphonelm.so is linked with, and
//! exports the border alone. Under cargo-ndk it calls the NDK's clang, else ld.lld. It links a second time for the
//! generator of the bindings, which reads what apps do not need.
//!
//! It is this program under another name: [`install`] puts a copy of it into a folder, which without the NDK holds the
//! libraries to link with, and rustc is told to use that copy. ld.lld needs no start files, because only libraries are
//! linked.
//!
//! The trap: cargo may have built this program anew since it started, so that its own file is gone from where it was.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process::{check, command, output};

const LLD: &str = "ld.lld-22";
/// The name under which this program links.
const NAME: &str = "android-linker";
/// How cargo-ndk 4 tells its own linker which clang to call, and for which platform.
const NDK_CLANG: &str = "_CARGO_NDK_LINK_CLANG";
const NDK_TARGET: &str = "_CARGO_NDK_LINK_TARGET";

/// What every libphonelm.so is linked with: segments for pages of 16 KB, no symbol left open.
const OPTIONS: [&str; 6] = [
    "-zmax-page-size=16384",
    "-zcommon-page-size=16384",
    "-zdefs",
    "-soname=libphonelm.so",
    "--hash-style=gnu",
    "--build-id=sha1",
];

/// Keeps no symbol that the loader does not read.
const STRIP: &str = "--strip-all";
/// What is exported; rustc would also export what only the generator of the bindings reads.
const EXPORTS: &str = "{ global: uniffi_phonelm_*; ffi_phonelm_*; local: *; };\n";

/// Puts the linker into `dir`, whose libraries it will use, and returns its path.
pub(crate) fn install(dir: &Path) -> Result<PathBuf> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let linker = dir.join(NAME);
    // Linux gives the running program's bytes even where its file is gone.
    let running = PathBuf::from("/proc/self/exe");
    let this = if running.exists() { running } else { std::env::current_exe().context("cannot find this program")? };
    fs::remove_file(&linker).ok();
    fs::copy(this, &linker).with_context(|| format!("cannot make {}", linker.display()))?;
    Ok(linker)
}

/// The folder that this program was installed in, if it was called as a linker.
pub(crate) fn called_in() -> Option<PathBuf> {
    let program = PathBuf::from(std::env::args_os().next()?);
    (program.file_name()? == NAME).then(|| program.parent().map(Path::to_owned))?
}

/// The library before it was stripped that the linker in `dir` left there.
pub(crate) fn unstripped(dir: &Path) -> PathBuf {
    dir.join("unstripped.so")
}

/// Links as rustc asks.
pub(crate) fn run(dir: &Path) -> Result<()> {
    let exports = dir.join("exports.map");
    fs::write(&exports, EXPORTS).with_context(|| format!("cannot write {}", exports.display()))?;
    let args = || std::env::args_os().skip(1);
    let ours = [STRIP.to_owned(), format!("--version-script={}", exports.display())];
    link(dir, args().filter(|arg| !is_version_script(arg)), &ours)?;
    link(dir, args().chain(["-o".into(), unstripped(dir).into()]), &[])
}

/// Links with `options` besides [`OPTIONS`]. They come last, because the last one counts where rustc asks for something else.
fn link(dir: &Path, args: impl Iterator<Item = OsString>, options: &[String]) -> Result<()> {
    let options = OPTIONS.iter().copied().chain(options.iter().map(String::as_str));
    let mut linker = match std::env::var(NDK_CLANG) {
        Ok(clang) => {
            let mut clang = command(&clang, std::env::var_os(NDK_TARGET));
            clang.args(args).args(options.map(|option| format!("-Wl,{option}")));
            clang
        }
        Err(_) => {
            let mut lld = command(LLD, translate(args));
            lld.arg("-L").arg(dir).args(options);
            lld
        }
    };
    check(linker.current_dir(std::env::current_dir().context("no current folder")?))
}

/// Whether an argument is rustc's list of what is exported.
fn is_version_script(arg: &OsStr) -> bool {
    arg.to_string_lossy().starts_with("-Wl,--version-script=")
}

/// The linker's part of a C compiler's arguments.
fn translate(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let words = args.flat_map(|arg| match arg.to_str() {
        Some("-m64" | "-nodefaultlibs" | "-Xlinker") => Vec::new(),
        Some(text) if text.starts_with("-Wl,") => text.split(',').skip(1).map(OsString::from).collect(),
        _ => vec![arg],
    });
    words.collect()
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
        let args = ["-m64", "a.o", "-Wl,-z,relro", "-shared", "-Xlinker", "--x=a,b", "-nodefaultlibs", "-lc"];
        let linker = translate(args.into_iter().map(OsString::from));
        assert_eq!(linker, ["a.o", "-z", "relro", "-shared", "--x=a,b", "-lc"]);
    }

    #[test]
    fn the_list_of_exports_is_ours() {
        assert!(is_version_script(OsStr::new("-Wl,--version-script=/tmp/list")));
        assert!(!is_version_script(OsStr::new("-Wl,--as-needed")));
    }
}
