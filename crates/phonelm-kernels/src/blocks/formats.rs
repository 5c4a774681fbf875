//! The quantised blocks of GGUF files as they lie in memory (ggml-common.h), and their decoding to small integers.
//!
//! Every block decodes to `w = scale * value + min` with one scale and minimum a group, which is all that packing and
//! dequantising need. All fields are bytes, so a block has alignment 1 and any bytes are a valid block.

use half::f16;

/// `w = scale * value + min` for one group of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) scale: f32,
    pub(crate) min: f32,
}

impl Scale {
    /// Minus zero is the minimum that changes no number, not even the sign of a zero.
    pub(crate) fn without_min(scale: f32) -> Self {
        Self { scale, min: -0.0 }
    }
}

impl Default for Scale {
    fn default() -> Self {
        Self::without_min(0.0)
    }
}

/// A block format.
///
/// # Safety
/// Implementors are `repr(C)`, of alignment 1, without padding, and valid for any bytes.
pub(crate) unsafe trait Block: Copy + Sync {
    /// Weights of a block.
    const LEN: usize;
    /// Neighbouring weights that share a scale: 32 or 16.
    const GROUP: usize;

    /// Writes `LEN` integers and `LEN / GROUP` scales to the beginnings of the arrays.
    fn decode(&self, values: &mut [i8; 256], scales: &mut [Scale; 16]);
}

/// The whole blocks at the beginning of `bytes`.
pub(crate) fn cast<B: Block>(bytes: &[u8]) -> &[B] {
    // SAFETY: `Block` promises alignment 1 and validity for any bytes; the length counts whole blocks of the slice.
    unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast::<B>(), bytes.len() / size_of::<B>()) }
}

/// Declares a `repr(C)` block of byte fields and checks its size and alignment.
macro_rules! block {
    ($(#[$doc:meta])* $name:ident, $bytes:literal bytes, { $($field:ident: $ty:ty),* }) => {
        $(#[$doc])*
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy)]
        #[repr(C)]
        pub(crate) struct $name { $(pub(crate) $field: $ty),* }

        const _: () = assert!(size_of::<$name>() == $bytes && align_of::<$name>() == 1);
    };
}

block!(/** 32 weights `d * (q - 8)`; byte `j` holds q of `j` (low) and `j + 16` (high). */
    Q4_0, 18 bytes, { d: [u8; 2], qs: [u8; 16] });
block!(/** 32 weights `d * q + m`, nibbles as in Q4_0. */
    Q4_1, 20 bytes, { d: [u8; 2], m: [u8; 2], qs: [u8; 16] });
block!(/** 32 weights `d * (q - 16)`; the fifth bit of weight `j` is bit `j` of qh. */
    Q5_0, 22 bytes, { d: [u8; 2], qh: [u8; 4], qs: [u8; 16] });
block!(/** 32 weights `d * q + m`, five bits as in Q5_0. */
    Q5_1, 24 bytes, { d: [u8; 2], m: [u8; 2], qh: [u8; 4], qs: [u8; 16] });
block!(/** 32 weights `d * q`. */
    Q8_0, 34 bytes, { d: [u8; 2], qs: [i8; 32] });
block!(/** 256 weights `d * sc * q - dmin * m` in groups of 32 with 6-bit `sc` and `m`. */
    Q4_K, 144 bytes, { d: [u8; 2], dmin: [u8; 2], scales: [u8; 12], qs: [u8; 128] });
block!(/** As Q4_K with a fifth bit a weight in qh. */
    Q5_K, 176 bytes, { d: [u8; 2], dmin: [u8; 2], scales: [u8; 12], qh: [u8; 32], qs: [u8; 128] });
block!(/** 256 weights `d * sc * (q - 32)` in groups of 16 with 8-bit `sc`; four low bits in ql, two high ones in qh. */
    Q6_K, 210 bytes, { ql: [u8; 128], qh: [u8; 64], scales: [i8; 16], d: [u8; 2] });

fn half(bytes: [u8; 2]) -> f32 {
    f16::from_le_bytes(bytes).to_f32()
}

/// Weight `j` and `j + 16` of a block of 32 nibbles.
fn nibbles(qs: &[u8; 16], values: &mut [i8; 256]) {
    for (j, q) in qs.iter().enumerate() {
        values[j] = (q & 15) as i8;
        values[j + 16] = (q >> 4) as i8;
    }
}

fn fifth_bits(qh: [u8; 4], values: &mut [i8; 256]) {
    let bits = u32::from_le_bytes(qh);
    for (j, v) in values[..32].iter_mut().enumerate() {
        *v |= (((bits >> j) & 1) << 4) as i8;
    }
}

// SAFETY: `block!` checks size and alignment of the `repr(C)` struct, whose fields are plain bytes.
unsafe impl Block for Q4_0 {
    const LEN: usize = 32;
    const GROUP: usize = 32;

    fn decode(&self, values: &mut [i8; 256], scales: &mut [Scale; 16]) {
        nibbles(&self.qs, values);
        values[..32].iter_mut().for_each(|v| *v -= 8);
        scales[0] = Scale::without_min(half(self.d));
    }
}

// SAFETY: as above.
unsafe impl Block for Q4_1 {
    const LEN: usize = 32;
    const GROUP: usize = 32;

    fn decode(&self, values: &mut [i8; 256], scales: &mut [Scale; 16]) {
        nibbles(&self.qs, values);
        scales[0] = Scale { scale: half(self.d), min: half(self.m) };
    }
}

// SAFETY: as above.
unsafe impl Block for Q5_0 {
    const LEN: usize = 32;
    const GROUP: usize = 32;

    fn decode(&self, values: &mut [i8; 256], scales: &mut [Scale; 16]) {
        nibbles(&self.qs, values);
        fifth_bits(self.qh, values);
        values[..32].iter_mut().for_each(|v| *v -= 16);
        scales[0] = Scale::without_min(half(self.d));
    }
}

// SAFETY: as above.
unsafe impl Block for Q5_1 {
    const LEN: usize = 32;
    const GROUP: usize = 32;

    fn decode(&self, values: &mut [i8; 256], scales: &mut [Scale; 16]) {
        nibbles(&self.qs, values);
        fifth_bits(self.qh, values);
        scales[0] = Scale { scale: half(self.d), min: half(self.m) };
    }
}

// SAFETY: as above.
unsafe impl Block for Q8_0 {
    const LEN: usize = 32;
    const GROUP: usize = 32;

    fn decode(&self, values: &mut [i8; 256], scales: &mut [Scale; 16]) {
        values[..32].copy_from_slice(&self.qs);
        scales[0] = Scale::without_min(half(self.d));
    }
}

/// Scale and minimum of group `j` among the twelve bytes of Q4_K and Q5_K: six bits each, those of the last four groups
/// split into a nibble of their own and the two top bits of the first eight bytes.
fn six_bits(j: usize, s: &[u8; 12]) -> (u8, u8) {
    if j < 4 {
        (s[j] & 63, s[j + 4] & 63)
    } else {
        ((s[j + 4] & 15) | (s[j - 4] >> 6 << 4), (s[j + 4] >> 4) | (s[j] >> 6 << 4))
    }
}

fn k_scales(d: [u8; 2], dmin: [u8; 2], packed: &[u8; 12], scales: &mut [Scale; 16]) {
    for (j, out) in scales[..8].iter_mut().enumerate() {
        let (scale, min) = six_bits(j, packed);
        *out = Scale { scale: half(d) * f32::from(scale), min: -(half(dmin) * f32::from(min)) };
    }
}

/// Four bits of 256 weights: 32 bytes hold a group in their low and the next one in their high nibbles.
fn k_nibbles(qs: &[u8; 128], values: &mut [i8; 256]) {
    for (qs, values) in qs.chunks_exact(32).zip(values.chunks_exact_mut(64)) {
        for (l, q) in qs.iter().enumerate() {
            values[l] = (q & 15) as i8;
            values[l + 32] = (q >> 4) as i8;
        }
    }
}

// SAFETY: as above.
unsafe impl Block for Q4_K {
    const LEN: usize = 256;
    const GROUP: usize = 32;

    fn decode(&self, values: &mut [i8; 256], scales: &mut [Scale; 16]) {
        k_nibbles(&self.qs, values);
        k_scales(self.d, self.dmin, &self.scales, scales);
    }
}

// SAFETY: as above.
unsafe impl Block for Q5_K {
    const LEN: usize = 256;
    const GROUP: usize = 32;

    fn decode(&self, values: &mut [i8; 256], scales: &mut [Scale; 16]) {
        k_nibbles(&self.qs, values);
        for (group, values) in values.chunks_exact_mut(32).enumerate() {
            for (v, h) in values.iter_mut().zip(&self.qh) {
                *v |= ((h >> group & 1) << 4) as i8;
            }
        }
        k_scales(self.d, self.dmin, &self.scales, scales);
    }
}

// SAFETY: as above.
unsafe impl Block for Q6_K {
    const LEN: usize = 256;
    const GROUP: usize = 16;

    fn decode(&self, values: &mut [i8; 256], scales: &mut [Scale; 16]) {
        let halves = self.ql.chunks_exact(64).zip(self.qh.chunks_exact(32));
        for ((ql, qh), values) in halves.zip(values.chunks_exact_mut(128)) {
            for l in 0..32 {
                let low = [ql[l] & 15, ql[l + 32] & 15, ql[l] >> 4, ql[l + 32] >> 4];
                for (part, low) in low.into_iter().enumerate() {
                    let high = qh[l] >> (2 * part) & 3;
                    values[l + 32 * part] = (low | high << 4) as i8 - 32;
                }
            }
        }
        for (out, sc) in scales.iter_mut().zip(&self.scales) {
            *out = Scale::without_min(half(self.d) * f32::from(*sc));
        }
    }
}
