//! What the bytes of an exported cache begin with: seven u64 that tell which caches they fit, in this machine's byte order
//! like all that follows; another machine's are no export.

use crate::ExecutorError;

const HEADER: usize = 7 * 8;

/// The caches of an executor, as far as an export tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportShape {
    /// Layers of the model.
    pub layers: usize,
    /// Key heads of a layer.
    pub kv_heads: usize,
    /// Elements of a head.
    pub head_dim: usize,
    /// Bytes of an element without scales, which tells the storage types apart.
    pub element_bytes: usize,
    /// Tokens of a block.
    pub block: usize,
    /// Bytes of a block with all layers.
    pub block_bytes: usize,
}

impl ExportShape {
    /// The header of a cache of `len` tokens, with room for its blocks.
    pub fn begin(&self, len: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER + len.div_ceil(self.block) * self.block_bytes);
        for (_, value) in self.fields(len) {
            out.extend_from_slice(&value.to_ne_bytes());
        }
        out
    }

    /// Length in tokens and blocks of an export, which is checked; it may hold at most `context` tokens.
    pub fn open<'b>(&self, bytes: &'b [u8], context: usize) -> Result<(usize, &'b [u8]), ExecutorError> {
        let bad = |field, found, expected| ExecutorError::BadImport { field, found, expected };
        let header = bytes.split_at_checked(HEADER);
        let (words, body) = header.ok_or(bad("length in bytes", bytes.len() as u64, HEADER as u64))?;
        let words: Vec<u64> = words.as_chunks::<8>().0.iter().map(|b| u64::from_ne_bytes(*b)).collect();
        let len = words[6];
        if len > context as u64 {
            return Err(bad("tokens", len, context as u64));
        }
        let len = len as usize;
        for ((field, expected), &found) in self.fields(len).into_iter().zip(&words) {
            if found != expected {
                return Err(bad(field, found, expected));
            }
        }
        let expected = len.div_ceil(self.block) * self.block_bytes;
        if body.len() != expected {
            return Err(bad("bytes of keys and values", body.len() as u64, expected as u64));
        }
        Ok((len, body))
    }

    fn fields(&self, len: usize) -> [(&'static str, u64); 7] {
        [
            ("format", u64::from_le_bytes(*b"PLMKV\0\0\x01")),
            ("layers", self.layers as u64),
            ("key heads", self.kv_heads as u64),
            ("head width", self.head_dim as u64),
            ("bytes an element", self.element_bytes as u64),
            ("tokens a block", self.block as u64),
            ("tokens", len as u64),
        ]
    }
}
