//! The gpu suite: the tests of phonelm-gpu, which need a GPU that Vulkan or Metal reaches.

use std::fs;

use crate::process::output;

/// The crate whose tests it runs.
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
