//! Results in files: each appears under its name when it is whole.

use std::path::Path;

use phonelm_model::write_whole;

use crate::Error;

/// Writes a file whole or not at all.
pub(crate) fn whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_whole(path, bytes).map_err(|cause| Error::Write { path: path.to_path_buf(), cause })
}
