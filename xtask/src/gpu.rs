//! The gpu suite: all tests that need a GPU that Vulkan or Metal reaches. None of them runs anywhere else.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::counts::Counts;
use crate::process::output;
use crate::suites::tests;

/// The module of unit tests that need a GPU. Integration tests that do are called gpu, and cargo runs them only by name.
pub(crate) const UNIT_TESTS: &str = "on_gpu::";
/// Where Linux keeps the list of Vulkan drivers.
const DRIVERS: [&str; 2] = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

/// Why the suite cannot run here, if so.
pub(crate) fn missing() -> Option<String> {
    if cfg!(target_os = "macos") {
        return None;
    }
    let driver = DRIVERS.iter().any(|dir| fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()));
    (vulkan().is_none() || !driver).then(|| "no Vulkan driver: cargo xtask setup --gpu".to_owned())
}

/// Linux's Vulkan library, which leads to the drivers.
pub(crate) fn vulkan() -> Option<PathBuf> {
    let libraries = output("ldconfig", &["-p"])?;
    let line = libraries.lines().find(|line| line.trim_start().starts_with("libvulkan.so.1 "))?;
    line.split_once("=> ").map(|(_, path)| PathBuf::from(path))
}

/// The GPU executor, the SDK with it, the program with it.
pub(crate) fn run() -> Result<(bool, Counts)> {
    let chosen = [&["--test", "gpu"][..], &["--lib", "--", UNIT_TESTS]];
    let mut all = (true, Counts::default());
    for chosen in chosen {
        // Of the whole workspace, as in the suite `rust`: other features of what others wrote would compile it anew.
        let (passed, counts) = tests(&[&["--features", "phonelm-sdk/gpu"], chosen].concat())?;
        all.0 &= passed;
        all.1 += counts;
    }
    Ok(all)
}
