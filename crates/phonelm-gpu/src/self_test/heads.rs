//! The steps around attention with the model's own heads: norms, RoPE, the way into the cache, attention alone and shared.

use phonelm_kernels::KV_BLOCK;
use phonelm_model::{Config, ExecutorError, RopeLayout};
use wgpu::Buffer;

use super::keys::{Half, made_up, rounded};
use super::{Bench, HALF_LIMIT, LIMIT, values};
use crate::cache::{Cache, Pool};
use crate::calls::{self, GROUP_ROWS, Run};
use crate::error::LoadError;
use crate::keys::{KvFormat, Order};
use crate::pipelines::Group;
use crate::shaders::{Shader, padded, partial_floats};

pub(super) const SHADERS: [Shader; 4] = [Shader::Rope, Shader::Attention, Shader::AttentionRows, Shader::Merge];

/// Tokens that the cache holds before: one block, and a bit of the next.
const BEFORE: usize = KV_BLOCK + 7;
/// Tokens that come at once: a group of rows, and a part of the next.
const ROWS: usize = GROUP_ROWS + 3;

/// The new tokens and the cache before them.
struct Inputs<'a> {
    config: &'a Config,
    format: KvFormat,
    qkv: Vec<f32>,
    /// Cosine and sine of each pair of a row.
    turns: Vec<f32>,
    /// Of query heads, then of key heads.
    norms: Vec<f32>,
    /// Of each block and key head: keys, then values, as the CPU keeps them.
    cached: Vec<u8>,
}

pub(super) fn run(bench: &mut Bench<'_>, config: &Config, format: KvFormat) -> Result<(), LoadError> {
    let config = &Config { layers: 1, ..config.clone() };
    let stride = padded(config.q_width() + 2 * config.kv_width());
    let angles = values(ROWS * config.head_dim / 2, 5);
    let blocks = BEFORE.div_ceil(KV_BLOCK);
    let inputs = Inputs {
        config,
        format,
        qkv: values(ROWS * stride, 6),
        turns: angles.iter().flat_map(|a| [a.cos(), a.sin()]).collect(),
        norms: if config.qk_norm {
            values(2 * config.head_dim, 7).iter().map(|x| 1.5 + x).collect()
        } else {
            Vec::new()
        },
        cached: made_up(format, blocks * config.kv_heads * Order::new(format, config.head_dim).head_bytes()),
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
    let groups = ROWS.div_ceil(GROUP_ROWS) as u32;
    let found =
        bench.run(out, |recorder| recorder.step(Shader::AttentionRows, bound, [config.heads as u32, groups, 1]))?;
    bench.compare(&[Shader::AttentionRows], &rows(&found, ROWS, config), &attended.concat())?;

    // The same where two workgroups share a head.
    let shared = Setup::new(bench, &inputs, ROWS, 2)?;
    let Setup { pool, group, out, .. } = &shared;
    let bound = [pool.group(0), group];
    let found = bench.run(out, |recorder| {
        recorder.step(Shader::Rope, bound, [all, ROWS as u32, 1]);
        recorder.step(Shader::AttentionRows, bound, [config.heads as u32, groups, 2]);
        recorder.step(Shader::Merge, bound, [config.heads as u32, ROWS as u32, 1]);
    })?;
    bench.compare(&[Shader::AttentionRows, Shader::Merge], &rows(&found, ROWS, config), &attended.concat())?;

    // One token, whose attention one workgroup a head computes, then two.
    for shares in [1, 2] {
        let one = Setup::new(bench, &inputs, 1, shares)?;
        let Setup { pool, group, out, .. } = &one;
        let bound = [pool.group(0), group];
        let found = bench.run(out, |recorder| {
            recorder.step(Shader::Attention, bound, [config.heads as u32, 1, shares]);
            if shares > 1 {
                recorder.step(Shader::Merge, bound, [config.heads as u32, 1, 1]);
            }
        })?;
        let shader = if shares > 1 { Shader::Merge } else { Shader::Attention };
        bench.compare(&[shader], &rows(&found, 1, config), &attended[0])?;
        inputs.compare_cache(bench, Shader::Attention, &one, 1)?;
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
        let pool = Pool::new(bench.device, bench.pipelines, config, inputs.format, config.context, vec![norms]);
        let mut pool = pool.ok_or(no_room)?;
        let mut bytes = pool.shape().begin(BEFORE);
        bytes.extend_from_slice(&inputs.cached);
        let cache = pool.import(bench.device, bench.pipelines, &bytes, 2 * KV_BLOCK);
        let mut cache = cache.map_err(failed)?;
        pool.reserve(bench.device, bench.pipelines, &mut cache, rows).map_err(failed)?;
        let (calls, _) = calls::words(shares as usize, &[Run { position: BEFORE, rows, blocks: &cache.blocks }]);
        cache.len += rows;
        let stride = padded(config.q_width() + 2 * config.kv_width());
        let qkv = bench.floats(&inputs.qkv[..rows * stride])?;
        let out = bench.floats(&vec![0.0; rows * padded(config.q_width())])?;
        let partials = vec![0.0; rows * config.heads * shares as usize * partial_floats(config.head_dim)];
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

    /// Key and value of a token for a key head, from `cached` or of a new one, as the cache keeps them.
    fn token(&self, token: usize, kv_head: usize) -> [Vec<f64>; 2] {
        let Some(row) = token.checked_sub(BEFORE) else { return self.stored(&self.cached, token, kv_head) };
        let width = self.config.head_dim;
        [self.new_keys(row), self.new_values(row)].map(|all| rounded(self.format, &all[kv_head * width..][..width]))
    }

    /// Those in blocks as the CPU has them.
    fn stored(&self, blocks: &[u8], token: usize, kv_head: usize) -> [Vec<f64>; 2] {
        [false, true].map(|values| self.half(blocks, token, kv_head, values).token(token % KV_BLOCK))
    }

    /// The keys, or the values, among which a token's lie.
    fn half<'b>(&self, blocks: &'b [u8], token: usize, kv_head: usize, values: bool) -> Half<'b> {
        let Config { kv_heads, head_dim, .. } = *self.config;
        let half = self.cached.len() / (BEFORE.div_ceil(KV_BLOCK) * kv_heads * 2);
        let index = 2 * (token / KV_BLOCK * kv_heads + kv_head) + usize::from(values);
        Half { format: self.format, bytes: &blocks[index * half..][..half], head_dim, values }
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
        let mut bytes = Vec::new();
        setup.pool.append_blocks(bench.device, &setup.cache, 0..usize::MAX, &mut bytes).map_err(failed)?;
        let (mut found, mut expected) = (Vec::new(), Vec::new());
        for token in 0..BEFORE + rows {
            for head in 0..self.config.kv_heads {
                found.extend(self.stored(&bytes, token, head).concat().iter().map(|x| *x as f32));
                expected.extend(self.token(token, head).concat());
            }
        }
        // Bytes may be rounded to the other side: 1.4 % of the spread.
        let limit = if self.format == KvFormat::Q8 { HALF_LIMIT } else { LIMIT };
        bench.compare_within(limit, &[shader], &found, &expected)
    }
}

#[cfg(test)]
mod tests;
