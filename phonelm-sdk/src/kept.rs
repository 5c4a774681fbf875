//! What was measured on this device, kept in files of the app's `cache_dir`.

use std::{fs, io, path::Path};

/// Writes a file whole or not at all.
pub(crate) fn keep(file: &Path, text: &str) -> io::Result<()> {
    let partial = file.with_extension("partial");
    fs::write(&partial, text)?;
    fs::rename(partial, file)
}
