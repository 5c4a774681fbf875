//! Results in files: written under a temporary name beside the result and renamed when whole.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::error::Error;

/// Refuses names that renaming would take from a folder, a device or a pipe.
pub(crate) fn check_place(path: &Path) -> Result<(), Error> {
    match path.metadata() {
        Ok(metadata) if !metadata.is_file() => Err(Error::NotAFile { path: path.to_path_buf() }),
        _ => Ok(()),
    }
}

/// Writes the file `path` with `fill`; after an error nothing is left of it, and what stood there before stays.
pub(crate) fn whole(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<(), Failure>) -> Result<(), Error> {
    check_place(path)?;
    write(path, fill).map_err(|failure| match failure {
        Failure::Io(cause) => Error::Write { path: path.to_path_buf(), cause },
        Failure::Other(error) => error,
    })
}

/// What can end the writing of a file.
pub(crate) enum Failure {
    /// The disk refused.
    Io(io::Error),
    /// What was to be written could not be made.
    Other(Error),
}

impl From<io::Error> for Failure {
    fn from(cause: io::Error) -> Self {
        Self::Io(cause)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

fn write(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<(), Failure>) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no folder {}", folder.display())).into());
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".phonelm-").suffix(".partial");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The process's umask still applies: the file gets the rights of any other new file.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut temporary = builder.tempfile_in(folder)?;
    let mut writer = BufWriter::new(temporary.as_file_mut());
    fill(&mut writer)?;
    writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    let _: File = temporary.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_leaves_the_old_file_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        std::fs::write(&path, "old").unwrap();
        let result = whole(&path, |writer| {
            writer.write_all(b"half")?;
            Err(io::Error::from(io::ErrorKind::StorageFull).into())
        });
        assert!(result.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn folders_and_missing_folders_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(whole(dir.path(), |_| Ok(())), Err(Error::NotAFile { .. })));
        assert!(matches!(whole(&dir.path().join("no/out"), |_| Ok(())), Err(Error::Write { .. })));
    }
}
