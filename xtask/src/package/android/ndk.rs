//! A folder laid out like Google's NDK, so that the way through cargo-ndk runs where the NDK itself is not to be had.
//!
//! clang and its linker are LLVM's own, the libraries the stand-ins of [`super::sysroot`]; where each lies is what clang's
//! driver for Android and cargo-ndk look for in NDK 23 and later
//! (<https://android.googlesource.com/platform/ndk/+/main/docs/BuildSystemMaintainers.md>).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::bionic::{self, MIN_API};
use super::{ABIS, Abi, sysroot};
use crate::files::remove_folder;
use crate::package::symbols::Symbols;
use crate::package::zig::zig;
use crate::process::{check, output};

const CLANG: &str = "clang-22";
const PROPERTIES: &str = "Pkg.Desc = Android NDK\nPkg.Revision = 28.0.0\n";
/// What the start files of a library hold that code may refer to.
const HANDLE: &str = ".data\n.globl __dso_handle\n.hidden __dso_handle\n__dso_handle: .quad __dso_handle\n";

/// Makes the folder anew.
pub(crate) fn make(home: &Path) -> Result<()> {
    ensure!(output(CLANG, &["--version"]).is_some(), "{CLANG} is missing: apt-get install {CLANG}");
    remove_folder(home)?;
    let toolchain = home.join("toolchains/llvm/prebuilt/linux-x86_64");
    write(&home.join("source.properties"), PROPERTIES)?;
    let clang = toolchain.join("bin/clang");
    let folder = toolchain.display();
    let call = format!("exec {CLANG} --sysroot={folder}/sysroot -resource-dir={folder}/lib/clang/22 \"$@\"");
    write(&clang, &format!("#!/bin/sh\n{call}\n"))?;
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&clang, executable).with_context(|| format!("cannot make {} a program", clang.display()))?;
    let bionic = bionic::read()?;
    for abi in &ABIS {
        libraries(abi, &bionic, &toolchain)?;
    }
    Ok(())
}

fn libraries(abi: &Abi, bionic: &Symbols, toolchain: &Path) -> Result<()> {
    let system = toolchain.join("sysroot/usr/lib").join(abi.target).join(MIN_API.to_string());
    sysroot::stand_ins(abi, bionic, &system)?;
    for (name, text) in [("crtbegin_so", HANDLE), ("crtend_so", "")] {
        let source = system.join(name).with_extension("s");
        write(&source, text)?;
        let mut assemble = zig(&["cc", "-target", abi.zig_target, "-c", "-o"]);
        check(assemble.arg(source.with_extension("o")).arg(&source))?;
    }
    let (processor, _) = abi.target.split_once('-').with_context(|| format!("{} names no processor", abi.target))?;
    sysroot::unwinder(abi, &toolchain.join("lib/clang/22/lib/linux").join(processor))
}

fn write(file: &Path, text: &str) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
