//! One model file: its bytes, its checked header, its config.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use phonelm_gguf::{Gguf, Metadata, TensorType};

use crate::{Config, Error, Mapping, Tensor, Weights};

/// Key of the version of the layout in which tensors of packed types lie.
pub const LAYOUT_KEY: &str = "phonelm.layout";
/// The layout that is written and read.
pub const LAYOUT: u32 = 1;

/// A model file whose header, config and tensor table have been checked. Clones share it.
///
/// ```no_run
/// let model = phonelm_model::ModelFile::open("model.gguf".as_ref())?;
/// println!("{} layers of {}", model.config().layers, model.config().hidden);
/// # Ok::<(), phonelm_model::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ModelFile(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    mapping: Mapping,
    gguf: Gguf,
    config: Config,
    weights: Weights,
}

impl ModelFile {
    /// Maps and checks the file at `path`.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::new(Mapping::open(path)?)
    }

    /// Checks a file whose bytes are already there.
    pub fn new(mapping: Mapping) -> Result<Self, Error> {
        let _span = tracing::info_span!("load", bytes = mapping.len()).entered();
        let gguf = Gguf::parse(&mapping)?;
        check_layout(&gguf)?;
        let config = Config::read(&gguf, &mapping)?;
        let weights = Weights::find(&gguf, &config)?;
        Ok(Self(Arc::new(Parts { mapping, gguf, config, weights })))
    }

    /// The model's shape.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The header with the tensor table.
    pub fn gguf(&self) -> &Gguf {
        &self.0.gguf
    }

    /// The metadata of the header.
    pub fn metadata(&self) -> &Metadata {
        self.0.gguf.metadata()
    }

    /// The type that holds most of the weights' bytes, packed or not: what a model is said to be quantised to.
    pub fn main_type(&self) -> TensorType {
        let mut bytes: HashMap<TensorType, u64> = HashMap::new();
        for tensor in self.0.gguf.tensors() {
            *bytes.entry(tensor.ty.unpacked()).or_default() += tensor.size();
        }
        bytes.into_iter().max_by_key(|&(ty, bytes)| (bytes, ty.id())).map_or(TensorType::F32, |(ty, _)| ty)
    }

    /// Every tensor by role.
    pub fn weights(&self) -> &Weights {
        &self.0.weights
    }

    /// The rows of one of its tensors.
    pub fn bytes_of(&self, tensor: &Tensor) -> &[u8] {
        &self.0.mapping[tensor.range.clone()]
    }

    /// Where its bytes lie.
    pub fn mapping(&self) -> &Mapping {
        &self.0.mapping
    }

    /// Bytes of the whole file.
    pub fn bytes(&self) -> &[u8] {
        &self.0.mapping
    }

    /// BLAKE3 over header, metadata, tensor table, file size and the first and last 4 KB of each tensor: tells models
    /// apart without reading them whole.
    pub fn fingerprint(&self) -> String {
        const EDGE: usize = 4096;
        let bytes = self.bytes();
        let mut hash = blake3::Hasher::new();
        hash.update(&bytes[..(self.0.gguf.data_start() as usize).min(bytes.len())]);
        hash.update(&(bytes.len() as u64).to_le_bytes());
        for info in self.0.gguf.tensors() {
            if let Some(tensor) = bytes.get(info.range.start as usize..info.range.end as usize) {
                hash.update(&tensor[..EDGE.min(tensor.len())]);
                hash.update(&tensor[tensor.len().saturating_sub(EDGE)..]);
            }
        }
        hash.finalize().to_hex().to_string()
    }
}

/// Refuses packed tensors of another layout than ours; their bytes would be computed with as if they were.
fn check_layout(gguf: &Gguf) -> Result<(), Error> {
    if gguf.tensors().iter().all(|tensor| tensor.ty.tile_rows() == 1) {
        return Ok(());
    }
    let found = gguf.metadata().u64(LAYOUT_KEY)?.unwrap_or_default();
    if found == u64::from(LAYOUT) { Ok(()) } else { Err(Error::Layout { found, supported: LAYOUT }) }
}
