//! Any bytes as what an earlier start of a search left in its folder: an error that leaves them as they are, or a search
//! that goes on, and its report if nothing is missing.
//!
//! After the letter `f` follows the whole file of measurements, after any other byte its lines below a fitting header.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use phonelm_kernels::CpuOptions;
use phonelm_search::{Cpu, Error, Search, search};
use tempfile::TempDir;

/// A folder with the search, its file and the header of that.
struct Place {
    folder: TempDir,
    file: PathBuf,
    header: Vec<u8>,
}

static PLACE: LazyLock<Place> = LazyLock::new(|| {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("measurements.jsonl");
    assert!(matches!(start(folder.path()), Err(Error::Cancelled { measured: 0 })));
    let header = fs::read(&file).expect("a search that began has a header");
    Place { folder, file, header }
});

/// Goes on with the search until it would measure something.
fn start(folder: &Path) -> Result<(), Error> {
    let mut wanted = Search { vocab: 64, context: 8, prefill: 4, decode: 2, ..Search::new(60_000) };
    wanted.tolerance = 0.1;
    wanted.space.head_dims = vec![16, 32];
    wanted.space.layers = 2..=4;
    let mut cpu = Cpu(CpuOptions { threads: Some(1), ..CpuOptions::default() });
    let cancel = AtomicBool::new(false);
    search(&wanted, folder, &mut cpu, &mut |_| cancel.store(true, Ordering::Relaxed), &cancel).map(drop)
}

/// Takes one input.
pub fn run(bytes: &[u8]) {
    let Some((form, rest)) = bytes.split_first() else { return };
    let Place { folder, file, header } = &*PLACE;
    let text = if *form == b'f' { rest.to_vec() } else { [header.as_slice(), rest].concat() };
    fs::write(file, &text).expect("the temporary folder is writable");
    match start(folder.path()) {
        Ok(()) | Err(Error::Cancelled { .. } | Error::OutOfTime { .. }) => {}
        Err(_) => assert_eq!(fs::read(file).expect("the file stays"), text),
    }
}
