//! The steps around attention with the model's own heads: norms, RoPE, the way into the cache, attention alone and shared.

use half::f16;
use phonelm_kernels::KV_BLOCK;
use phonelm_model::{Config, ExecutorError, RopeLayout};
use wgpu::Buffer;

use super::{Bench, values};
use crate::cache::{Cache, Pool};
use crate::error::LoadError;
use crate::pipelines::Group;
use crate::shaders::{Shader, padded};

pub(super) const SHADERS: [Shader; 4] =
    [Shader::Rope, Shader::Attention { fused: false }, Shader::Attention { fused: true }, Shader::Merge];

/// Tokens that the cache holds before: one block, and a bit of the next.
const BEFORE: usize = KV_BLOCK + 7;
/// Tokens that come at once.
const ROWS: usize = 3;

/// The new tokens and the cache before them.
struct Inputs<'a> {
    config: &'a Config,
    qkv: Vec<f32>,
    /// Cosine and sine of each pair of a row.
    turns: Vec<f32>,
    /// Of query heads, then of key heads.
    norms: Vec<f32>,
    /// Of each block and key head: keys, then values, as the CPU keeps them.
    cached: Vec<f16>,
}

pub(super) fn run(bench: &mut Bench<'_>, config: &Config) -> Result<(), LoadError> {
    let config = &Config { layers: 1, ..config.clone() };
    let stride = padded(config.q_width() + 2 * config.kv_width());
    let angles = values(ROWS * config.head_dim / 2, 5);
    let blocks = BEFORE.div_ceil(KV_BLOCK);
    let inputs = Inputs {
        config,
        qkv: values(ROWS * stride, 6),
        turns: angles.iter().flat_map(|a| [a.cos(), a.sin()]).collect(),
        norms: if config.qk_norm {
            values(2 * config.head_dim, 7).iter().map(|x| 1.5 + x).collect()
        } else {
            Vec::new()
        },
        cached: values(blocks * 2 * config.kv_width() * KV_BLOCK, 8).iter().map(|x| f16::from_f32(*x)).collect(),
    };
    let width = config.q_width();
    let attended: Vec<Vec<f64>> = (0..ROWS).map(|row| inputs.attended(row)).collect();

    // Several tokens of a text: heads in a step of their own, then attention.
    let several = Setup::new(bench, &inputs, ROWS, 1)?;
    let Setup { pool, group, qkv, out, .. } = &several;
    let bound = [pool.group(0), group];
    let all = (config.heads + config.kv_heads) as u32;
    let found = bench.run(qkv, |recorder| recorder.step(Shader::Rope, bound, [all, ROWS as u32, 1]))?;
    let queries: Vec<f32> = found.chunks_exact(stride).flat_map(|row| &row[..width]).copied().collect();
    let expected: Vec<f64> = (0..ROWS).flat_map(|row| inputs.heads(row, 0..config.heads, 0)).collect();
    bench.compare(&[Shader::Rope], &queries, &expected)?;
    inputs.compare_cache(bench, Shader::Rope, &several, ROWS)?;
    let attention = Shader::Attention { fused: false };
    let size = [config.heads as u32, ROWS as u32, 1];
    let found = bench.run(out, |recorder| recorder.step(attention, bound, size))?;
    bench.compare(&[attention], &rows(&found, ROWS, config), &attended.concat())?;

    // One token, whose attention one workgroup a head computes, then two.
    for shares in [1, 2] {
        let one = Setup::new(bench, &inputs, 1, shares)?;
        let Setup { pool, group, out, .. } = &one;
        let bound = [pool.group(0), group];
        let fused = Shader::Attention { fused: true };
        let found = bench.run(out, |recorder| {
            recorder.step(fused, bound, [config.heads as u32, 1, shares]);
            if shares > 1 {
                recorder.step(Shader::Merge, bound, [config.heads as u32, 1, 1]);
            }
        })?;
        let shader = if shares > 1 { Shader::Merge } else { fused };
        bench.compare(&[shader], &rows(&found, 1, config), &attended[0])?;
        inputs.compare_cache(bench, fused, &one, 1)?;
    }
    Ok(())
}

/// A cache on the GPU and the buffers of a call.
struct Setup {
    pool: Pool,
    cache: Cache,
    group: wgpu::BindGroup,
    qkv: Buffer,
    out: Buffer,
}

impl Setup {
    fn new(bench: &Bench<'_>, inputs: &Inputs<'_>, rows: usize, shares: u32) -> Result<Self, LoadError> {
        let config = inputs.config;
        let norms = bench.uploader().vector(&inputs.norms)?;
        let no_room = LoadError::OutOfMemory { what: "the self-test", bytes: 0 };
        let mut pool = Pool::new(bench.device, bench.pipelines, config, vec![norms]).ok_or(no_room)?;
        let mut bytes = pool.shape().begin(BEFORE);
        bytes.extend(inputs.cached.iter().flat_map(|x| x.to_le_bytes()));
        let cache = pool.import(bench.device, bench.pipelines, &bytes, 2 * KV_BLOCK);
        let mut cache = cache.map_err(failed)?;
        pool.reserve(bench.device, bench.pipelines, &mut cache, rows).map_err(failed)?;
        let table = 1 + 2 * rows;
        let mut calls = vec![shares];
        calls.extend((0..rows).flat_map(|row| [(BEFORE + row) as u32, table as u32]));
        calls.extend_from_slice(&cache.blocks);
        cache.len += rows;
        let stride = padded(config.q_width() + 2 * config.kv_width());
        let qkv = bench.floats(&inputs.qkv[..rows * stride])?;
        let out = bench.floats(&vec![0.0; rows * padded(config.q_width())])?;
        let partials = vec![0.0; 2 * rows * config.heads * shares as usize * (config.head_dim / 2 + 1)];
        let (calls, turns, partials) = (bench.buffer(&calls)?, bench.floats(&inputs.turns)?, bench.floats(&partials)?);
        let group = bench.pipelines.bind(bench.device, Group::Heads, &[&qkv, &out, &calls, &turns, &partials]);
        Ok(Self { pool, cache, group, qkv, out })
    }
}

fn failed(cause: ExecutorError) -> LoadError {
    LoadError::Driver { cause: cause.to_string() }
}

/// Attended rows without what lies behind them.
fn rows(found: &[f32], count: usize, config: &Config) -> Vec<f32> {
    let rows = found.chunks_exact(padded(config.q_width())).take(count);
    rows.flat_map(|row| &row[..config.q_width()]).copied().collect()
}

impl Inputs<'_> {
    fn row(&self, row: usize) -> &[f32] {
        let stride = padded(self.config.q_width() + 2 * self.config.kv_width());
        &self.qkv[row * stride..][..stride]
    }

    /// Some heads of a row after norm and RoPE; `norm` is where the weights of their norm begin.
    fn heads(&self, row: usize, heads: std::ops::Range<usize>, norm: usize) -> Vec<f64> {
        let Config { head_dim, norm_eps, qk_norm, .. } = *self.config;
        let half = head_dim / 2;
        let turns = &self.turns[row * head_dim..][..head_dim];
        let finish = |head: usize| {
            let mut x: Vec<f64> = self.row(row)[head * head_dim..][..head_dim].iter().map(|x| f64::from(*x)).collect();
            if qk_norm {
                let mean = x.iter().map(|x| x * x).sum::<f64>() / head_dim as f64;
                let scale = 1.0 / (mean + f64::from(norm_eps)).sqrt();
                x.iter_mut().zip(&self.norms[norm..]).for_each(|(x, w)| *x *= scale * f64::from(*w));
            }
            for pair in 0..half {
                let (cos, sin) = (f64::from(turns[2 * pair]), f64::from(turns[2 * pair + 1]));
                let [i, j] = match self.config.rope.layout {
                    RopeLayout::Pairs => [2 * pair, 2 * pair + 1],
                    RopeLayout::Halves => [pair, pair + half],
                };
                let (a, b) = (x[i], x[j]);
                (x[i], x[j]) = (a * cos - b * sin, b * cos + a * sin);
            }
            x
        };
        heads.flat_map(finish).collect()
    }

    /// The new tokens' keys and values, a key head after the other.
    fn new_keys(&self, row: usize) -> Vec<f64> {
        let (heads, kv_heads) = (self.config.heads, self.config.kv_heads);
        self.heads(row, heads..heads + kv_heads, self.config.head_dim)
    }

    fn new_values(&self, row: usize) -> Vec<f64> {
        let first = self.config.q_width() + self.config.kv_width();
        self.row(row)[first..][..self.config.kv_width()].iter().map(|x| f64::from(*x)).collect()
    }

    /// Key and value of a token for a key head, from `cached` or of a new one, as f16 holds them.
    fn token(&self, token: usize, kv_head: usize) -> [Vec<f64>; 2] {
        let width = self.config.head_dim;
        if let Some(row) = token.checked_sub(BEFORE) {
            let rounded = |all: Vec<f64>| {
                let head = &all[kv_head * width..][..width];
                head.iter().map(|x| f64::from(f16::from_f64(*x))).collect()
            };
            return [rounded(self.new_keys(row)), rounded(self.new_values(row))];
        }
        key_and_value(&self.cached, token, kv_head, self.config)
    }

    /// What all heads of a new token attend to.
    fn attended(&self, row: usize) -> Vec<f64> {
        let Config { heads, kv_heads, head_dim, .. } = *self.config;
        let queries = self.heads(row, 0..heads, 0);
        let mut out = Vec::with_capacity(queries.len());
        for (head, query) in queries.chunks_exact(head_dim).enumerate() {
            let tokens: Vec<_> = (0..=BEFORE + row).map(|token| self.token(token, head / (heads / kv_heads))).collect();
            let score = |key: &[f64]| query.iter().zip(key).map(|(q, k)| q * k).sum::<f64>() / (head_dim as f64).sqrt();
            let weights: Vec<f64> = tokens.iter().map(|[key, _]| score(key).exp()).collect();
            let sum: f64 = weights.iter().sum();
            let column = |i: usize| tokens.iter().zip(&weights).map(|([_, value], w)| w * value[i]).sum::<f64>() / sum;
            out.extend((0..head_dim).map(column));
        }
        out
    }

    /// Whether new keys and values have come into the cache.
    fn compare_cache(&self, bench: &Bench<'_>, shader: Shader, setup: &Setup, rows: usize) -> Result<(), LoadError> {
        let bytes = setup.pool.export(bench.device, &setup.cache).map_err(failed)?;
        let header = setup.pool.shape().begin(0).len();
        let stored: Vec<f16> = bytes[header..].as_chunks::<2>().0.iter().map(|b| f16::from_le_bytes(*b)).collect();
        let (mut found, mut expected) = (Vec::new(), Vec::new());
        for token in 0..BEFORE + rows {
            for head in 0..self.config.kv_heads {
                let floats = key_and_value(&stored, token, head, self.config).concat();
                found.extend(floats.iter().map(|x| *x as f32));
                expected.extend(self.token(token, head).concat());
            }
        }
        bench.compare(&[shader], &found, &expected)
    }
}

/// Key and value of a token in blocks as the CPU keeps them.
fn key_and_value(blocks: &[f16], token: usize, kv_head: usize, config: &Config) -> [Vec<f64>; 2] {
    let (width, half) = (config.head_dim, config.head_dim * KV_BLOCK);
    let block = &blocks[(token / KV_BLOCK * config.kv_heads + kv_head) * 2 * half..][..2 * half];
    let (keys, values) = block.split_at(half);
    let at = token % KV_BLOCK;
    let key = (0..width).map(|i| f64::from(keys[i * KV_BLOCK + at])).collect();
    [key, values[at * width..][..width].iter().map(|x| f64::from(*x)).collect()]
}
