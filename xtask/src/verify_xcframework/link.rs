//! Links each static library as an app would: LLVM's linker for Apple's platforms makes one dynamic library of it, drops
//! what the border does not reach, and leaves nothing undefined but names of libSystem and the frameworks.
//!
//! The stand-ins for these have their names and no code, so the result is measured, never run.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::shipped::{Shipped, library_path};
use super::system::stand_ins;
use crate::network;
use crate::package::apple::Slice;
use crate::package::macho::Object;
use crate::process::{check, command, target_dir};

/// LLVM's linker for Mach-O, of Debian's package lld-22.
const LINKER: &str = "ld64.lld-22";
/// Bytes that a slice may add to an app.
const MAX_BYTES: usize = 13_000_000;

/// Every slice links, adds no more than its limit to an app and calls nothing that reaches a network.
pub(super) fn link(shipped: &Shipped) -> Vec<String> {
    let dir = target_dir().join("verify-xcframework");
    let complaints = |(slice, _): &(&'static Slice, _)| {
        let wrong = link_slice(shipped, slice, &dir).and_then(|library| inspect(slice, &library));
        let wrong = wrong.unwrap_or_else(|error| vec![format!("{error:#}")]);
        wrong.into_iter().map(|wrong| format!("{}: {wrong}", slice.identifier))
    };
    shipped.libraries.iter().flat_map(complaints).collect()
}

/// What is wrong with a linked library.
fn inspect(slice: &Slice, library: &[u8]) -> Result<Vec<String>> {
    let bytes = library.len();
    println!("verify-xcframework: {} adds {bytes} bytes to an app", slice.identifier);
    let imports = Object::read(slice.identifier.into(), library)?.undefined.into_iter().collect();
    let mut wrong = network::complaints(&imports);
    wrong.extend((bytes > MAX_BYTES).then(|| format!("{bytes} bytes of at most {MAX_BYTES}")));
    Ok(wrong)
}

fn link_slice(shipped: &Shipped, slice: &Slice, dir: &Path) -> Result<Vec<u8>> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let bytes = shipped.xcframework.bytes(&library_path(slice)).context("there is no static library")?;
    let file = |end: &str| dir.join(slice.identifier).with_extension(end);
    let write =
        |file: &Path, bytes: &[u8]| fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()));
    let (library, linked) = (file("a"), file("dylib"));
    write(&library, bytes)?;
    let mut linker = command(LINKER, ["-dylib", "-arch", "arm64", "-platform_version"]);
    linker.arg(slice.linker_platform()).args([
        slice.min_os,
        slice.min_os,
        "-dead_strip",
        "-x",
        "-exported_symbol",
        "_uniffi_*",
    ]);
    linker.args(["-exported_symbol", "_ffi_*", "-fatal_warnings", "-all_load"]).arg(&library);
    for (number, text) in stand_ins(slice, &shipped.system, &shipped.frameworks).iter().enumerate() {
        let system = file(&format!("{number}.tbd"));
        write(&system, text.as_bytes())?;
        linker.arg(system);
    }
    check(linker.arg("-o").arg(&linked))?;
    fs::read(&linked).with_context(|| format!("cannot read {}", linked.display()))
}
