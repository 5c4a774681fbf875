//! Folders that are made anew.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Deletes a folder with all that is in it, if it is there.
pub(crate) fn remove_folder(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot delete {}", folder.display()))?;
    }
    Ok(())
}
