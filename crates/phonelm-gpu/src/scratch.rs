//! The buffers of a forward pass and how steps bind them, kept between passes and made anew when one is too small.

use phonelm_model::Config;
use wgpu::{BindGroup, Buffer, BufferUsages};

use crate::device::Device;
use crate::linear::TILE;
use crate::pipelines::{Group, Pipelines};
use crate::shaders::{BEST_COUNTS, FEW_ROWS, best_chunks, padded};

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
    let few = FEW_ROWS[2] as usize;
    if rows <= few { few } else { rows.next_multiple_of(TILE) }
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

pub(crate) struct Scratch {
    room: Room,
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
        let room = room.rounded();
        let floats = |label, rows: usize, columns: usize, usage| {
            let bytes = (rows * padded(columns) * size_of::<f32>()) as u64;
            device.buffer(label, bytes, BufferUsages::STORAGE | usage)
        };
        let none = BufferUsages::empty();
        let x = floats("x", room.rows, config.hidden, BufferUsages::COPY_DST | BufferUsages::COPY_SRC)?;
        let normed = floats("normed", room.rows.max(room.wanted), config.hidden, none)?;
        let qkv = floats("qkv", room.rows, config.q_width() + 2 * config.kv_width(), none)?;
        let attended = floats("attended", room.rows, config.q_width(), none)?;
        let gated = floats("gated", room.rows, config.ffn, none)?;
        // Half precision, and one more column.
        let widest = config.hidden.max(config.q_width()).max(config.ffn);
        let columns = floats("columns", room.rows.max(room.wanted).div_ceil(2), widest + 2, none)?;
        let wanted = floats("wanted", room.wanted, config.hidden, BufferUsages::COPY_DST)?;
        let logits = floats("logits", room.wanted, config.vocab, BufferUsages::COPY_SRC)?;
        let words = |label, count: usize, size: usize, usage| {
            device.buffer(label, (count * size) as u64, BufferUsages::STORAGE | usage)
        };
        let calls = words("calls", room.calls, size_of::<u32>(), BufferUsages::COPY_DST)?;
        let turns = words("turns", room.rows * config.head_dim, size_of::<f32>(), BufferUsages::COPY_DST)?;
        let partials = words("partials", room.partials, size_of::<f32>(), none)?;
        let pairs = BEST_COUNTS[2] as usize * 2 * size_of::<f32>();
        let chunks = words("chunks", room.wanted * best_chunks(config.vocab), pairs, none)?;
        let best = words("best", room.wanted, pairs, BufferUsages::COPY_SRC)?;
        let back = logits.size().max(best.size());
        let staging = device.buffer("staging", back, BufferUsages::COPY_DST | BufferUsages::MAP_READ)?;
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
        Some(Self { room, x, wanted, logits, best, staging, calls, turns, groups })
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
