//! The folder's tensors: one safetensors file or several with an index, mapped and read row by row.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use half::{bf16, f16};
use phonelm_model::Mapping;
use safetensors::{Dtype, SafeTensors};

use crate::Error;
use crate::json::Object;

const SINGLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

/// Every tensor of a folder under its name without the prefix `model.`.
#[derive(Debug)]
pub(crate) struct Source {
    tensors: HashMap<String, Stored>,
}

/// One tensor where it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    /// Dimensions, outermost first.
    pub(crate) shape: Vec<usize>,
    dtype: Dtype,
    shard: Mapping,
    bytes: Range<usize>,
}

impl Source {
    pub(crate) fn open(dir: &Path) -> Result<Self, Error> {
        let mut source = Self { tensors: HashMap::new() };
        if dir.join(SINGLE).exists() {
            source.add(dir, SINGLE)?;
            return Ok(source);
        }
        let Some(index) = Object::read(dir, INDEX)? else {
            return Err(Error::MissingFile {
                dir: dir.to_path_buf(),
                file: SINGLE.to_owned(),
                hint: " (nor an index of several); other kinds of weights are not read",
            });
        };
        let places = weight_map(&index)?;
        let mut files: Vec<&str> = places.iter().map(|(_, file)| *file).collect();
        files.sort_unstable();
        files.dedup();
        for file in files {
            if !dir.join(file).exists() {
                let hint = ", which model.safetensors.index.json names; is the folder complete?";
                return Err(Error::MissingFile { dir: dir.to_path_buf(), file: file.to_owned(), hint });
            }
            source.add(dir, file)?;
        }
        match places.iter().find(|(name, _)| source.get(short(name)).is_none()) {
            Some((name, file)) => Err(Error::NotInShard { name: (*name).to_owned(), file: (*file).to_owned() }),
            None => Ok(source),
        }
    }

    /// The tensor with this name, given without the prefix `model.`.
    pub(crate) fn get(&self, name: &str) -> Option<&Stored> {
        self.tensors.get(name)
    }

    /// All names, sorted.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.tensors.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    fn add(&mut self, dir: &Path, file: &str) -> Result<(), Error> {
        let shard = Mapping::open(&dir.join(file))?;
        let broken = |cause| Error::Safetensors { file: file.to_owned(), cause };
        let (header, metadata) = SafeTensors::read_metadata(&shard).map_err(broken)?;
        let start = size_of::<u64>() + header;
        for (name, info) in metadata.tensors() {
            let (from, to) = info.data_offsets;
            let stored = Stored {
                shape: info.shape.clone(),
                dtype: info.dtype,
                shard: shard.clone(),
                bytes: start + from..start + to,
            };
            if self.tensors.insert(short(&name).to_owned(), stored).is_some() {
                return Err(Error::DuplicateTensor { name, file: file.to_owned() });
            }
        }
        Ok(())
    }
}

impl Stored {
    /// Fails for numbers that cannot be read; `name` is for the error.
    pub(crate) fn check_dtype(&self, name: &str) -> Result<(), Error> {
        match self.dtype {
            Dtype::F32 | Dtype::F16 | Dtype::BF16 => Ok(()),
            other => Err(Error::Dtype { name: name.to_owned(), found: other.to_string() }),
        }
    }

    /// Whether both hold the same numbers, stored alike.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        self.dtype == other.dtype && self.shape == other.shape && self.data() == other.data()
    }

    /// Appends the elements in `range`, counted through the whole tensor, to `out`.
    pub(crate) fn read(&self, range: Range<usize>, out: &mut Vec<f32>) {
        match self.dtype {
            Dtype::F16 => extend(self.data(), range, out, |b| f16::from_le_bytes(b).to_f32()),
            Dtype::BF16 => extend(self.data(), range, out, |b| bf16::from_le_bytes(b).to_f32()),
            _ => extend(self.data(), range, out, f32::from_le_bytes),
        }
    }

    fn data(&self) -> &[u8] {
        &self.shard[self.bytes.clone()]
    }
}

fn extend<const N: usize>(bytes: &[u8], range: Range<usize>, out: &mut Vec<f32>, convert: impl Fn([u8; N]) -> f32) {
    out.extend(bytes.as_chunks::<N>().0[range].iter().map(|b| convert(*b)));
}

fn short(name: &str) -> &str {
    name.strip_prefix("model.").unwrap_or(name)
}

/// Tensor and file names of the index. The index is foreign: a file name must not lead out of the folder.
fn weight_map(index: &Object) -> Result<Vec<(&str, &str)>, Error> {
    let Some(map) = index.map("weight_map")? else {
        return Err(index.wrong("weight_map", "missing", "an object of tensor and file names"));
    };
    map.iter()
        .map(|(name, file)| match file.as_str() {
            Some(file) if is_plain(file) => Ok((name.as_str(), file)),
            _ => Err(index.wrong("weight_map", file, "the name of a .safetensors file beside the index")),
        })
        .collect()
}

fn is_plain(file: &str) -> bool {
    file.ends_with(".safetensors") && !file.contains(['/', '\\', ':'])
}
