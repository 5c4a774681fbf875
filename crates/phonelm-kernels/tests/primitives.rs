//! Quantising, norm, RoPE, activations and attention: every kernel set against the reference, the reference against f64.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Failures, Random, each_set, reference};
use phonelm_kernels::{KV_BLOCK, Kernels, KvBlock, KvType, Q8Square, QuantizedGroup};
use phonelm_model::{Activation, RopeLayout};

const LENGTHS: [usize; 12] = [1, 2, 15, 16, 17, 31, 32, 33, 64, 96, 160, 1000];

fn quantize(kernels: &dyn Kernels, x: &[f32]) -> Vec<QuantizedGroup> {
    let stale = QuantizedGroup { values: [99; 32], scale: 9.0, offset: 9, sums: [9; 2] };
    let mut groups = vec![stale; x.len().div_ceil(32)];
    kernels.quantize(x, &mut groups);
    groups
}

#[test]
fn quantize_follows_its_definition() {
    each_set("quantize", |kernels, failures| {
        let mut random = Random(5);
        for len in LENGTHS {
            for range in [1.0, 0.0, 1e-40, 1e30, 127.0] {
                let x = random.floats(len, range);
                let found = quantize(kernels, &x);
                if found != quantize(reference(), &x) {
                    failures.add(|| format!("{} differs, length {len}, range {range:e}", kernels.name()));
                }
                for (x, group) in x.chunks(32).zip(&found) {
                    let top = x.iter().fold(0f32, |m, v| m.max(v.abs()));
                    let scale = if (top / 127.0).is_normal() { top / 127.0 } else { 0.0 };
                    let right = |(i, v): (usize, &i8)| match x.get(i) {
                        Some(x) if scale != 0.0 => f32::from(*v) == (x * (1.0 / scale)).round_ties_even(),
                        _ => *v == 0,
                    };
                    let sum = |half: &[i8]| half.iter().map(|v| i32::from(*v)).sum::<i32>();
                    let sums = [sum(&group.values[..16]), sum(&group.values[16..])];
                    let fits = group.scale == scale && group.sums == sums && group.offset == -8 * (sums[0] + sums[1]);
                    if !fits || !group.values.iter().enumerate().all(right) {
                        failures.add(|| format!("{} is wrong, length {len}, range {range:e}", kernels.name()));
                    }
                }
            }
        }
    });
}

#[test]
fn of_two_nearest_integers_the_even_one_is_taken() {
    each_set("quantize ties", |kernels, failures| {
        let mut x = [127.0; 32];
        x[1..9].copy_from_slice(&[0.5, 1.5, 2.5, -0.5, -1.5, 126.5, -126.5, 0.49]);
        let found = quantize(kernels, &x)[0].values;
        if found[..9] != [127, 0, 2, 2, 0, -2, 126, -126, 0] {
            failures.add(|| format!("{} rounds to {:?}", kernels.name(), &found[..9]));
        }
    });
}

#[test]
fn quantize_passes_damage_on() {
    each_set("quantize damage", |kernels, failures| {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut x = vec![1.0; 64];
            x[40] = bad;
            let row = quantize(kernels, &x);
            if row[1].scale.is_finite() || !row[0].scale.is_finite() {
                failures.add(|| format!("{} hides {bad}", kernels.name()));
            }
        }
    });
}

fn near(found: &[f32], exact: &[f64], tolerance: f64, failures: &mut Failures, case: impl Fn() -> String) {
    for (at, (f, e)) in found.iter().zip(exact).enumerate() {
        if (f64::from(*f) - e).abs() > tolerance * (1.0 + e.abs()) {
            failures.add(|| format!("{}: element {at} is {f}, exact {e}", case()));
        }
    }
}

#[test]
fn rms_norm() {
    each_set("rms_norm", |kernels, failures| {
        let mut random = Random(6);
        for len in LENGTHS {
            let (x, weight) = (random.floats(len, 3.0), random.floats(len, 2.0));
            let norm = |kernels: &dyn Kernels| {
                let mut out = vec![f32::NAN; len];
                kernels.rms_norm(&x, &weight, 1e-5, &mut out);
                out
            };
            let found = norm(kernels);
            let case = || format!("{} length {len}", kernels.name());
            failures.compare(&found, &norm(reference()), case);
            let mean = x.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / len as f64;
            let pairs = x.iter().zip(&weight);
            let exact: Vec<f64> = pairs.map(|(x, w)| f64::from(*x) / (mean + 1e-5).sqrt() * f64::from(*w)).collect();
            near(&found, &exact, 1e-6, failures, case);
        }
    });
}

#[test]
fn rope() {
    each_set("rope", |kernels, failures| {
        let mut random = Random(7);
        for half in [1, 4, 16, 20, 32, 33, 80] {
            for layout in [RopeLayout::Halves, RopeLayout::Pairs] {
                let head = random.floats(2 * half, 1.0);
                let angles = random.floats(half, 3.0);
                let cos: Vec<f32> = angles.iter().map(|a| a.cos()).collect();
                let sin: Vec<f32> = angles.iter().map(|a| a.sin()).collect();
                let turn = |kernels: &dyn Kernels| {
                    let mut head = head.clone();
                    kernels.rope(&mut head, &cos, &sin, layout);
                    head
                };
                let found = turn(kernels);
                let case = || format!("{} {layout:?} head {}", kernels.name(), 2 * half);
                failures.compare(&found, &turn(reference()), case);
                let mut exact = vec![0.0; 2 * half];
                for i in 0..half {
                    let (a, b) = if layout == RopeLayout::Halves { (i, i + half) } else { (2 * i, 2 * i + 1) };
                    let (xa, xb) = (f64::from(head[a]), f64::from(head[b]));
                    let (c, s) = (f64::from(cos[i]), f64::from(sin[i]));
                    (exact[a], exact[b]) = (xa * c - xb * s, xb * c + xa * s);
                }
                near(&found, &exact, 1e-6, failures, case);
            }
        }
    });
}

#[test]
fn activate_and_add() {
    each_set("activate, add", |kernels, failures| {
        let mut random = Random(8);
        for len in LENGTHS {
            let (gate, up) = (random.floats(len, 20.0), random.floats(len, 2.0));
            for activation in [Activation::Relu, Activation::Silu] {
                let act = |kernels: &dyn Kernels| {
                    let mut gate = gate.clone();
                    kernels.activate(&mut gate, &up, activation);
                    gate
                };
                let found = act(kernels);
                let case = || format!("{} {activation:?} length {len}", kernels.name());
                failures.compare(&found, &act(reference()), case);
                let one = |g: f64| if activation == Activation::Relu { g.max(0.0) } else { g / (1.0 + (-g).exp()) };
                let exact: Vec<f64> = gate.iter().zip(&up).map(|(g, u)| one(f64::from(*g)) * f64::from(*u)).collect();
                near(&found, &exact, 1e-6, failures, case);
            }
            let mut sum = gate.clone();
            kernels.add(&mut sum, &up);
            let expected: Vec<f32> = gate.iter().zip(&up).map(|(a, b)| a + b).collect();
            failures.compare(&sum, &expected, || format!("{} add length {len}", kernels.name()));
        }
        for activation in [Activation::Relu, Activation::Silu] {
            let mut gate = [f32::NAN, 1.0];
            kernels.activate(&mut gate, &[1.0, 1.0], activation);
            if !gate[0].is_nan() || gate[1].is_nan() {
                failures.add(|| format!("{} {activation:?} hides NaN", kernels.name()));
            }
        }
    });
}

/// Keys and values of a block.
enum Stored {
    F16(Vec<u16>, Vec<u16>),
    F32(Vec<f32>, Vec<f32>),
    Q8_0(Vec<Q8Square>, Vec<Q8Square>),
}

impl Stored {
    fn block(&self) -> KvBlock<'_> {
        match self {
            Self::F16(keys, values) => KvBlock::F16 { keys, values },
            Self::F32(keys, values) => KvBlock::F32 { keys, values },
            Self::Q8_0(keys, values) => KvBlock::Q8_0 { keys, values },
        }
    }
}

/// The attention of some heads, each with as many blocks.
fn attend(kernels: &dyn Kernels, q: &[f32], heads: &[Vec<Stored>], seen: &[usize]) -> Vec<f32> {
    let blocks = (0..heads[0].len()).flat_map(|block| heads.iter().map(move |head| head[block].block()));
    let mut out = vec![9.0; q.len()];
    kernels.attend(q, &blocks.collect::<Vec<_>>(), seen, &mut out);
    out
}

struct Attention {
    head_dim: usize,
    q: Vec<f32>,
    /// Per block: keys `[head_dim, 64]` and values `[64, head_dim]`, as f16.
    blocks: Vec<(Vec<u16>, Vec<u16>)>,
    kv: KvType,
}

impl Attention {
    fn new(random: &mut Random, head_dim: usize, rows: usize, blocks: usize, kv: KvType) -> Self {
        let q = random.floats(rows * head_dim, 1.0);
        let mut bits = |len: usize| -> Vec<u16> {
            random.floats(len, 2.0).iter().map(|v| half::f16::from_f32(*v).to_bits()).collect()
        };
        let blocks = (0..blocks).map(|_| (bits(head_dim * KV_BLOCK), bits(head_dim * KV_BLOCK))).collect();
        Self { head_dim, q, blocks, kv }
    }

    /// Rows `from..` with row `r` seeing `seen[r]` tokens.
    fn run(&self, kernels: &dyn Kernels, rows: std::ops::Range<usize>, seen: &[usize]) -> Vec<f32> {
        let q = &self.q[rows.start * self.head_dim..rows.end * self.head_dim];
        attend(kernels, q, &[self.blocks(&seen[rows.clone()])], &seen[rows])
    }

    /// The blocks for rows that see so many tokens. What no row sees must not matter: it is no number.
    fn blocks(&self, seen: &[usize]) -> Vec<Stored> {
        let top = seen.iter().copied().max().unwrap_or(0);
        let blocks = self.blocks.iter().enumerate().map(|(b, (keys, values))| {
            let top = top.saturating_sub(b * KV_BLOCK).min(KV_BLOCK);
            let (mut keys, mut values) = (keys.clone(), values.clone());
            keys.chunks_mut(KV_BLOCK).for_each(|row| row[top..].fill(0x7e00));
            values[top * self.head_dim..].fill(0x7e00);
            match self.kv {
                KvType::F16 => Stored::F16(keys, values),
                KvType::F32 => Stored::F32(floats(&keys), floats(&values)),
                KvType::Q8_0 => {
                    let (keys, values) = squares(&floats(&keys), &floats(&values));
                    Stored::Q8_0(keys, values)
                }
            }
        });
        blocks.collect()
    }

    fn exact(&self, row: usize, seen: usize) -> Vec<f64> {
        let q = self.stored(&self.q[row * self.head_dim..(row + 1) * self.head_dim], false);
        let mut out = vec![0.0; self.head_dim];
        let mut total = 0.0;
        for t in 0..seen {
            let ((keys, values), t) = (&self.blocks[t / KV_BLOCK], t % KV_BLOCK);
            let key = self.stored(&column(&floats(keys), t), true);
            let value = self.stored(&floats(&values[t * self.head_dim..][..self.head_dim]), true);
            let score: f64 = q.iter().zip(&key).map(|(q, k)| q * k).sum();
            let weight = score.exp();
            total += weight;
            out.iter_mut().zip(value).for_each(|(out, v)| *out += weight * v);
        }
        out.iter().map(|o| if seen == 0 { 0.0 } else { o / total }).collect()
    }

    /// What rounding to the type of keys and values leaves, with scales in f16 or f32.
    fn stored(&self, x: &[f32], half: bool) -> Vec<f64> {
        if self.kv != KvType::Q8_0 {
            return x.iter().map(|x| f64::from(*x)).collect();
        }
        let numbers = |group: QuantizedGroup| {
            let scale = if half { half::f16::from_f32(group.scale).to_f64() } else { f64::from(group.scale) };
            group.values.map(|v| f64::from(v) * scale)
        };
        quantize(reference(), x).into_iter().flat_map(numbers).collect()
    }
}

/// Keys `[head_dim, 64]` and values `[64, head_dim]` in bytes.
fn squares(keys: &[f32], values: &[f32]) -> (Vec<Q8Square>, Vec<Q8Square>) {
    let head_dim = keys.len() / KV_BLOCK;
    let mut out = (vec![Q8Square::ZERO; head_dim / 16], vec![Q8Square::ZERO; head_dim / 16]);
    for t in 0..KV_BLOCK {
        let key = quantize(reference(), &column(keys, t));
        let value = quantize(reference(), &values[t * head_dim..][..head_dim]);
        for g in 0..head_dim / 32 {
            out.0[2 * g + t / 32].put_key(t % 32, &key[g]);
            out.1[2 * g + t / 32].put_value(t % 32, &value[g]);
        }
    }
    out
}

/// The key of token `t`.
fn column(keys: &[f32], t: usize) -> Vec<f32> {
    keys.chunks(KV_BLOCK).map(|row| row[t]).collect()
}

fn floats(bits: &[u16]) -> Vec<f32> {
    bits.iter().map(|b| half::f16::from_bits(*b).to_f32()).collect()
}

#[test]
fn attention() {
    each_set("attention", |kernels, failures| {
        let mut random = Random(9);
        for head_dim in [2, 16, 32, 40, 64, 96, 160] {
            for rows in [1, 2, 4, 5, 9] {
                for kv in [KvType::F16, KvType::F32, KvType::Q8_0] {
                    if kv == KvType::Q8_0 && head_dim % 32 != 0 {
                        continue;
                    }
                    // The softmax's weights have 14 bits beside bytes.
                    let tolerance = if kv == KvType::Q8_0 { 5e-4 } else { 2e-5 };
                    let attention = Attention::new(&mut random, head_dim, rows, 2, kv);
                    let seen: Vec<usize> = (0..rows).map(|_| (random.bits() % 129) as usize).collect();
                    let found = attention.run(kernels, 0..rows, &seen);
                    let case = || format!("{} head_dim {head_dim}, {rows} rows, {kv:?}", kernels.name());
                    failures.compare(&found, &attention.run(reference(), 0..rows, &seen), case);
                    for r in 0..rows {
                        let row = &found[r * head_dim..(r + 1) * head_dim];
                        failures.compare(row, &attention.run(kernels, r..r + 1, &seen), || format!("{} alone", case()));
                        near(row, &attention.exact(r, seen[r]), tolerance, failures, case);
                    }
                }
            }
        }
    });
}

#[test]
fn heads_attended_together_are_each_as_alone() {
    each_set("several heads", |kernels, failures| {
        let mut random = Random(10);
        for kv in [KvType::F16, KvType::F32, KvType::Q8_0] {
            for (head_dim, rows) in [(32, 1), (64, 5), (160, 2)] {
                let seen: Vec<usize> = (0..rows).map(|_| (random.bits() % 129) as usize).collect();
                let heads: Vec<_> = (0..3).map(|_| Attention::new(&mut random, head_dim, rows, 2, kv)).collect();
                let blocks: Vec<_> = heads.iter().map(|head| head.blocks(&seen)).collect();
                let q: Vec<f32> = heads.iter().flat_map(|head| head.q.clone()).collect();
                let alone: Vec<f32> = heads.iter().flat_map(|head| head.run(kernels, 0..rows, &seen)).collect();
                let case = || format!("{} 3 heads of {head_dim}, {rows} rows, {kv:?}", kernels.name());
                failures.compare(&attend(kernels, &q, &blocks, &seen), &alone, case);
            }
        }
        let mut out = [9.0; 2];
        kernels.attend(&[1.0, 2.0], &[], &[0], &mut out);
        failures.compare(&out, &[0.0, 0.0], || format!("{} no blocks", kernels.name()));
    });
}

#[test]
fn half_precision_is_read_exactly() {
    use phonelm_gguf::TensorType;
    use phonelm_kernels::{FloatMatrix, OutRows};
    // Each of the 65,536 patterns times one, alone in its row, through the vector path and through the tail.
    each_set("f16 patterns", |kernels, failures| {
        let bytes: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
        for cols in [16, 4] {
            let rows = 65_536 / cols;
            let w = FloatMatrix::new(TensorType::F16, &bytes, rows, cols).unwrap();
            for col in 0..cols {
                let mut x = vec![0.0; cols];
                x[col] = 1.0;
                let mut out = vec![0.0; rows];
                // SAFETY: one thread writes.
                kernels.matmul_float(&w, 0..rows, &x, &unsafe { OutRows::new(&mut out, rows) });
                for (row, found) in out.iter().enumerate() {
                    let group = &floats(&(0..cols).map(|c| (row * cols + c) as u16).collect::<Vec<_>>());
                    // 0 * infinity spoils rows that hold one beside the pattern.
                    let clean = group.iter().enumerate().all(|(c, v)| c == col || v.is_finite());
                    let expected = group[col] + 0.0;
                    let same = found.to_bits() == expected.to_bits() || (found.is_nan() && expected.is_nan());
                    if clean && !same {
                        failures.add(|| {
                            format!("{} {:04x} is {found:e}, not {expected:e}", kernels.name(), row * cols + col)
                        });
                    }
                }
            }
        }
    });
}
