//! The bytes of a model file: mapped from disk, or held in memory (an embedded or made-up model).

use std::{fs::File, io, ops::Deref, path::Path, sync::Arc};

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
        // Opening a named pipe would wait for its writer.
        if !path.metadata().map_err(io)?.is_file() {
            return Err(Error::NotAFile { path: path.to_path_buf() });
        }
        let file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        if length == 0 {
            return Err(Error::EmptyFile { path: path.to_path_buf() });
        }
        let map = map(&file, 0, length).map_err(io)?;
        Ok(Self(Arc::new(Bytes::Mapped(map))))
    }

    /// Maps `length` bytes from `offset` on of the file that a descriptor is open on, such as an asset stored inside an
    /// APK. The descriptor stays the caller's and may be closed afterwards. The trap of [`Self::open`] holds here too.
    #[cfg(unix)]
    pub fn of_descriptor(descriptor: i32, offset: u64, length: u64) -> Result<Self, Error> {
        use std::os::fd::BorrowedFd;

        let unmappable = |reason: String| Error::Unmappable { descriptor, reason };
        let io = |cause: io::Error| unmappable(cause.to_string());
        if descriptor < 0 {
            return Err(unmappable("a descriptor is never negative".into()));
        }
        // SAFETY: it is not -1, and it is borrowed for the duplication alone, which fails for a closed descriptor.
        let file = File::from(unsafe { BorrowedFd::borrow_raw(descriptor) }.try_clone_to_owned().map_err(io)?);
        let metadata = file.metadata().map_err(io)?;
        if !metadata.is_file() {
            return Err(unmappable("it is open on no regular file but a pipe, a socket or a device".into()));
        }
        let end = offset.checked_add(length).filter(|end| length > 0 && *end <= metadata.len());
        if end.is_none() {
            let size = metadata.len();
            return Err(unmappable(format!("{length} bytes from {offset} on do not lie inside its {size} bytes")));
        }
        let map = map(&file, offset, length).map_err(io)?;
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

fn map(file: &File, offset: u64, length: u64) -> io::Result<memmap2::Mmap> {
    let length = usize::try_from(length).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    // SAFETY: the mapping is private and read-only; that nobody truncates the file meanwhile is the documented demand
    // on callers of `open` and `of_descriptor`, as no system can promise it.
    let map = unsafe { memmap2::MmapOptions::new().offset(offset).len(length).map(file) }?;
    // Weights are read from end to end for each token, which large pages speed up where the file system has them.
    #[cfg(target_os = "linux")]
    if let Err(error) = map.advise(memmap2::Advice::HugePage) {
        tracing::debug!(%error, "the model file is mapped in small pages");
    }
    Ok(map)
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
