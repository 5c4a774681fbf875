//! Sealing a static library for Apple's platforms: what the border does not need goes, and the rest becomes local.
//!
//! The trap: two Rust libraries in one app define the same symbols, and the linker refuses both. So fat LTO merges our
//! code into one object, in which every symbol but the border's becomes local. The unwinder's entry keeps its visibility
//! and gets a name of ours instead, because Apple's linker finds it by name alone
//! (<https://developer.apple.com/forums/thread/723426>).

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use ar_archive_writer::{ArchiveKind, DEFAULT_OBJECT_READER, NewArchiveMember, write_archive_to_stream};

use crate::package::macho::{self, Object};
use crate::process::{check, command, output};

/// Beginnings of the symbols that Swift calls.
pub(crate) const BORDER: [&str; 2] = ["_uniffi_phonelm_", "_ffi_phonelm_"];
/// The unwinder's entry as it ships.
pub(crate) const PERSONALITY: &str = "_phonelm_eh_personality";
/// The unwinder's entry as the compiler names it.
const RUST_PERSONALITY: &str = "_rust_eh_personality";

/// The static library with the objects that the border needs and no other symbol to see. Files in `scratch` may be
/// overwritten.
pub(crate) fn seal(library: &[u8], scratch: &Path) -> Result<Vec<u8>> {
    let objects = needed(macho::read_library(library)?);
    let shown = objects.iter().filter(|object| shows_border(object)).count();
    ensure!(shown == 1, "the border lies in {shown} objects instead of one: build with lto = \"fat\"");
    let members = objects.iter().enumerate().map(|(number, object)| {
        let name = format!("phonelm-{number}.o");
        let missed = objects.iter().flat_map(|user| &user.undefined).filter(|symbol| object.defines(symbol)).collect();
        Ok((hide(object, &missed, &scratch.join(&name))?, name))
    });
    archive(members.collect::<Result<_>>()?)
}

fn shows_border(object: &Object) -> bool {
    object.strong.iter().any(|symbol| BORDER.iter().any(|start| symbol.starts_with(start)))
}

/// The objects that define the border, and those that define what these miss, as a linker would pull them.
fn needed(objects: Vec<Object>) -> Vec<Object> {
    let (mut taken, mut left): (Vec<Object>, Vec<Object>) = objects.into_iter().partition(shows_border);
    loop {
        let is_missed =
            |object: &mut Object| taken.iter().flat_map(|user| &user.undefined).any(|symbol| object.defines(symbol));
        let found: Vec<Object> = left.extract_if(.., is_missed).collect();
        if found.is_empty() {
            return taken;
        }
        taken.extend(found);
    }
}

/// The object's bytes with its symbols hidden but the border's and those that other objects miss, and without the
/// compiler's intermediate code; `file` is overwritten.
fn hide(object: &Object, missed: &BTreeSet<&String>, file: &Path) -> Result<Vec<u8>> {
    fs::write(file, &object.bytes).with_context(|| format!("cannot write {}", file.display()))?;
    let mut objcopy = objcopy()?;
    objcopy.args(["--remove-section=__LLVM,__bitcode", "--remove-section=__LLVM,__cmdline"]);
    objcopy.arg(format!("--redefine-sym={RUST_PERSONALITY}={PERSONALITY}"));
    // Without a symbol to keep, objcopy would keep all.
    objcopy.arg("--wildcard").args(BORDER.map(|start| format!("--keep-global-symbol={start}*")));
    let kept = missed.iter().map(|symbol| symbol.as_str()).chain([RUST_PERSONALITY]);
    objcopy.args(kept.map(|symbol| format!("--keep-global-symbol={symbol}")));
    check(objcopy.arg(file))?;
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

/// The pinned toolchain's own objcopy, and the folder of the libraries that it needs.
fn objcopy() -> Result<Command> {
    let print = |what| output("rustc", &["--print", what]).with_context(|| format!("`rustc --print {what}` failed"));
    let (sysroot, host) = (print("sysroot")?, print("host-tuple")?);
    let libraries = Path::new(sysroot.trim()).join("lib");
    let program = libraries.join("rustlib").join(host.trim()).join("bin/rust-objcopy");
    ensure!(program.is_file(), "{} is missing; install Rust with rustup", program.display());
    let mut objcopy = command(&program.to_string_lossy(), [""; 0]);
    objcopy.env("LD_LIBRARY_PATH", &libraries).env("DYLD_FALLBACK_LIBRARY_PATH", &libraries);
    Ok(objcopy)
}

/// A static library with a table of contents; times and owners are 0.
pub(crate) fn archive(members: Vec<(Vec<u8>, String)>) -> Result<Vec<u8>> {
    let members: Vec<NewArchiveMember<'_>> =
        members.into_iter().map(|(bytes, name)| NewArchiveMember::new(bytes, &DEFAULT_OBJECT_READER, name)).collect();
    let mut library = Cursor::new(Vec::new());
    write_archive_to_stream(&mut library, &members, ArchiveKind::Darwin, false, None)
        .context("cannot write the static library")?;
    Ok(library.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::macho::tests::write;

    const FUNCTION: &str = "_uniffi_phonelm_sdk_fn_clone_model";

    fn library(objects: &[Vec<u8>]) -> Vec<u8> {
        archive(objects.iter().map(|bytes| (bytes.clone(), "x.o".to_owned())).collect()).unwrap()
    }

    #[test]
    fn only_what_the_border_needs_is_left_and_only_the_border_is_seen() {
        let library = library(&[
            write(&["_unused"], &[], &[]),
            write(&["_of_no_use"], &["_helper"], &["_helper_of_helper", RUST_PERSONALITY]),
            write(&[FUNCTION, "_hidden", RUST_PERSONALITY], &[], &["_helper", "_memcpy"]),
            write(&[], &["_helper_of_helper"], &["_hidden_elsewhere"]),
        ]);
        let scratch = tempfile::tempdir().unwrap();
        let sealed = seal(&library, scratch.path()).unwrap();
        let objects = macho::read_library(&sealed).unwrap();
        let strong: Vec<&str> = objects.iter().flat_map(|object| &object.strong).map(String::as_str).collect();
        let weak: Vec<&str> = objects.iter().flat_map(|object| &object.weak).map(String::as_str).collect();
        assert_eq!(objects.len(), 3);
        assert_eq!(strong.len(), 2);
        assert!(strong.contains(&FUNCTION) && strong.contains(&PERSONALITY), "{strong:?}");
        assert_eq!(weak, ["_helper", "_helper_of_helper"]);
        assert!(objects[1].undefined.contains(&PERSONALITY.to_owned()));
    }

    #[test]
    fn a_border_in_several_objects_is_refused() {
        let library = library(&[write(&[FUNCTION], &[], &[]), write(&["_ffi_phonelm_sdk_free"], &[], &[])]);
        let error = seal(&library, Path::new(""));
        assert!(error.unwrap_err().to_string().contains("in 2 objects"));
    }

    #[test]
    fn sealing_twice_gives_the_same_bytes() {
        let library = library(&[write(&[FUNCTION], &[], &["_memcpy"])]);
        let scratch = tempfile::tempdir().unwrap();
        assert_eq!(seal(&library, scratch.path()).unwrap(), seal(&library, scratch.path()).unwrap());
    }
}
