//! The gpu suite: all tests that need a GPU that Vulkan or Metal reaches. None of them runs anywhere else.

use std::fs;

use anyhow::Result;

use crate::counts::Counts;
use crate::process::output;
use crate::suites::tests;

/// The crate all of whose tests need a GPU.
pub(crate) const PACKAGE: &str = "phonelm-gpu";
/// Where Linux keeps the list of Vulkan drivers.
const DRIVERS: [&str; 2] = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

/// Why the suite cannot run here, if so.
pub(crate) fn missing() -> Option<String> {
    if cfg!(target_os = "macos") {
        return None;
    }
    let loader = output("ldconfig", &["-p"]).is_some_and(|libraries| libraries.contains("libvulkan.so.1"));
    let driver = DRIVERS.iter().any(|dir| fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()));
    (!loader || !driver).then(|| "no Vulkan driver: cargo xtask setup --gpu".to_owned())
}

/// The GPU executor, the SDK with it, the program with it.
pub(crate) fn run() -> Result<(bool, Counts)> {
    let sdk = ["--package", "phonelm-sdk", "--features", "gpu", "--lib", "--test", "gpu"];
    let program = ["--package", "phonelm-cli", "--test", "gpu"];
    let mut all = (true, Counts::default());
    for packages in [&["--package", PACKAGE][..], &sdk, &program] {
        let (passed, counts) = tests(packages)?;
        all.0 &= passed;
        all.1 += counts;
    }
    Ok(all)
}
