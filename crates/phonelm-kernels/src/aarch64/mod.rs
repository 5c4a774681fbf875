//! Kernel sets of 64-bit ARM. They differ only in how the integer sums of one block are formed, with few rows of
//! activations ([`Dots`]) and with many ([`Gemm`]):
//!
//! | set | instruction | products an instruction |
//! |---|---|---|
//! | `neon` | `smlal`, sums of 16 bits | 8 |
//! | `dotprod` | `sdot` by lane | 16 |
//! | `i8mm` | `smmla`, two rows with two rows | 32 |
//!
//! [`tile`] and [`gemm`] hold what they share: the way along a tile, the float sums, and panels, in which many rows of
//! activations meet weights that are unpacked once.
//!
//! The trap: the intrinsics of `sdot` and `smmla` are not stable, so they are written as assembly that names its own
//! extension. No function here has a target feature, and only [`Set`] keeps them from CPUs that lack them.

mod dotprod;
mod gemm;
mod i8mm;
mod lanes;
mod neon;
mod skipping;
mod tile;
mod weights;

use std::arch::{
    aarch64::{int8x16_t, int32x4_t},
    asm,
};
use std::array::from_fn;
use std::marker::PhantomData;
use std::ops::Range;

use phonelm_model::{Activation, RopeLayout};

use crate::attention::{ByteTile, KvBlock};
use crate::float::float_methods;
use crate::kernels::{Kernels, TILE_ROWS};
use crate::packed::{ColumnBlock, HALF_TILES, Packed, Q4Block, ROW_GROUPS, RowBlock, Weave};
use crate::rows::{FloatMatrix, OutRows, QuantizedGroup, QuantizedRows};
use crate::skipping::Active;
use crate::vector::Isa;

use gemm::Gemm;
use lanes::Lanes;
use weights::{Quads, Weights};

/// Every 64-bit ARM CPU.
pub(crate) type Neon = Set<neon::Smlal>;
/// Armv8.2 with dot products: phones from about 2018 on.
pub(crate) type Dotprod = Set<dotprod::Sdot>;
/// Armv8.6 with int8 matrix products: phones from about 2022 on.
pub(crate) type I8mm = Set<i8mm::Smmla>;

/// The kernel set of one [`Gemm`]. A value proves that the CPU has its instructions.
pub(crate) struct Set<D>(PhantomData<D>);

impl<D: Gemm> Set<D> {
    /// The only way to a value: asks the CPU.
    pub(crate) fn new() -> Option<&'static Self> {
        D::detected().then_some(&Self(PhantomData))
    }
}

impl<D: Gemm> Kernels for Set<D> {
    fn name(&self) -> &'static str {
        D::NAME
    }

    fn matmul(&self, w: &Packed, tiles: Range<usize>, x: &QuantizedRows, out: &OutRows<'_>) {
        // SAFETY: a value of this type proves the instructions.
        unsafe { tile::matmul::<D>(w, tiles, x, out) }
    }

    fn skips(&self) -> bool {
        true
    }

    fn matmul_rows(
        &self,
        w: &Packed,
        chosen: &[[u32; TILE_ROWS]],
        tiles: Range<usize>,
        x: &[QuantizedGroup],
        out: &OutRows<'_>,
    ) {
        // SAFETY: a value of this type proves the instructions.
        unsafe { skipping::matmul_rows::<D::Direct>(w, chosen, tiles, x, out) }
    }

    fn matmul_active(&self, w: &Packed, halves: Range<usize>, x: &Active, out: &OutRows<'_>) {
        skipping::matmul_active(w, halves, x, out);
    }

    float_methods! { isa: Self, attention_rows: 4, }
}

impl<D: Gemm> Weave for Set<D> {
    #[inline(always)]
    unsafe fn rows(block: &RowBlock, out: &mut [Q4Block; ROW_GROUPS]) {
        skipping::weave_rows(block, out);
    }

    #[inline(always)]
    unsafe fn columns(block: &ColumnBlock, half: usize, out: &mut [&mut [[u8; 64]; 4]; HALF_TILES]) {
        skipping::weave_columns(block, half, out);
    }
}

impl<D: Gemm> Isa for Set<D> {
    type Floats = Lanes;

    #[inline(always)]
    fn prefetch(line: *const u8) {
        // SAFETY: a prefetch never faults, and every CPU of this architecture has it.
        unsafe { asm!("prfm pldl1keep, [{line}]", line = in(reg) line, options(nostack, preserves_flags, readonly)) };
    }

    #[inline(always)]
    unsafe fn dots<const R: usize>(tile: &ByteTile, x: [&QuantizedGroup; R]) -> [Lanes; R] {
        // SAFETY: passed on; a tile has as many columns as a group.
        unsafe {
            if D::Direct::SHARE {
                let (a, b) = (D::Direct::dots::<_, R, 0, 2>(tile, x, 0), D::Direct::dots::<_, R, 2, 2>(tile, x, 0));
                from_fn(|r| Lanes::from_integers([a[r][0], a[r][1], b[r][0], b[r][1]]))
            } else {
                from_fn(|r| Lanes::from_integers(D::Direct::dots::<_, 1, 0, 4>(tile, [x[r]], 0)[0]))
            }
        }
    }

    #[inline(always)]
    unsafe fn fine_dots<const R: usize>(tile: &ByteTile, x: &[[QuantizedGroup; 2]; R]) -> [[Lanes; 2]; R] {
        // SAFETY: passed on.
        from_fn(|r| unsafe { Self::dots(tile, x[r].each_ref()) })
    }
}

/// How an instruction set forms the integer sums of a packed block.
pub(crate) trait Dots {
    /// The registers hold the sums of several rows of activations, so that these share what is done to the weights.
    const SHARE: bool;

    /// Products of `R` groups of activations with rows `4 * (FIRST + t)..`, `t < T`, of a block that begins at column
    /// `skip` of the groups.
    ///
    /// # Safety
    /// The CPU has the instructions; `skip + W::COLS` is at most a group.
    unsafe fn dots<W: Weights, const R: usize, const FIRST: usize, const T: usize>(
        block: &W,
        x: [&QuantizedGroup; R],
        skip: usize,
    ) -> [[int32x4_t; T]; R];

    /// What [`Self::across`] starts with, so that the offset of a group is in its sums.
    fn start(offset: i32) -> int32x4_t;

    /// The products of four rows of Q4 values, their low nibbles and their high ones, with a group arranged like them.
    ///
    /// # Safety
    /// As for [`Self::dots`].
    unsafe fn across(rows: [Quads; 4], x: [int8x16_t; 2], start: int32x4_t) -> int32x4_t;
}
