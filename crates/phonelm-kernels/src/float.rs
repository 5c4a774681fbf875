//! The float primitives, written once for every instruction set.
//!
//! Loops that carry sums are generic over [`Vector`]; those that treat each element alone are plain arrays of 16, which
//! the compiler turns into the instructions of the caller. [`float_methods!`] instantiates all of them inside functions
//! that have the features of one instruction set; everything here is `#[inline(always)]` for that reason.
//!
//! The trap: a helper without `#[inline(always)]`, or a closure around vectors, would be compiled for the baseline and be
//! many times slower.

// Loops over indices keep their bodies in the function that has the features; iterators put them into closures.
#![allow(clippy::needless_range_loop)]

use std::ops::Range;

use phonelm_gguf::TensorType;
use phonelm_model::{Activation, RopeLayout};

use crate::kernels::{GROUP, LANES};
use crate::rows::{FloatMatrix, OutRows, QuantizedGroup};
use crate::vector::{Bf16Bytes, F16Bytes, F32, F32Bytes, Format, ROUND, Vector};

/// Adds 16 partial sums by halves.
#[inline(always)]
pub(crate) fn fold(mut lanes: [f32; LANES]) -> f32 {
    for width in [8, 4, 2, 1] {
        for l in 0..width {
            lanes[l] += lanes[l + width];
        }
    }
    lanes[0]
}

/// Dot products of `N` weight rows with `M` activation rows, all of one length.
#[inline(always)]
unsafe fn dots<V: Vector, F: Format, const N: usize, const M: usize>(
    w: [&[F::Raw]; N],
    x: [&[f32]; M],
) -> [[f32; M]; N] {
    let len = x[0].len();
    for n in 0..N {
        assert!(w[n].len() == len, "weight rows of {} elements, activations of {len}", w[n].len());
    }
    for m in 0..M {
        assert!(x[m].len() == len, "activation rows of {len} and {} elements", x[m].len());
    }
    // SAFETY: passed on; while `at` is at most `whole - LANES`, 16 elements follow it in every row.
    unsafe {
        let mut acc = [[V::splat(0.0); M]; N];
        let whole = len - len % LANES;
        let mut at = 0;
        while at < whole {
            let mut xs = [V::splat(0.0); M];
            for m in 0..M {
                xs[m] = V::load(&*x[m].as_ptr().add(at).cast());
            }
            for n in 0..N {
                let w: V = F::lanes(&*w[n].as_ptr().add(at).cast());
                for m in 0..M {
                    acc[n][m] = w.fma(xs[m], acc[n][m]);
                }
            }
            at += LANES;
        }
        if whole < len {
            for n in 0..N {
                let w: V = F::lanes_at(w[n], whole);
                for m in 0..M {
                    acc[n][m] = w.fma(F32::lanes_at(x[m], whole), acc[n][m]);
                }
            }
        }
        let mut sums = [[0.0; M]; N];
        for n in 0..N {
            for m in 0..M {
                sums[n][m] = fold(acc[n][m].to_array());
            }
        }
        sums
    }
}

/// See [`crate::Kernels::matmul_float`].
///
/// # Safety
/// The CPU has the instructions of `V`.
#[inline(always)]
pub(crate) unsafe fn matmul_float<V: Vector>(w: &FloatMatrix<'_>, rows: Range<usize>, x: &[f32], out: &OutRows<'_>) {
    let cols = w.cols();
    // SAFETY: passed on.
    unsafe {
        match w.ty() {
            TensorType::F32 => matmul_format::<V, F32Bytes>(|n| w.row(n).as_chunks().0, cols, rows, x, out),
            TensorType::F16 => matmul_format::<V, F16Bytes>(|n| w.row(n).as_chunks().0, cols, rows, x, out),
            _ => matmul_format::<V, Bf16Bytes>(|n| w.row(n).as_chunks().0, cols, rows, x, out),
        }
    }
}

/// Activation rows that pass over two weight rows before the next two come, so that they stay in the second cache.
const BATCH: usize = 16;

#[inline(always)]
unsafe fn matmul_format<'w, V: Vector, F: Format>(
    w: impl Fn(usize) -> &'w [F::Raw],
    cols: usize,
    rows: Range<usize>,
    x: &[f32],
    out: &OutRows<'_>,
) where
    F::Raw: 'w,
{
    let batch = x.len().checked_div(cols).unwrap_or(0);
    let x = |m: usize| &x[m * cols..(m + 1) * cols];
    // SAFETY: passed on.
    unsafe {
        if batch == 1 {
            let mut n = rows.start;
            while n + 4 <= rows.end {
                let [[a], [b], [c], [d]] = dots::<V, F, 4, 1>([w(n), w(n + 1), w(n + 2), w(n + 3)], [x(0)]);
                out.store(0, n, [a, b, c, d]);
                n += 4;
            }
            for n in n..rows.end {
                out.store(0, n, dots::<V, F, 1, 1>([w(n)], [x(0)])[0]);
            }
            return;
        }
        for first in (0..batch).step_by(BATCH) {
            let last = (first + BATCH).min(batch);
            let mut n = rows.start;
            while n + 2 <= rows.end {
                let mut m = first;
                while m + 2 <= last {
                    let [[a, b], [c, d]] = dots::<V, F, 2, 2>([w(n), w(n + 1)], [x(m), x(m + 1)]);
                    out.store(m, n, [a, c]);
                    out.store(m + 1, n, [b, d]);
                    m += 2;
                }
                if m < last {
                    let [[a], [b]] = dots::<V, F, 2, 1>([w(n), w(n + 1)], [x(m)]);
                    out.store(m, n, [a, b]);
                }
                n += 2;
            }
            if n < rows.end {
                for m in first..last {
                    out.store(m, n, dots::<V, F, 1, 1>([w(n)], [x(m)])[0]);
                }
            }
        }
    }
}

/// See [`crate::Kernels::quantize`].
///
/// # Safety
/// The CPU has the instructions of `V`.
#[inline(always)]
pub(crate) unsafe fn quantize<V: Vector>(x: &[f32], out: &mut [QuantizedGroup]) {
    for (x, out) in x.chunks(GROUP).zip(out) {
        let mut padded = [0.0; GROUP];
        let x = match x.as_array() {
            Some(full) => full,
            None => {
                padded[..x.len()].copy_from_slice(x);
                &padded
            }
        };
        // SAFETY: passed on.
        let (values, scale) = unsafe { integers::<V>(x, 127.0) };
        for half in 0..2 {
            let mut sum = 0;
            for l in 0..LANES {
                out.values[half * LANES + l] = values[half][l] as i8;
                sum += values[half][l];
            }
            out.sums[half] = sum;
        }
        out.scale = scale;
        out.offset = -8 * (out.sums[0] + out.sums[1]);
    }
}

/// Numbers that are not negative in 14 bits, as the sum of two groups with values in `0..=127`: the first one's scale is
/// 128 times the second one's. Offsets and sums are left out.
///
/// # Safety
/// The CPU has the instructions of `V`.
#[inline(always)]
pub(crate) unsafe fn quantize_fine<V: Vector>(x: &[f32; GROUP]) -> [QuantizedGroup; 2] {
    // SAFETY: passed on.
    let (values, scale) = unsafe { integers::<V>(x, 127.0 * 128.0) };
    let values = values.as_flattened();
    let mut parts = [QuantizedGroup::default(); 2];
    for i in 0..GROUP {
        parts[0].values[i] = (values[i] >> 7) as i8;
        parts[1].values[i] = (values[i] & 127) as i8;
    }
    (parts[0].scale, parts[1].scale) = (128.0 * scale, scale);
    parts
}

/// `x / scale` rounded, where the largest magnitude becomes `most`; zeros where the scale is none.
///
/// # Safety
/// The CPU has the instructions of `V`.
#[inline(always)]
unsafe fn integers<V: Vector>(x: &[f32; GROUP], most: f32) -> ([[i32; LANES]; 2], f32) {
    let [first, second] = x.as_chunks().0 else { unreachable!("a group has two halves") };
    // SAFETY: passed on.
    unsafe {
        let (first, second) = (V::load(first), V::load(second));
        let scale = f32::from_bits(first.top(second)) / most;
        if !scale.is_normal() {
            // Zeros, numbers too small for their inverse, or no numbers at all.
            return ([[0; LANES]; 2], if scale.is_finite() { 0.0 } else { scale });
        }
        let inverse = V::splat(1.0 / scale);
        ([first.mul(inverse).round(), second.mul(inverse).round()], scale)
    }
}

/// See [`crate::Kernels::rms_norm`].
///
/// # Safety
/// The CPU has the instructions of `V`.
#[inline(always)]
pub(crate) unsafe fn rms_norm<V: Vector>(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
    // SAFETY: passed on.
    let [[squares]] = unsafe { dots::<V, F32, 1, 1>([x], [x]) };
    let inverse = 1.0 / (squares / x.len() as f32 + eps).sqrt();
    for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
        *out = x * inverse * weight;
    }
}

/// See [`crate::Kernels::rope`].
#[inline(always)]
pub(crate) fn rope(head: &mut [f32], cos: &[f32], sin: &[f32], layout: RopeLayout) {
    match layout {
        RopeLayout::Halves => {
            let (first, second) = head.split_at_mut(head.len() / 2);
            for ((a, b), (cos, sin)) in first.iter_mut().zip(second).zip(cos.iter().zip(sin)) {
                turn(a, b, *cos, *sin);
            }
        }
        RopeLayout::Pairs => {
            for ([a, b], (cos, sin)) in head.as_chunks_mut().0.iter_mut().zip(cos.iter().zip(sin)) {
                turn(a, b, *cos, *sin);
            }
        }
    }
}

#[inline(always)]
fn turn(a: &mut f32, b: &mut f32, cos: f32, sin: f32) {
    (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
}

/// See [`crate::Kernels::activate`].
#[inline(always)]
pub(crate) fn activate(gate: &mut [f32], up: &[f32], activation: Activation) {
    match activation {
        Activation::Relu => {
            for (g, u) in gate.iter_mut().zip(up) {
                // Written so that NaN stays NaN.
                *g = if *g < 0.0 { 0.0 } else { *g } * u;
            }
        }
        Activation::Silu => {
            for (g, u) in gate.iter_mut().zip(up) {
                *g = *g / (1.0 + exp(-*g)) * u;
            }
        }
    }
}

/// See [`crate::Kernels::add`].
#[inline(always)]
pub(crate) fn add(x: &mut [f32], y: &[f32]) {
    for (x, y) in x.iter_mut().zip(y) {
        *x += y;
    }
}

/// `e^x` to within 2 ulp, 0 and infinity where the result leaves the range, NaN for NaN.
///
/// `x = n ln 2 + r` with `|r| <= ln 2 / 2`, `ln 2` in two parts; the polynomial in `r` is that of the Cephes library's
/// `expf`; `2^n` is multiplied in two steps, so that subnormal results round once.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Both comparisons let NaN pass.
    let x = if x < -104.0 { -104.0 } else { x };
    let x = if x > 89.0 { 89.0 } else { x };
    let rounded = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = rounded - ROUND;
    let r = n.mul_add(-LN2_LOW, n.mul_add(-LN2_HIGH, x));
    let mut p = 1.987_569_1e-4_f32;
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1] {
        p = p.mul_add(r, c);
    }
    let y = p.mul_add(r * r, r) + 1.0;
    let n = (rounded.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    y * power_of_two(n >> 1) * power_of_two(n.wrapping_sub(n >> 1))
}

/// `2^n` for `-126 <= n <= 127`.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

/// The methods of [`crate::Kernels`] that this module implements, for a type whose values prove `$features`.
macro_rules! float_methods {
    (isa: $isa:ty, attention_rows: $rows:literal, $(features: $features:literal)?) => {
        float_methods! { @method [$($features)?]
            fn quantize(x: &[f32], out: &mut [QuantizedGroup])
                => crate::float::quantize::<<$isa as crate::vector::Isa>::Floats>(x, out) }
        float_methods! { @method [$($features)?]
            fn matmul_float(w: &FloatMatrix<'_>, rows: std::ops::Range<usize>, x: &[f32], out: &OutRows<'_>)
                => crate::float::matmul_float::<<$isa as crate::vector::Isa>::Floats>(w, rows, x, out) }
        float_methods! { @method [$($features)?]
            fn rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32])
                => crate::float::rms_norm::<<$isa as crate::vector::Isa>::Floats>(x, weight, eps, out) }
        float_methods! { @method [$($features)?]
            fn rope(head: &mut [f32], cos: &[f32], sin: &[f32], layout: RopeLayout)
                => crate::float::rope(head, cos, sin, layout) }
        float_methods! { @method [$($features)?]
            fn activate(gate: &mut [f32], up: &[f32], activation: Activation)
                => crate::float::activate(gate, up, activation) }
        float_methods! { @method [$($features)?]
            fn add(x: &mut [f32], y: &[f32]) => crate::float::add(x, y) }
        float_methods! { @method [$($features)?]
            fn attend(q: &[f32], blocks: &[KvBlock<'_>], visible: &[usize], out: &mut [f32])
                => crate::attention::attend::<$isa, $rows>(q, blocks, visible, out) }

        fn fetch_keys(&self, block: &KvBlock<'_>) {
            crate::attention::fetch_keys::<$isa>(block);
        }
    };
    (@method [] fn $name:ident($($arg:ident: $ty:ty),*) => $call:expr) => {
        #[allow(unused_unsafe)]
        fn $name(&self, $($arg: $ty),*) {
            // SAFETY: the instruction set needs no features.
            unsafe { $call }
        }
    };
    (@method [$features:literal] fn $name:ident($($arg:ident: $ty:ty),*) => $call:expr) => {
        fn $name(&self, $($arg: $ty),*) {
            #[target_feature(enable = $features)]
            #[allow(unused_unsafe)]
            unsafe fn inner($($arg: $ty),*) {
                // SAFETY: this function has the features of the vector type.
                unsafe { $call }
            }
            // SAFETY: a value of this type proves that the CPU has the features.
            unsafe { inner($($arg),*) }
        }
    };
}
pub(crate) use float_methods;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_two_ulp() {
        let mut worst = (0.0, 0.0);
        for step in 0..2_000_000u32 {
            let x = -88.0 + step as f32 * (176.0 / 2_000_000.0);
            let expected = f64::from(x).exp();
            let ulp = f64::from(f32::from_bits((expected as f32).to_bits() + 1)) - f64::from(expected as f32);
            let error = (f64::from(exp(x)) - expected).abs() / ulp;
            if error > worst.0 {
                worst = (error, x);
            }
        }
        println!("exp: worst error {:.3} ulp at {}", worst.0, worst.1);
        assert!(worst.0 < 2.0, "{worst:?}");
    }

    #[test]
    fn exp_at_the_ends() {
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(-200.0), 0.0);
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(100.0), f32::INFINITY);
        assert_eq!(exp(f32::INFINITY), f32::INFINITY);
        assert!(exp(f32::NAN).is_nan());
        let tiny = exp(-100.0);
        assert!((f64::from(tiny) - (-100f64).exp()).abs() < 1.5e-45, "{tiny:e}");
    }
}
