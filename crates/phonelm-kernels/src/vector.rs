//! [`Vector`]: the 16 floats on which the loops of [`crate::float`] and [`crate::attention`] work, the stored [`Format`]s
//! from which they are loaded, and [`Isa`]: what the loops of a kernel set are made of.
//!
//! The trap: an implementation without `#[inline(always)]` would be called, and compiled for the baseline.

use half::f16;

use crate::attention::ByteTile;
use crate::kernels::LANES;
use crate::rows::QuantizedGroup;

/// 16 floats of one instruction set.
///
/// # Safety
/// The methods may be called only where the CPU has the instructions.
pub(crate) trait Vector: Copy {
    /// 16 times the same.
    unsafe fn splat(x: f32) -> Self;
    /// From memory of any alignment.
    unsafe fn load(x: &[f32; LANES]) -> Self;
    /// From f16 bits, exactly; signalling NaNs become quiet.
    unsafe fn load_f16(x: &[u16; LANES]) -> Self;
    /// To an array.
    unsafe fn to_array(self) -> [f32; LANES];
    /// `self * b`.
    unsafe fn mul(self, b: Self) -> Self;
    /// `self * b + c`, rounded once.
    unsafe fn fma(self, b: Self, c: Self) -> Self;
    /// The largest magnitude of both, as its bits: infinity and then NaN are larger than all numbers.
    unsafe fn top(self, b: Self) -> u32;
    /// The nearest integers, of two the even one, for magnitudes up to 2^22.
    unsafe fn round(self) -> [i32; LANES];
}

/// One instruction set.
pub(crate) trait Isa {
    /// Its floats.
    type Floats: Vector;

    /// Vectors of sums that the registers hold, what is added to them besides.
    const SUMS: usize = 4;

    /// Fetches the cache line at an address, or whatever else lies there.
    fn prefetch(line: *const u8);

    /// Products of a tile's 16 rows with `R` groups, exact.
    ///
    /// # Safety
    /// The CPU has the instructions.
    unsafe fn dots<const R: usize>(tile: &ByteTile, x: [&QuantizedGroup; R]) -> [Self::Floats; R];

    /// The same with the two parts of `R` groups whose values are not negative, and whose offsets do not count.
    ///
    /// # Safety
    /// The CPU has the instructions.
    unsafe fn fine_dots<const R: usize>(tile: &ByteTile, x: &[[QuantizedGroup; 2]; R]) -> [[Self::Floats; 2]; R];
}

/// The bits of a float but its sign.
pub(crate) const MAGNITUDE: u32 = 0x7fff_ffff;

/// 1.5 * 2^23: adding it rounds to an integer, half to even, and leaves that integer in the low bits.
pub(crate) const ROUND: f32 = 12_582_912.0;

/// The portable vector.
#[derive(Clone, Copy)]
pub(crate) struct Array([f32; LANES]);

impl Vector for Array {
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Self([x; LANES])
    }

    #[inline(always)]
    unsafe fn load(x: &[f32; LANES]) -> Self {
        Self(*x)
    }

    #[inline(always)]
    unsafe fn load_f16(x: &[u16; LANES]) -> Self {
        Self(x.map(|bits| f16::from_bits(bits).to_f32()))
    }

    #[inline(always)]
    unsafe fn to_array(self) -> [f32; LANES] {
        self.0
    }

    #[inline(always)]
    unsafe fn mul(self, b: Self) -> Self {
        Self(std::array::from_fn(|l| self.0[l] * b.0[l]))
    }

    #[inline(always)]
    unsafe fn fma(self, b: Self, c: Self) -> Self {
        Self(std::array::from_fn(|l| self.0[l].mul_add(b.0[l], c.0[l])))
    }

    #[inline(always)]
    unsafe fn top(self, b: Self) -> u32 {
        self.0.iter().chain(&b.0).map(|x| x.to_bits() & MAGNITUDE).fold(0, u32::max)
    }

    #[inline(always)]
    unsafe fn round(self) -> [i32; LANES] {
        self.0.map(|x| ((x + ROUND).to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32))
    }
}

/// How 16 stored numbers become a vector.
pub(crate) trait Format {
    type Raw: Copy;
    const ZERO: Self::Raw;

    /// # Safety
    /// The CPU has the instructions of `V`.
    unsafe fn lanes<V: Vector>(raw: &[Self::Raw; LANES]) -> V;

    /// The 16 numbers from `raw[at]` on, with zeros past the end.
    ///
    /// # Safety
    /// The CPU has the instructions of `V`.
    #[inline(always)]
    unsafe fn lanes_at<V: Vector>(raw: &[Self::Raw], at: usize) -> V {
        // SAFETY: passed on.
        unsafe {
            match raw[at..].first_chunk() {
                Some(full) => Self::lanes(full),
                None => {
                    let mut padded = [Self::ZERO; LANES];
                    padded[..raw.len() - at].copy_from_slice(&raw[at..]);
                    Self::lanes(&padded)
                }
            }
        }
    }
}

/// Declares a format: its stored type, and either what loads it or what decodes one number before `$load` does.
macro_rules! format {
    ($(#[$doc:meta])* $name:ident, $raw:ty, $zero:expr, $load:ident $(, $decode:expr)?) => {
        $(#[$doc])*
        pub(crate) struct $name;

        impl Format for $name {
            type Raw = $raw;
            const ZERO: $raw = $zero;

            #[inline(always)]
            unsafe fn lanes<V: Vector>(raw: &[$raw; LANES]) -> V {
                $(
                    let mut numbers = [Default::default(); LANES];
                    for l in 0..LANES {
                        numbers[l] = $decode(raw[l]);
                    }
                    let raw = &numbers;
                )?
                // SAFETY: passed on.
                unsafe { V::$load(raw) }
            }
        }
    };
}

format!(/** Floats in memory. */ F32, f32, 0.0, load);
format!(/** f16 bits in memory. */ F16, u16, 0, load_f16);
format!(/** Floats in a file. */ F32Bytes, [u8; 4], [0; 4], load, f32::from_le_bytes);
format!(/** f16 in a file. */ F16Bytes, [u8; 2], [0; 2], load_f16, u16::from_le_bytes);
format!(/** bf16 in a file. */ Bf16Bytes, [u8; 2], [0; 2], load, bf16_from_bytes);

/// The upper half of a float.
#[inline(always)]
fn bf16_from_bytes(bytes: [u8; 2]) -> f32 {
    f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 16)
}
