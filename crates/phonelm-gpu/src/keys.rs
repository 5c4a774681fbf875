//! How keys and values lie on the GPU: in words that belong to one token each, so that threads which write neighbouring tokens
//! never share one. Exported, the same bytes come in the CPU's order.

use half::f16;
use phonelm_kernels::{GROUP, KV_BLOCK, KvType, LANES, Q8Square};
use phonelm_model::{Config, ExecutorError};

use crate::error::LoadError;

/// How the GPU keeps keys and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KvFormat {
    /// Half precision.
    F16,
    /// Bytes with a scale for 32 elements of a token.
    Q8,
}

impl KvFormat {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::F16, Self::Q8];

    /// Of a model's heads. Fails for types that the GPU does not keep, and where heads do not divide into what they store.
    pub(crate) fn of(kv: KvType, config: &Config) -> Result<Self, LoadError> {
        let head_dim = config.head_dim;
        match kv {
            KvType::F16 => Ok(Self::F16),
            KvType::Q8_0 if head_dim.is_multiple_of(GROUP) => Ok(Self::Q8),
            KvType::Q8_0 => Err(phonelm_kernels::LoadError::HeadWidth { head_dim, multiple: GROUP }.into()),
            KvType::F32 => Err(LoadError::KvType),
        }
    }

    /// Bytes of an element, without scales.
    pub(crate) const fn element_bytes(self) -> usize {
        match self {
            Self::F16 => size_of::<f16>(),
            Self::Q8 => 1,
        }
    }

    /// Bytes of the keys of a head in a block, and of its values.
    const fn half_bytes(self, head_dim: usize) -> usize {
        match self {
            Self::F16 => head_dim * KV_BLOCK * size_of::<f16>(),
            Self::Q8 => head_dim / GROUP * (KV_BLOCK / GROUP) * size_of::<Q8Square>(),
        }
    }

    pub(crate) const fn source(self) -> &'static str {
        match self {
            Self::F16 => include_str!("shaders/keys_f16.wgsl"),
            Self::Q8 => include_str!("shaders/keys_q8.wgsl"),
        }
    }
}

/// The two orders of one head's bytes in a block.
pub(crate) struct Order {
    format: KvFormat,
    /// Where on the GPU the elements lie that the CPU has one after the other; bytes where scales lie between them.
    places: Vec<u32>,
}

impl Order {
    pub(crate) fn new(format: KvFormat, head_dim: usize) -> Self {
        let half = format.half_bytes(head_dim) / format.element_bytes();
        let place = |at: usize| match format {
            KvFormat::F16 if at < half => key_place::<2>(at % KV_BLOCK, at / KV_BLOCK),
            KvFormat::F16 => at,
            KvFormat::Q8 => q8_place(at % half, at >= half, head_dim),
        };
        Self { format, places: (0..2 * half).map(|at| place(at) as u32).collect() }
    }

    /// Bytes of a head's keys and values in a block.
    pub(crate) fn head_bytes(&self) -> usize {
        self.places.len() * self.format.element_bytes()
    }

    /// Checks that blocks in the CPU's order hold nothing but numbers.
    pub(crate) fn check_cpu(&self, blocks: &[u8]) -> Result<(), ExecutorError> {
        let kv = match self.format {
            KvFormat::F16 => KvType::F16,
            KvFormat::Q8 => KvType::Q8_0,
        };
        kv.check(blocks)
    }

    /// Appends the bytes of heads on the GPU in the CPU's order.
    pub(crate) fn append_cpu(&self, gpu: &[u8], out: &mut Vec<u8>) {
        match self.format {
            KvFormat::F16 => self.append::<2>(gpu, out),
            KvFormat::Q8 => self.append::<1>(gpu, out),
        }
    }

    /// Writes the bytes of heads in the CPU's order as the GPU has them.
    pub(crate) fn write_gpu(&self, cpu: &[u8], out: &mut [u8]) {
        match self.format {
            KvFormat::F16 => self.write::<2>(cpu, out),
            KvFormat::Q8 => self.write::<1>(cpu, out),
        }
    }

    fn append<const N: usize>(&self, gpu: &[u8], out: &mut Vec<u8>) {
        for head in gpu.as_chunks::<N>().0.chunks_exact(self.places.len()) {
            out.extend(self.places.iter().flat_map(|place| head[*place as usize]));
        }
    }

    fn write<const N: usize>(&self, cpu: &[u8], out: &mut [u8]) {
        let heads = out.as_chunks_mut::<N>().0.chunks_exact_mut(self.places.len());
        for (head, cpu) in heads.zip(cpu.as_chunks::<N>().0.chunks_exact(self.places.len())) {
            self.places.iter().zip(cpu).for_each(|(place, element)| head[*place as usize] = *element);
        }
    }
}

/// An element of a key among those of 64 tokens, in words of `N`.
const fn key_place<const N: usize>(token: usize, element: usize) -> usize {
    (element / N * KV_BLOCK + token) * N + element % N
}

/// Where a byte of the CPU's squares of a head's keys, or of its values, lies on the GPU: keys, values, scales of both.
const fn q8_place(at: usize, value: bool, head_dim: usize) -> usize {
    let (square, at) = (at / size_of::<Q8Square>(), at % size_of::<Q8Square>());
    // Two squares hold 32 elements of the 64 tokens.
    let (first_element, first_token) = (square / 2 * GROUP, square % 2 * GROUP);
    let scales = size_of::<u16>() * GROUP;
    if at < scales {
        let (token, byte) = (first_token + at / 2, at % 2);
        return 2 * head_dim * KV_BLOCK + 4 * (first_element / GROUP * KV_BLOCK + token) + 2 * value as usize + byte;
    }
    let at = at - scales;
    // Rows and columns of the square: of keys, rows are tokens.
    let row = at / (GROUP * LANES) * LANES + at / 4 % LANES;
    let column = at / (4 * LANES) % (GROUP / 4) * 4 + at % 4;
    if value {
        return (KV_BLOCK + first_token + column) * head_dim + first_element + row;
    }
    key_place::<4>(first_token + row, first_element + column)
}
