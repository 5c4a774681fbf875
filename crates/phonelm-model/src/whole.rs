//! Small files written whole or not at all.

use std::path::Path;
use std::{fs, io};

/// Writes a file beside its place and moves it there.
pub fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let partial = file.with_extension("partial");
    fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, file)).inspect_err(|_| {
        // On a full disk a part of it would take the room that is left.
        let _ = fs::remove_file(&partial);
    })
}
