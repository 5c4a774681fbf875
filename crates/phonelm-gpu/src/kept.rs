//! Compiled shaders, kept between starts: what the driver gives away, in a file of its own for each GPU and driver.

use std::fs;
use std::path::{Path, PathBuf};

use phonelm_model::write_whole;
use wgpu::{Features, PipelineCache, PipelineCacheDescriptor};

use crate::device::Device;

/// Bytes of a checksum.
const SUM: usize = blake3::OUT_LEN;
/// More than any model's shaders take.
const LARGEST: u64 = 64 << 20;

/// A driver's compiled shaders and the file that they are kept in.
pub(crate) struct KeptPipelines {
    pub(crate) cache: PipelineCache,
    file: PathBuf,
    /// What the file held.
    found: Option<Vec<u8>>,
}

impl KeptPipelines {
    /// What an earlier start kept, or nothing yet; `None` where the driver gives nothing away.
    pub(crate) fn open(device: &Device, dir: &Path) -> Option<Self> {
        if !device.gpu.features().contains(Features::PIPELINE_CACHE) {
            return None;
        }
        let key = blake3::hash(format!("{}\n{}", device.adapter.name, device.adapter.driver).as_bytes()).to_hex();
        let file = dir.join(format!("phonelm-shaders-{}", key.get(..16).unwrap_or_default()));
        let found = read(&file);
        Some(Self { cache: open(device, found.as_deref()), file, found })
    }

    /// Writes what the driver gives away now, if it is something else than before.
    pub(crate) fn keep(self) {
        let Some(data) = self.cache.get_data().filter(|data| self.found.as_ref() != Some(data)) else { return };
        match write_whole(&self.file, &summed(&data)) {
            Ok(()) => tracing::debug!(bytes = data.len(), "compiled shaders kept"),
            Err(error) => tracing::warn!(%error, "compiled shaders could not be kept"),
        }
    }
}

#[expect(unsafe_code, reason = "a driver trusts what it is given")]
fn open(device: &Device, data: Option<&[u8]>) -> PipelineCache {
    let label = Some("phonelm");
    // SAFETY: the bytes are what this function's cache gave on a device of this name with this driver: their BLAKE3 checksum
    // lies with them in the app's own folder and has been compared, and wgpu compares the driver's own header besides. Where
    // they are of no use, `fallback` makes an empty cache.
    unsafe { device.gpu.create_pipeline_cache(&PipelineCacheDescriptor { label, data, fallback: true }) }
}

/// What a file holds behind its checksum, if that is right.
fn read(file: &Path) -> Option<Vec<u8>> {
    if fs::metadata(file).ok()?.len() > LARGEST {
        return None;
    }
    let mut bytes = fs::read(file).ok()?;
    let (sum, data) = bytes.split_at_checked(SUM)?;
    if blake3::hash(data).as_bytes() != sum {
        tracing::warn!(file = %file.display(), "compiled shaders are damaged and are made anew");
        return None;
    }
    bytes.drain(..SUM);
    Some(bytes)
}

/// Data behind its checksum.
fn summed(data: &[u8]) -> Vec<u8> {
    [blake3::hash(data).as_bytes(), data].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_damaged_is_not_taken() {
        let dir = tempfile::tempdir().unwrap_or_else(|e| unreachable!("{e}"));
        let file = dir.path().join("shaders");
        assert_eq!(read(&file), None);
        assert!(write_whole(&file, &summed(b"compiled")).is_ok());
        assert_eq!(read(&file).as_deref(), Some(&b"compiled"[..]));
        let whole = fs::read(&file).unwrap_or_default();
        for bad in [whole[..whole.len() - 1].to_vec(), whole[..10].to_vec(), [&whole[..], b"d"].concat(), {
            let mut flipped = whole.clone();
            flipped[SUM] ^= 1;
            flipped
        }] {
            assert!(fs::write(&file, bad).is_ok());
            assert_eq!(read(&file), None);
        }
    }
}
