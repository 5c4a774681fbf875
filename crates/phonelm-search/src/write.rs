//! Results in files: each appears under its name when it is whole.

use std::fs;
use std::path::Path;

use crate::Error;

/// Writes `bytes` beside `path` and renames the file.
pub(crate) fn whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let partial = path.with_extension("partial");
    let written = fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path));
    written.map_err(|cause| Error::Write { path: path.to_path_buf(), cause })
}
