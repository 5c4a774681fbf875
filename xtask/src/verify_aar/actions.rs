//! The archive of the actions: classes, a manifest, no library.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::archive::{self, Entries};
use super::shrink::Input;
use super::{CLASSES, Report, unpack};
use crate::package::android::aar::{ACTIONS_NAME, CATALOGUE, catalogue};
use crate::package::android::classes::ACTIONS;

/// Granted at installation; the contacts are the app's to ask for.
const PERMISSIONS: [&str; 1] = ["com.android.alarm.permission.SET_ALARM"];
/// What the archive may weigh, in bytes.
const LIMIT: usize = 300_000;

/// Checks the archive at `file`; `library` is a folder with a library of this machine's beside a libc.so.
pub(super) fn verify(file: &Path, input: &Input, library: &Path, dir: &Path, report: &mut Report) -> Result<()> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let entries = archive::read(&bytes).with_context(|| format!("{} is no AAR", file.display()))?;
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let classes = unpack(&entries, CLASSES, dir)?;
    unpack(&entries, "AndroidManifest.xml", dir)?;
    let mut line = |check: &str, found: Result<Vec<String>>| report.line(ACTIONS_NAME, check, found);
    line("it has its entries and no others, no library among them", Ok(archive::class_names(&entries)));
    line("the manifest asks for the alarm alone", Ok(archive::manifest(&entries, &PERMISSIONS)));
    line("it is small enough", Ok(archive::weigh("the archive", bytes.len(), LIMIT).into_iter().collect()));
    line("its classes are the actions, with what the model is told of them", wrong_classes(&entries));
    line("D8 translates the classes", input.translate_beside(&classes, dir).map(|()| Vec::new()));
    line("the actions work on Android's classes, and the manifest names their intents", ACTIONS.test(dir, library));
    println!("verify-aar: {} has {} bytes", file.display(), bytes.len());
    Ok(())
}

fn wrong_classes(entries: &Entries) -> Result<Vec<String>> {
    let classes = archive::read(entries.get(CLASSES).map_or(&[], Vec::as_slice))?;
    let told = fs::read(catalogue()).with_context(|| format!("cannot read {}", catalogue().display()))?;
    let ours = format!("{}/", ACTIONS.package.replace('.', "/"));
    ensure!(classes.contains_key(&format!("{ours}PhoneActions.class")), "there is no class PhoneActions");
    ensure!(classes.get(CATALOGUE) == Some(&told), "{CATALOGUE} is not {}", catalogue().display());
    let foreign = classes.keys().filter(|name| !name.starts_with(&ours) && !name.starts_with("META-INF/"));
    Ok(foreign.map(|name| format!("{name} does not belong there")).collect())
}
