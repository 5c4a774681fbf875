//! One GGUF file to another with the same numbers, whose quantised rows lie in another layout.

use std::borrow::Cow;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use phonelm_gguf::{PADDING_KEY, TensorInfo, TensorType, Writer};
use phonelm_kernels::{Packed, Pool, default_threads};
use phonelm_model::{LAYOUT_KEY, ModelFile};

use crate::Error;
use crate::convert::{Layout, Progress, Report, count, mark_layout, not_packed};
use crate::save::save;
use crate::weights::WriteError;

/// Writes the model of the GGUF file `source` to `out` with its quantised matrices in `layout`; everything else stays.
///
/// The file is written under a temporary name beside `out` and renamed when whole; after an error nothing is left.
/// `progress` ends the work with [`ControlFlow::Break`] ([`Error::Cancelled`]).
pub fn repack(
    source: &Path,
    out: &Path,
    layout: Layout,
    progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<Report, Error> {
    let model = ModelFile::open(source)?;
    let activation = model.config().activation;
    let becomes =
        |info: &TensorInfo| layout.of(info.ty, &info.name, activation, info.rows() as usize, info.row_len() as usize);
    let tensors: Vec<(&TensorInfo, TensorType)> =
        model.gguf().tensors().iter().map(|info| (info, becomes(info))).collect();
    let writer = declare(&model, &tensors);
    let bytes = save(out, |file| fill(file, &writer, &model, &tensors, progress))?;

    let counts = count(tensors.iter().map(|(_, ty)| *ty));
    let warnings = not_packed(tensors.iter().map(|(info, ty)| (info.name.as_str(), *ty)), layout);
    let parameters = model.config().parameters();
    Ok(Report { warnings: warnings.into_iter().collect(), bytes, parameters, tensors: counts })
}

fn declare(model: &ModelFile, tensors: &[(&TensorInfo, TensorType)]) -> Writer {
    let mut writer = Writer::new();
    writer.page_aligned(true);
    // Both say how this file is laid out, not what it holds.
    let kept = |key: &str| key != PADDING_KEY && key != LAYOUT_KEY;
    for (key, value) in model.metadata().iter().filter(|(key, _)| kept(key)) {
        writer.set(key, value.clone());
    }
    writer.alignment(256);
    mark_layout(&mut writer, tensors.iter().map(|(_, ty)| *ty));
    for (info, ty) in tensors {
        writer.tensor(info.name.as_str(), &info.shape, *ty);
    }
    writer
}

fn fill<W: Write>(
    out: W,
    writer: &Writer,
    model: &ModelFile,
    tensors: &[(&TensorInfo, TensorType)],
    progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<W, WriteError> {
    let mut body = writer.start(out)?;
    let total = body.tensors().iter().map(TensorInfo::size).sum();
    let pool = Pool::new(default_threads());
    let mut done = 0;
    for (info, ty) in tensors {
        let bytes = relaid(model, info, *ty, &pool)?;
        body.tensor(&bytes)?;
        done += bytes.len() as u64;
        if progress(Progress { tensor: &info.name, done, total }).is_break() {
            return Err(WriteError::Source(Error::Cancelled));
        }
    }
    Ok(body.finish()?)
}

/// A tensor's bytes as type `ty`, which holds the same numbers as its own.
fn relaid<'a>(
    model: &'a ModelFile,
    info: &TensorInfo,
    ty: TensorType,
    pool: &Pool,
) -> Result<Cow<'a, [u8]>, WriteError> {
    let bytes = info.bytes(model.bytes()).unwrap_or_default();
    if ty == info.ty {
        return Ok(Cow::Borrowed(bytes));
    }
    let (rows, cols) = (info.rows() as usize, info.row_len() as usize);
    let refused = |_| WriteError::Source(Error::CannotQuantize { ty });
    let nothing = || WriteError::Source(Error::CannotQuantize { ty });
    let standard = if info.ty.tile_rows() > 1 {
        let range = info.range.start as usize..info.range.end as usize;
        let packed = Packed::in_mapping(info.ty, model.mapping(), range, rows, cols).map_err(refused)?;
        Cow::Owned(packed.unpack().ok_or_else(nothing)?)
    } else {
        Cow::Borrowed(bytes)
    };
    if ty.tile_rows() == 1 {
        return Ok(standard);
    }
    let packed = Packed::laid_out(ty, &standard, rows, cols, pool).map_err(refused)?;
    packed.file_bytes().map(|(_, bytes)| Cow::Owned(bytes.to_vec())).ok_or_else(nothing)
}
