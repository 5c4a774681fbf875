//! The bytes of a model file: mapped from disk, or held in memory (an embedded or made-up model).

use std::{fs::File, ops::Deref, path::Path, sync::Arc};

use crate::Error;

/// Read-only bytes of one model file, cheap to clone.
#[derive(Clone)]
pub struct Mapping(Arc<Bytes>);

enum Bytes {
    Mapped(memmap2::Mmap),
    Static(&'static [u8]),
    Owned(Vec<u8>),
}

impl Mapping {
    /// Maps the file at `path`. A file that another program cuts short while it is mapped ends the process with SIGBUS on
    /// most systems: replace model files by renaming, never in place.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let io = |cause: std::io::Error| Error::Open { path: path.to_path_buf(), cause };
        let file = File::open(path).map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        if !metadata.is_file() {
            return Err(Error::NotAFile { path: path.to_path_buf() });
        }
        if metadata.len() == 0 {
            return Err(Error::EmptyFile { path: path.to_path_buf() });
        }
        // SAFETY: the mapping is private and read-only; that nobody truncates the file meanwhile is the documented demand
        // on the caller above, as no system can promise it.
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(io)?;
        Ok(Self(Arc::new(Bytes::Mapped(map))))
    }

    /// Wraps bytes that are part of the program.
    pub fn from_static(bytes: &'static [u8]) -> Self {
        Self(Arc::new(Bytes::Static(bytes)))
    }

    /// Wraps bytes in memory.
    pub fn from_vec(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Bytes::Owned(bytes)))
    }
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &*self.0 {
            Bytes::Mapped(map) => map,
            Bytes::Static(bytes) => bytes,
            Bytes::Owned(bytes) => bytes,
        }
    }
}

impl std::fmt::Debug for Mapping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mapping({} bytes)", self.len())
    }
}
