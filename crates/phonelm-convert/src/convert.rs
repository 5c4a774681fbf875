//! One conversion from folder to file: everything is checked before the first byte is written.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use phonelm_gguf::{TensorType, Writer};
use phonelm_kernels::blocks::can_quantize;
use phonelm_model::{Activation, Config, LAYOUT, LAYOUT_KEY};

use crate::config::{FILE, read_config};
use crate::json::Object;
use crate::layout::shape_keys;
use crate::save::save;
use crate::source::Source;
use crate::weights::{Tensor, WriteError, find};
use crate::{Error, tokenizer};

/// What is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Type of the weight matrices. Norms and biases are f32. Embedding and head become q8_0 where fewer bits are asked.
    pub ty: TensorType,
    /// How the rows of quantised matrices lie.
    pub layout: Layout,
}

impl Options {
    /// Matrices of type `ty` in the standard layout.
    pub const fn new(ty: TensorType) -> Self {
        Self { ty, layout: Layout::Standard }
    }
}

/// How the rows of quantised matrices lie in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// One after the other: other programs read the file too, and it is packed into memory at load.
    #[default]
    Standard,
    /// Woven as the kernels stream them, where they are q4_0 or q8_0: such a file is mapped and used as it is.
    Packed,
}

impl Layout {
    /// What the tensor `name` of type `ty` becomes in a model with this activation.
    pub(crate) fn of(self, ty: TensorType, name: &str, activation: Activation, rows: usize, cols: usize) -> TensorType {
        let standard = ty.unpacked();
        if self == Self::Standard {
            return standard;
        }
        // Where ReLU leaves neurons at zero, these can be skipped.
        let skipping = match (standard, activation) {
            (TensorType::Q4_0, Activation::Relu) if name.ends_with(".ffn_up.weight") => Some(TensorType::Q4_0Rows),
            (TensorType::Q4_0, Activation::Relu) if name.ends_with(".ffn_down.weight") => Some(TensorType::Q4_0Columns),
            _ => None,
        };
        let mut packed = skipping.into_iter().chain(standard.packed());
        packed.find(|ty| ty.holds(rows, cols)).unwrap_or(standard)
    }
}

/// How far a conversion is.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The tensor at work, by its name in the file.
    pub tensor: &'a str,
    /// Bytes of tensors written.
    pub done: u64,
    /// Bytes of all tensors.
    pub total: u64,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Report {
    /// What the user should know.
    pub warnings: Vec<Warning>,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// Number of weights.
    pub parameters: u64,
    /// Number of tensors of each type, by the type's name.
    pub tensors: BTreeMap<&'static str, usize>,
}

/// Something that the file lacks, or that is not as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The folder has no tokenizer.json.
    NoTokenizer,
    /// The folder has no chat template.
    NoChatTemplate,
    /// The tokenizer cannot be stated in llama.cpp's keys.
    OnlyHuggingFaceTokenizer,
    /// Matrices whose rows are no whole number of blocks were stored as f16.
    StoredAsF16 {
        /// How many.
        count: usize,
        /// The first of them, by its name in the file.
        first: String,
        /// The type that was asked for.
        asked: TensorType,
    },
    /// Quantised matrices that the packed layout has no form for keep the standard one.
    NotPacked {
        /// How many.
        count: usize,
        /// The first of them, by its name in the file.
        first: String,
        /// Its type.
        ty: TensorType,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTokenizer => write!(f, "the folder has no tokenizer.json: the model takes token ids, but no text"),
            Self::NoChatTemplate => {
                write!(f, "the folder has no chat template: the model completes text, but cannot chat")
            }
            Self::OnlyHuggingFaceTokenizer => {
                write!(f, "other programs than this one may not read the tokenizer: it is no known byte-level BPE")
            }
            Self::StoredAsF16 { count, first, asked } => {
                match count {
                    1 => write!(f, "{first} is stored as f16")?,
                    _ => write!(f, "{count} matrices are stored as f16 ({first} is the first)")?,
                }
                write!(f, ": {asked} needs rows of a multiple of {}", asked.block_len())
            }
            Self::NotPacked { count, first, ty } => {
                write!(f, "{count} of the quantised matrices stay unpacked ({first}, {ty}, is the first): ")?;
                write!(f, "q4_0 and q8_0 with a multiple of 16 rows can be packed")
            }
        }
    }
}

/// Converts the Hugging Face folder `dir` to the GGUF file `out`.
///
/// The file is written under a temporary name beside `out` and renamed when whole; after an error nothing is left.
/// `progress` ends the conversion with [`ControlFlow::Break`] ([`Error::Cancelled`]).
pub fn convert(
    dir: &Path,
    out: &Path,
    options: &Options,
    progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<Report, Error> {
    if !can_quantize(options.ty) {
        return Err(Error::CannotQuantize { ty: options.ty });
    }
    if !dir.is_dir() {
        return Err(Error::NotAFolder { path: dir.to_path_buf() });
    }
    let hint = "; give the folder of a Hugging Face model";
    let missing = || Error::MissingFile { dir: dir.to_path_buf(), file: FILE.to_owned(), hint };
    let json = Object::read(dir, FILE)?.ok_or_else(missing)?;
    // The config is read first, so that a folder of another kind of model is told by its config.
    read_config(&json, true)?;
    let source = Source::open(dir)?;
    let config = read_config(&json, source.get("lm_head.weight").is_some())?;
    let tensors = find(&source, &config, options)?;

    let mut warnings = f16_warning(&tensors, options.ty);
    let types = tensors.iter().map(|tensor| (tensor.slot.gguf.as_str(), tensor.ty));
    warnings.extend(not_packed(types, options.layout));
    let text = tokenizer::entries(dir, &json, config.vocab, &mut warnings)?;
    let writer = declare(dir, &config, &tensors, text, options.ty);
    let bytes = save(out, |file| fill(file, &writer, &config, &tensors, progress))?;

    let factors = config.rope.factors.iter().map(|_| TensorType::F32);
    let counts = count(tensors.iter().map(|tensor| tensor.ty).chain(factors));
    Ok(Report { warnings, bytes, parameters: config.parameters(), tensors: counts })
}

/// The divisors of Llama 3.1's RoPE scaling, which llama.cpp keeps as a tensor.
const ROPE_FREQS: &str = "rope_freqs.weight";

fn f16_warning(tensors: &[Tensor<'_>], asked: TensorType) -> Vec<Warning> {
    if asked == TensorType::F16 {
        return vec![];
    }
    let mut stored = tensors.iter().filter(|tensor| tensor.ty == TensorType::F16);
    match stored.next() {
        Some(first) => vec![Warning::StoredAsF16 { count: 1 + stored.count(), first: first.slot.gguf.clone(), asked }],
        None => vec![],
    }
}

/// The header: llama.cpp's keys, the tokenizer, every tensor.
fn declare(dir: &Path, config: &Config, tensors: &[Tensor<'_>], text: tokenizer::Entries, ty: TensorType) -> Writer {
    let mut writer = Writer::new();
    let folder = dir.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    writer.page_aligned(true);
    for (key, value) in shape_keys(config) {
        writer.set(key, value);
    }
    writer
        .alignment(256)
        .set("general.name", folder.unwrap_or_else(|| config.family.name().to_owned()))
        .set("general.file_type", file_type(ty));
    for (key, value) in text {
        writer.set(key, value);
    }
    if let Some(factors) = &config.rope.factors {
        writer.tensor(ROPE_FREQS, &[factors.len() as u64], TensorType::F32);
    }
    for tensor in tensors {
        writer.tensor(&tensor.slot.gguf, &tensor.slot.shape(), tensor.ty);
    }
    mark_layout(&mut writer, tensors.iter().map(|tensor| tensor.ty));
    writer
}

/// States the layout if a tensor is packed.
pub(crate) fn mark_layout(writer: &mut Writer, mut types: impl Iterator<Item = TensorType>) {
    if types.any(|ty| ty.tile_rows() > 1) {
        writer.set(LAYOUT_KEY, LAYOUT);
    }
}

/// Number of tensors of each type, by the type's name.
pub(crate) fn count(types: impl Iterator<Item = TensorType>) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for ty in types {
        *counts.entry(ty.name()).or_insert(0) += 1;
    }
    counts
}

/// What stays unpacked although it is quantised, of tensors given by name and type.
pub(crate) fn not_packed<'a>(tensors: impl Iterator<Item = (&'a str, TensorType)>, layout: Layout) -> Option<Warning> {
    let mut left = tensors.filter(|(_, ty)| layout == Layout::Packed && ty.block_len() > 1 && ty.tile_rows() == 1);
    let (first, ty) = left.next()?;
    Some(Warning::NotPacked { count: 1 + left.count(), first: first.to_owned(), ty })
}

/// llama.cpp's number for files of mostly this type (`llama_ftype` of llama.h).
fn file_type(ty: TensorType) -> u32 {
    match ty {
        TensorType::F32 => 0,
        TensorType::F16 => 1,
        TensorType::Q4_0 | TensorType::Q4_0x16 | TensorType::Q4_0Rows | TensorType::Q4_0Columns => 2,
        TensorType::Q4_1 => 3,
        TensorType::Q8_0 | TensorType::Q8_0x16 => 7,
        TensorType::Q5_0 => 8,
        TensorType::Q5_1 => 9,
        TensorType::Q4_K => 15,
        TensorType::Q5_K => 17,
        TensorType::Q6_K => 18,
        TensorType::BF16 => 32,
    }
}

/// Writes header and tensors to `out`.
fn fill<W: Write>(
    out: W,
    writer: &Writer,
    config: &Config,
    tensors: &[Tensor<'_>],
    progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<W, WriteError> {
    let mut body = writer.start(out)?;
    let total = body.tensors().iter().map(|tensor| tensor.size()).sum();
    let mut done = 0;
    if let Some(factors) = &config.rope.factors {
        let bytes: Vec<u8> = factors.iter().flat_map(|factor| factor.to_le_bytes()).collect();
        body.tensor(&bytes)?;
        done += bytes.len() as u64;
    }
    for tensor in tensors {
        let mut written = |bytes: usize| {
            done += bytes as u64;
            progress(Progress { tensor: &tensor.slot.gguf, done, total })
        };
        tensor.write(config.head_dim, &mut body, &mut written)?;
    }
    Ok(body.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with room for so many bytes.
    struct Disk(usize);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_an_error_at_any_byte() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/models/llama-rope-llama3");
        let json = Object::read(&dir, FILE).unwrap().unwrap();
        let source = Source::open(&dir).unwrap();
        let config = read_config(&json, true).unwrap();
        let tensors = find(&source, &config, &Options { ty: TensorType::Q8_0, layout: Layout::Packed }).unwrap();
        let writer = declare(&dir, &config, &tensors, vec![], TensorType::Q8_0);
        let fill = |room| fill(Disk(room), &writer, &config, &tensors, &mut |_| ControlFlow::Continue(()));

        let room = 1 << 20;
        let length = room - fill(room).ok().unwrap().0;
        assert!(fill(length).is_ok());
        for room in (0..length).step_by(997).chain([length - 1]) {
            let Err(WriteError::Out(error)) = fill(room) else { panic!("{room} bytes suffice for {length}") };
            assert_eq!(error.to_string(), "writing failed: no storage space");
        }
    }
}
