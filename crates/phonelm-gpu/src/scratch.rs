//! The buffers of a forward pass and how steps bind them, kept between passes and made anew when one is too small.

use std::cell::Cell;

use phonelm_kernels::KV_BLOCK;
use phonelm_model::Config;
use wgpu::{BindGroup, Buffer, BufferUsages};

use crate::calls::{self, GROUP_ROWS};
use crate::device::Device;
use crate::linear::TILE;
use crate::pipelines::{Group, Pipelines};
use crate::shaders::{BEST_COUNTS, CHUNK, FEW_ROWS, best_chunks, padded, partial_floats};

/// Rows computed together, if the GPU binds so many; longer inputs go through in several batches.
pub(crate) const BATCH: usize = 512;
/// The most rows that are few.
pub(crate) const MOST_FEW: usize = FEW_ROWS[2] as usize;
/// Most workgroups that share the attention of one head of one row.
const MAX_SHARES: usize = 32;

/// Workgroups that share a head in a pass of so many rows, of which the longest text then has `longest` tokens. Many rows keep
/// the GPU busy without sharing.
pub(crate) fn shares(rows: usize, longest: usize) -> usize {
    if rows <= MOST_FEW { longest.div_ceil(CHUNK).clamp(1, MAX_SHARES) } else { 1 }
}

/// Floats that workgroups leave behind who share a head.
pub(crate) fn partials(config: &Config, rows: usize, shares: usize) -> usize {
    if shares > 1 { rows * config.heads * shares * partial_floats(config.head_dim) } else { 0 }
}

/// How much room a pass needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Room {
    /// Rows computed together.
    pub(crate) rows: usize,
    /// Rows whose logits are computed together.
    pub(crate) wanted: usize,
    /// Words about the call.
    pub(crate) calls: usize,
    /// Floats of partial results of attention.
    pub(crate) partials: usize,
}

impl Room {
    /// What the turns of a text of `context` tokens come to need: prompts in the largest batches, answers of which few rows
    /// are computed together.
    pub(crate) fn of_text(config: &Config, context: usize) -> Self {
        let rows = BATCH.min(context);
        let partials = partials(config, MOST_FEW, shares(MOST_FEW, context));
        Self {
            rows,
            wanted: 1,
            calls: calls::count(rows, rows.div_ceil(GROUP_ROWS), context.div_ceil(KV_BLOCK)),
            partials,
        }
    }

    /// Bytes of the buffers.
    pub(crate) fn bytes(self, config: &Config) -> u64 {
        sizes(config, self).iter().sum()
    }

    fn holds(self, other: Self) -> bool {
        self == self.max(other)
    }

    fn max(self, other: Self) -> Self {
        Self {
            rows: self.rows.max(other.rows),
            wanted: self.wanted.max(other.wanted),
            calls: self.calls.max(other.calls),
            partials: self.partials.max(other.partials),
        }
    }

    /// Enough for what shaders write beyond the rows asked for, and for a little more next time.
    fn rounded(self) -> Self {
        Self {
            rows: whole_rows(self.rows),
            wanted: whole_rows(self.wanted),
            calls: self.calls.next_power_of_two(),
            partials: self.partials.next_power_of_two(),
        }
    }
}

/// Rows that shaders touch: the most that are few, or whole tiles.
fn whole_rows(rows: usize) -> usize {
    if rows <= MOST_FEW { MOST_FEW } else { rows.next_multiple_of(TILE) }
}

/// The rows of a product: where they lie and where what comes of them goes, and what lies between for many rows.
pub(crate) struct Product {
    pub(crate) direct: BindGroup,
    pub(crate) to_normed: BindGroup,
    pub(crate) of_normed: BindGroup,
    pub(crate) to_columns: BindGroup,
    pub(crate) of_columns: BindGroup,
}

/// What steps bind.
pub(crate) struct Groups {
    pub(crate) qkv: Product,
    pub(crate) o: Product,
    pub(crate) gate_up: Product,
    pub(crate) down: Product,
    /// Logits of all rows.
    pub(crate) all_logits: Product,
    /// Logits of those rows that were gathered.
    pub(crate) logits: Product,
    pub(crate) logits_to_chunks: BindGroup,
    pub(crate) chunks_to_best: BindGroup,
    pub(crate) heads: BindGroup,
}

/// Bytes of the buffers: what [`Scratch::new`] makes, in its order.
fn sizes(config: &Config, room: Room) -> [u64; 14] {
    let room = room.rounded();
    let floats = |rows: usize, columns: usize| rows * padded(columns) * size_of::<f32>();
    // Half precision, and one more column.
    let widest = config.hidden.max(config.q_width()).max(config.ffn);
    let logits = floats(room.wanted, config.vocab);
    let pairs = BEST_COUNTS[2] as usize * 2 * size_of::<f32>();
    let best = room.wanted * pairs;
    let x = floats(room.rows, config.hidden);
    let normed = floats(room.rows.max(room.wanted), config.hidden);
    let qkv = floats(room.rows, config.q_width() + 2 * config.kv_width());
    let attended = floats(room.rows, config.q_width());
    let gated = floats(room.rows, config.ffn);
    let columns = floats(room.rows.max(room.wanted).div_ceil(2), widest + 2);
    let wanted = floats(room.wanted, config.hidden);
    let calls = room.calls * size_of::<u32>();
    let turns = room.rows * config.head_dim * size_of::<f32>();
    let partials = room.partials * size_of::<f32>();
    let chunks = room.wanted * best_chunks(config.vocab) * pairs;
    [x, normed, qkv, attended, gated, columns, wanted, logits, calls, turns, partials, chunks, best, logits.max(best)]
        .map(|bytes| bytes as u64)
}

pub(crate) struct Scratch {
    room: Room,
    /// Of all buffers.
    pub(crate) bytes: u64,
    /// The residual stream.
    pub(crate) x: Buffer,
    /// Those of its rows whose logits are wanted.
    pub(crate) wanted: Buffer,
    pub(crate) logits: Buffer,
    /// The highest of them with their tokens.
    pub(crate) best: Buffer,
    /// What is on its way back.
    pub(crate) staging: Buffer,
    pub(crate) calls: Buffer,
    pub(crate) turns: Buffer,
    pub(crate) groups: Groups,
}

impl Scratch {
    /// Room for a pass, or `None` if there is no memory for it.
    pub(crate) fn new(device: &Device, pipelines: &Pipelines, config: &Config, room: Room) -> Option<Self> {
        let [x, normed, qkv, attended, gated, columns, wanted, logits, calls, turns, partials, chunks, best, staging] =
            sizes(config, room);
        let (none, to, from) = (BufferUsages::empty(), BufferUsages::COPY_DST, BufferUsages::COPY_SRC);
        let bytes = Cell::new(0);
        let made = |label, size, usage| {
            let buffer = device.buffer(label, size, usage)?;
            bytes.set(bytes.get() + buffer.size());
            Some(buffer)
        };
        let buffer = |label, size, usage| made(label, size, BufferUsages::STORAGE | usage);
        let x = buffer("x", x, to | from)?;
        let normed = buffer("normed", normed, none)?;
        let qkv = buffer("qkv", qkv, none)?;
        let attended = buffer("attended", attended, none)?;
        let gated = buffer("gated", gated, none)?;
        let columns = buffer("columns", columns, none)?;
        let wanted = buffer("wanted", wanted, to)?;
        let logits = buffer("logits", logits, from)?;
        let calls = buffer("calls", calls, to)?;
        let turns = buffer("turns", turns, to)?;
        let partials = buffer("partials", partials, none)?;
        let chunks = buffer("chunks", chunks, none)?;
        let best = buffer("best", best, from)?;
        let staging = made("staging", staging, to | BufferUsages::MAP_READ)?;
        let rows = |from, to| pipelines.bind(device, Group::Rows, &[from, to]);
        let product = |from, to| Product {
            direct: rows(from, to),
            to_normed: rows(from, &normed),
            of_normed: rows(&normed, to),
            to_columns: rows(from, &columns),
            of_columns: rows(&columns, to),
        };
        let groups = Groups {
            qkv: product(&x, &qkv),
            o: product(&attended, &x),
            gate_up: product(&x, &gated),
            down: product(&gated, &x),
            all_logits: product(&x, &logits),
            logits: product(&wanted, &logits),
            logits_to_chunks: rows(&logits, &chunks),
            chunks_to_best: rows(&chunks, &best),
            heads: pipelines.bind(device, Group::Heads, &[&qkv, &attended, &calls, &turns, &partials]),
        };
        Some(Self { room: room.rounded(), bytes: bytes.get(), x, wanted, logits, best, staging, calls, turns, groups })
    }

    /// The same where there is room already, else a larger one.
    pub(crate) fn with_room(
        &mut self,
        device: &Device,
        pipelines: &Pipelines,
        config: &Config,
        room: Room,
    ) -> Option<()> {
        if !self.room.holds(room) {
            *self = Self::new(device, pipelines, config, self.room.max(room))?;
        }
        Some(())
    }
}
