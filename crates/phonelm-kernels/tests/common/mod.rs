//! Seeded data and the gathering of failures, for the suites of this crate.

#![allow(dead_code, clippy::expect_used)]

use phonelm_gguf::TensorType;
use phonelm_kernels::{Kernels, kernel_sets, kernels_named};

/// The block formats that are packed.
pub(crate) const BLOCK_TYPES: [TensorType; 8] = [
    TensorType::Q4_0,
    TensorType::Q4_1,
    TensorType::Q5_0,
    TensorType::Q5_1,
    TensorType::Q8_0,
    TensorType::Q4_K,
    TensorType::Q5_K,
    TensorType::Q6_K,
];

/// SplitMix64 (public domain, S. Vigna).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Even in -1..1.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    pub(crate) fn floats(&mut self, len: usize, range: f32) -> Vec<f32> {
        (0..len).map(|_| self.unit() * range).collect()
    }

    /// Blocks whose integers are any, and whose f16 scales are finite: mostly moderate, some zero and subnormal.
    pub(crate) fn blocks(&mut self, ty: TensorType, blocks: usize) -> Vec<u8> {
        let size = ty.block_bytes();
        let mut bytes: Vec<u8> = (0..blocks * size).map(|_| self.bits() as u8).collect();
        let scale_at: &[usize] = match ty {
            TensorType::Q4_1 | TensorType::Q5_1 | TensorType::Q4_K | TensorType::Q5_K => &[0, 2],
            TensorType::Q6_K => &[208],
            _ => &[0],
        };
        for block in bytes.chunks_exact_mut(size) {
            // Every eighth block is extreme: all bits of its integers set or none, -128 included.
            match self.bits() % 8 {
                0 => block.fill(if self.bits().is_multiple_of(2) { 0xff } else { 0 }),
                1 => block.fill(0x80),
                _ => {}
            }
            for at in scale_at {
                let scale = match self.bits() % 10 {
                    0 => 0u16,
                    1 => 0x0003,
                    2 => 0x8000,
                    _ => half::f16::from_f32(self.unit() * 0.1).to_bits(),
                };
                block[*at..at + 2].copy_from_slice(&scale.to_le_bytes());
            }
        }
        bytes
    }
}

/// The scalar reference.
pub(crate) fn reference() -> &'static dyn Kernels {
    kernels_named("any-q8-scalar").expect("the reference runs everywhere")
}

/// Calls `check` with every kernel set that this CPU runs, and prints which ran and which did not.
pub(crate) fn each_set(test: &str, check: impl Fn(&'static dyn Kernels, &mut Failures)) {
    let mut failures = Failures::default();
    for set in kernel_sets() {
        match kernels_named(set.name) {
            Some(kernels) => {
                println!("{test}: ran {}", set.name);
                check(kernels, &mut failures);
            }
            None => println!("{test}: skipped {} (needs {})", set.name, set.needs),
        }
    }
    failures.finish(test);
}

/// Failures gathered over all cases; three are shown in detail.
#[derive(Default)]
pub(crate) struct Failures {
    count: usize,
    details: Vec<String>,
}

impl Failures {
    pub(crate) fn add(&mut self, detail: impl FnOnce() -> String) {
        self.count += 1;
        if self.details.len() < 3 {
            self.details.push(detail());
        }
    }

    /// Compares bits; `case` names the inputs.
    pub(crate) fn compare(&mut self, found: &[f32], expected: &[f32], case: impl Fn() -> String) {
        assert_eq!(found.len(), expected.len(), "{}", case());
        let differs = |(f, e): (&f32, &f32)| f.to_bits() != e.to_bits() && !(f.is_nan() && e.is_nan());
        if let Some(at) = found.iter().zip(expected).position(differs) {
            let (f, e) = (found[at], expected[at]);
            self.add(|| {
                format!("{}: element {at} is {f:e} ({:08x}), expected {e:e} ({:08x})", case(), f.to_bits(), e.to_bits())
            });
        }
    }

    fn finish(self, test: &str) {
        assert!(self.count == 0, "{test}: {} cases failed, such as\n{}", self.count, self.details.join("\n"));
    }
}
