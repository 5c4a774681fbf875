//! Tensor element types: their numbers in a GGUF file and the sizes of their blocks.

/// How the elements of a tensor are stored. Quantised types store blocks of [`Self::block_len`]
/// elements in [`Self::block_bytes`] bytes; a row of a tensor is a whole number of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(non_camel_case_types)]
pub enum TensorType {
    /// IEEE 754 single precision.
    F32,
    /// IEEE 754 half precision.
    F16,
    /// The upper half of an F32.
    BF16,
    /// 32 weights of 4 bits around 8, one f16 scale.
    Q4_0,
    /// 32 weights of 4 bits, f16 scale and minimum.
    Q4_1,
    /// 32 weights of 5 bits around 16, one f16 scale.
    Q5_0,
    /// 32 weights of 5 bits, f16 scale and minimum.
    Q5_1,
    /// 32 weights of 8 bits, one f16 scale.
    Q8_0,
    /// 256 weights of 4 bits in 8 groups with 6-bit scales and minima.
    Q4_K,
    /// 256 weights of 5 bits in 8 groups with 6-bit scales and minima.
    Q5_K,
    /// 256 weights of 6 bits in 16 groups with 8-bit scales.
    Q6_K,
    /// The blocks of [`Self::Q4_0`], those of 16 neighbouring rows woven into one another (see [`Self::tile_rows`]).
    Q4_0x16,
    /// The blocks of [`Self::Q8_0`], those of 16 neighbouring rows woven into one another.
    Q8_0x16,
    /// The blocks of [`Self::Q4_0`], those of 16 neighbouring rows in pieces of 256 columns side by side: rows can be left
    /// unread.
    Q4_0Rows,
    /// The blocks of [`Self::Q4_0`], those of 256 neighbouring rows woven column by column: columns can be left unread.
    Q4_0Columns,
}

/// Ours start here ("PLM" in ASCII), far above the numbers that ggml gives out, so that other readers refuse them.
const PRIVATE: u32 = 0x504C_4D00;

impl TensorType {
    /// Every type this crate reads and writes.
    pub const ALL: [TensorType; 15] = [
        Self::F32,
        Self::F16,
        Self::BF16,
        Self::Q4_0,
        Self::Q4_1,
        Self::Q5_0,
        Self::Q5_1,
        Self::Q8_0,
        Self::Q4_K,
        Self::Q5_K,
        Self::Q6_K,
        Self::Q4_0x16,
        Self::Q8_0x16,
        Self::Q4_0Rows,
        Self::Q4_0Columns,
    ];

    /// The type's number in the file (`enum ggml_type` of ggml.h; the packed types have numbers of our own).
    pub const fn id(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Q4_0 => 2,
            Self::Q4_1 => 3,
            Self::Q5_0 => 6,
            Self::Q5_1 => 7,
            Self::Q8_0 => 8,
            Self::Q4_K => 12,
            Self::Q5_K => 13,
            Self::Q6_K => 14,
            Self::BF16 => 30,
            Self::Q4_0x16 => PRIVATE + 2,
            Self::Q8_0x16 => PRIVATE + 8,
            Self::Q4_0Rows => PRIVATE + 0x12,
            Self::Q4_0Columns => PRIVATE + 0x22,
        }
    }

    /// The type with this number in a file, if this crate knows it.
    pub fn from_id(id: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.id() == id)
    }

    /// Elements in one block; 1 for the float types.
    pub const fn block_len(self) -> usize {
        match self {
            Self::F32 | Self::F16 | Self::BF16 => 1,
            Self::Q4_0 | Self::Q4_1 | Self::Q5_0 | Self::Q5_1 | Self::Q8_0 => 32,
            Self::Q4_0x16 | Self::Q8_0x16 | Self::Q4_0Columns => 32,
            Self::Q4_K | Self::Q5_K | Self::Q6_K | Self::Q4_0Rows => 256,
        }
    }

    /// Bytes of one block.
    pub const fn block_bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::BF16 => 2,
            Self::Q4_0 | Self::Q4_0x16 | Self::Q4_0Columns => 18,
            Self::Q4_0Rows => 144,
            Self::Q4_1 => 20,
            Self::Q5_0 => 22,
            Self::Q5_1 => 24,
            Self::Q8_0 | Self::Q8_0x16 => 34,
            Self::Q4_K => 144,
            Self::Q5_K => 176,
            Self::Q6_K => 210,
        }
    }

    /// Rows that a packed type lays out together: a matrix has a whole number of such tiles, a row no bytes of its own. 1 for
    /// all other types.
    pub const fn tile_rows(self) -> usize {
        match self {
            Self::Q4_0x16 | Self::Q8_0x16 | Self::Q4_0Rows => 16,
            Self::Q4_0Columns => 256,
            _ => 1,
        }
    }

    /// Whether a matrix of this shape can be stored as this type.
    pub const fn holds(self, rows: usize, cols: usize) -> bool {
        rows.is_multiple_of(self.tile_rows()) && cols.is_multiple_of(self.block_len())
    }

    /// The packed type that holds the same numbers, if there is one: tiles of 16 rows.
    pub const fn packed(self) -> Option<Self> {
        match self {
            Self::Q4_0 => Some(Self::Q4_0x16),
            Self::Q8_0 => Some(Self::Q8_0x16),
            _ => None,
        }
    }

    /// The type with the same numbers whose rows lie one after the other: itself unless it is packed.
    pub const fn unpacked(self) -> Self {
        match self {
            Self::Q4_0x16 | Self::Q4_0Rows | Self::Q4_0Columns => Self::Q4_0,
            Self::Q8_0x16 => Self::Q8_0,
            other => other,
        }
    }

    /// Bytes of a row of `len` elements; `None` if `len` is no whole number of blocks or the size overflows.
    pub fn row_bytes(self, len: usize) -> Option<usize> {
        if !len.is_multiple_of(self.block_len()) {
            return None;
        }
        (len / self.block_len()).checked_mul(self.block_bytes())
    }

    /// The name people use, in lower case: `q4_0`, `f16`, `q4_k`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::BF16 => "bf16",
            Self::Q4_0 => "q4_0",
            Self::Q4_1 => "q4_1",
            Self::Q5_0 => "q5_0",
            Self::Q5_1 => "q5_1",
            Self::Q8_0 => "q8_0",
            Self::Q4_K => "q4_k",
            Self::Q5_K => "q5_k",
            Self::Q6_K => "q6_k",
            Self::Q4_0x16 => "q4_0x16",
            Self::Q8_0x16 => "q8_0x16",
            Self::Q4_0Rows => "q4_0_rows",
            Self::Q4_0Columns => "q4_0_columns",
        }
    }

    /// The type with this [`Self::name`], in either case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.name().eq_ignore_ascii_case(name))
    }
}

impl std::fmt::Display for TensorType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
