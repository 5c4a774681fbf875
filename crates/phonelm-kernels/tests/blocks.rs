//! Block formats: round trips of what is quantised, hand-made blocks of what is only read, and refusals.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::Path;

use common::Random;
use phonelm_gguf::TensorType;
use phonelm_kernels::blocks::{BlockError, can_quantize, dequantize, quantize};
use proptest::prelude::*;

fn round_trip(ty: TensorType, x: &[f32]) -> Vec<f32> {
    let mut bytes = Vec::new();
    quantize(ty, x, &mut bytes).unwrap();
    assert_eq!(Some(bytes.len()), ty.row_bytes(x.len()));
    let mut back = vec![f32::NAN; x.len()];
    dequantize(ty, &bytes, &mut back).unwrap();
    back
}

/// Largest error of one weight, as a share of the block's span, when its scale is exact; f16 scales add 2^-11.
fn step(ty: TensorType) -> f32 {
    match ty {
        TensorType::Q4_0 => 1.0 / 8.0,
        TensorType::Q5_0 => 1.0 / 16.0,
        TensorType::Q4_1 => 0.5 / 15.0,
        TensorType::Q5_1 => 0.5 / 31.0,
        TensorType::Q8_0 => 0.5 / 127.0,
        TensorType::BF16 => 1.0 / 256.0,
        TensorType::F16 => 1.0 / 2048.0,
        _ => 0.0,
    }
}

proptest! {
    #[test]
    fn round_trips_stay_within_half_a_step(x in prop::collection::vec(-100.0f32..100.0, 64), scale in 0.01f32..10.0) {
        let x: Vec<f32> = x.iter().map(|v| v * scale).collect();
        for ty in TensorType::ALL.into_iter().filter(|ty| can_quantize(*ty)) {
            let back = round_trip(ty, &x);
            for (x, back) in x.chunks(32).zip(back.chunks(32)) {
                let top = x.iter().fold(0f32, |m, v| m.max(v.abs()));
                let span = if matches!(ty, TensorType::Q4_1 | TensorType::Q5_1) { 2.0 * top } else { top };
                let bound = span * (step(ty) * 1.001 + if step(ty) == 0.0 { 0.0 } else { 3.0 / 2048.0 }) + 1e-6 * top;
                for (x, back) in x.iter().zip(back) {
                    prop_assert!((x - back).abs() <= bound, "{} gave {} for {}, bound {}", ty, back, x, bound);
                }
            }
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(seed in any::<u64>()) {
        let mut random = Random(seed);
        for ty in TensorType::ALL {
            let len = 256;
            let bytes: Vec<u8> = (0..ty.row_bytes(len).unwrap()).map(|_| random.bits() as u8).collect();
            let mut out = vec![0.0; len];
            // Rows of packed types are read through a matrix.
            assert_eq!(dequantize(ty, &bytes, &mut out).is_ok(), ty.tile_rows() == 1);
        }
    }
}

#[test]
fn floats_come_back_as_they_were() {
    let x = [0.0, -0.0, 1.5, -2.25, 65504.0, 6e-8];
    assert_eq!(round_trip(TensorType::F32, &x), x);
    assert_eq!(round_trip(TensorType::F16, &x[..5]), &x[..5]);
    assert_eq!(round_trip(TensorType::BF16, &x[..4]), &x[..4]);
}

#[test]
fn zeros_stay_zeros() {
    for ty in TensorType::ALL.into_iter().filter(|ty| can_quantize(*ty)) {
        assert!(round_trip(ty, &[0.0; 32]).iter().all(|v| *v == 0.0), "{ty}");
    }
}

/// The layout of Q4_K as its format states it, one weight at a time.
#[test]
fn q4_k_by_hand() {
    let mut block = vec![0u8; 144];
    block[0..2].copy_from_slice(&half::f16::from_f32(0.5).to_le_bytes());
    block[2..4].copy_from_slice(&half::f16::from_f32(0.25).to_le_bytes());
    // Group 1: scale 33, minimum 5. Group 6: scale 0b10_1010, minimum 0b01_0111.
    block[4 + 1] = 33;
    block[4 + 5] = 5;
    block[4 + 2] |= 0b10 << 6;
    block[4 + 6] |= 0b01 << 6;
    block[4 + 10] = 0b0111 << 4 | 0b1010;
    block[16 + 7] = 0xc3;
    block[16 + 96 + 9] = 0x4b;
    let mut out = vec![0.0; 256];
    dequantize(TensorType::Q4_K, &block, &mut out).unwrap();
    assert_eq!(out[7], 0.0);
    assert_eq!(out[32 + 7], 0.5 * 33.0 * 12.0 - 0.25 * 5.0);
    assert_eq!(out[32 + 8], -0.25 * 5.0);
    assert_eq!(out[192 + 9], 0.5 * 42.0 * 11.0 - 0.25 * 23.0);
    assert_eq!(out[192 + 10], -0.25 * 23.0);
}

#[test]
fn q6_k_by_hand() {
    let mut block = vec![0u8; 210];
    block[208..].copy_from_slice(&half::f16::from_f32(2.0).to_le_bytes());
    // Weight 128 + 64 + 20 lies in the high nibble of ql[64 + 20] and bits 4, 5 of qh[32 + 20]; its scale is the 13th.
    block[64 + 20] = 0x90;
    block[128 + 32 + 20] = 0b10 << 4;
    block[192 + 13] = (-3i8) as u8;
    let mut out = vec![0.0; 256];
    dequantize(TensorType::Q6_K, &block, &mut out).unwrap();
    assert_eq!(out[128 + 64 + 20], 2.0 * -3.0 * (0x29 - 32) as f32);
    assert_eq!(out[128 + 64 + 21], 2.0 * -3.0 * -32.0);
    assert_eq!(out[0], 0.0);
}

#[test]
fn refusals_say_what_and_where() {
    let mut x = vec![1.0; 64];
    x[37] = f32::NAN;
    let mut out = vec![1, 2, 3];
    for ty in TensorType::ALL.into_iter().filter(|ty| can_quantize(*ty)) {
        let error = quantize(ty, &x, &mut out).unwrap_err();
        assert!(matches!(error, BlockError::NotFinite { index: 37, .. }), "{error}");
    }
    assert_eq!(out, [1, 2, 3]);
    assert!(matches!(quantize(TensorType::Q6_K, &[0.0; 256], &mut out), Err(BlockError::CannotQuantize { .. })));
    assert!(matches!(quantize(TensorType::Q4_0, &[0.0; 33], &mut out), Err(BlockError::PartialBlock { len: 33, .. })));
    let short = dequantize(TensorType::Q8_0, &[0; 33], &mut [0.0; 32]);
    assert!(matches!(short, Err(BlockError::Length { expected: 34, found: 33, .. })));
}

/// The data of a .npy file of the golden set, without its header.
fn golden(name: &str) -> Option<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/blocks");
    let bytes = std::fs::read(folder.join(name)).ok()?;
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    Some(bytes[10 + header..].to_vec())
}

fn golden_floats(name: &str) -> Vec<f32> {
    golden(name).expect(name).as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

/// The Python package gguf read these blocks.
#[test]
fn values_equal_those_of_gguf() {
    let mut types = 0;
    for ty in TensorType::ALL {
        let Some(bytes) = golden(&format!("{ty}-blocks.npy")) else { continue };
        let expected = golden_floats(&format!("{ty}-values.npy"));
        let mut found = vec![f32::NAN; expected.len()];
        dequantize(ty, &bytes, &mut found).unwrap();
        let differs = |(f, e): (&f32, &f32)| f.to_bits() != e.to_bits();
        if let Some(at) = found.iter().zip(&expected).position(differs) {
            panic!("{ty}: value {at} is {:e}, that of gguf {:e}", found[at], expected[at]);
        }
        types += 1;
    }
    assert_eq!(types, 8);
}

/// The Python package gguf quantised these floats.
#[test]
fn bytes_equal_those_of_gguf() {
    let floats = golden_floats("floats.npy");
    let mut types = 0;
    for ty in TensorType::ALL {
        let Some(expected) = golden(&format!("{ty}-quantised.npy")) else { continue };
        let mut found = Vec::new();
        quantize(ty, &floats, &mut found).unwrap();
        let at = found.iter().zip(&expected).position(|(f, e)| f != e);
        assert_eq!(
            (at, found.len()),
            (None, expected.len()),
            "{ty}: first difference in block {:?}",
            at.map(|at| at / ty.block_bytes())
        );
        types += 1;
    }
    assert_eq!(types, 7);
}
