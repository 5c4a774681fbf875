//! Files that appear under their name only when they are whole.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::Error;
use crate::weights::WriteError;

/// Lets `fill` write a file under a temporary name, renames it to `out` and returns its length.
pub(crate) fn save(
    out: &Path,
    fill: impl FnOnce(BufWriter<&mut File>) -> Result<BufWriter<&mut File>, WriteError>,
) -> Result<u64, Error> {
    let failed = |cause: std::io::Error| Error::Write { path: out.to_path_buf(), cause: cause.into() };
    let mut temporary = temporary_beside(out).map_err(failed)?;
    let written = fill(BufWriter::new(temporary.as_file_mut())).map_err(|error| match error {
        WriteError::Source(error) => error,
        WriteError::Out(cause) => Error::Write { path: out.to_path_buf(), cause },
    })?;
    written.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)?;
    let file: File = temporary.persist(out).map_err(|error| failed(error.error))?;
    Ok(file.metadata().map_err(failed)?.len())
}

/// A file in the folder of `out`, so that the renaming stays on one disk; it is removed when dropped.
fn temporary_beside(out: &Path) -> std::io::Result<NamedTempFile> {
    let folder = match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if out.is_dir() {
        return Err(std::io::Error::from(std::io::ErrorKind::IsADirectory));
    }
    if !folder.is_dir() {
        let what = format!("there is no folder {}", folder.display());
        return Err(std::io::Error::new(std::io::ErrorKind::NotFound, what));
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".phonelm-").suffix(".partial");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The process's umask still applies: the file gets the rights of any other new file.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}
