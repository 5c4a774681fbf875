//! WGSL put together: a head of constants, then the files that a variant of an operation consists of.
//!
//! The files in `shaders/` say what they expect from others; nothing else is done to their text.

use phonelm_model::{Config, RopeLayout};

use crate::calls::GROUP_ROWS;
use crate::keys::KvFormat;

/// How a matrix lies on the GPU, always in blocks of 32 columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// `scale * (q - 8)` with four bits.
    Q4,
    /// `scale * q` with eight bits.
    Q8,
    /// Half precision.
    F16,
    /// Single precision.
    F32,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Q4, Self::Q8, Self::F16, Self::F32];

    /// How its weights are unpacked, to half precision or single.
    fn source(self, half: bool) -> &'static str {
        match (self, half) {
            (Self::Q4, false) => concat!(include_str!("shaders/q4.wgsl"), include_str!("shaders/q4_tile.wgsl")),
            (Self::Q4, true) => concat!(include_str!("shaders/q4_half.wgsl"), include_str!("shaders/q4_tile.wgsl")),
            (Self::Q8, false) => concat!(include_str!("shaders/q8.wgsl"), include_str!("shaders/q8_tile.wgsl")),
            (Self::Q8, true) => concat!(include_str!("shaders/q8_half.wgsl"), include_str!("shaders/q8_tile.wgsl")),
            (Self::F16, _) => include_str!("shaders/f16.wgsl"),
            (Self::F32, _) => include_str!("shaders/f32.wgsl"),
        }
    }

    /// Whether blocks have scales: then a product with a block's integers is exact enough in half precision.
    pub(crate) const fn has_scales(self) -> bool {
        matches!(self, Self::Q4 | Self::Q8)
    }
}

/// What a GPU computes with. Each adds to the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arithmetic {
    /// Single precision.
    #[default]
    Single,
    /// Half precision, where it is exact enough.
    Half,
    /// Units that multiply small matrices, where there are many rows ("cooperative matrices" in Vulkan).
    Matrices,
}

/// What becomes of the sums of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Emit {
    /// They are stored, with a bias or without.
    Store {
        /// Whether there is one.
        bias: bool,
    },
    /// They are added to the residual stream.
    Add,
    /// They are gates and ups in turn.
    Gated {
        /// Whether the gate's activation is ReLU, else it is SiLU.
        relu: bool,
    },
}

/// Outputs that a workgroup of [`Shader::Matvec`] or [`Shader::Matfew`] makes at a time.
pub(crate) const MATVEC_OUTPUTS: u32 = 4;
/// Threads that one row's product is spread over, where it has work for so many: those of a large GPU.
const MATVEC_THREADS: u32 = 80 << 10;
/// Rows that [`Shader::Matfew`] is made for.
pub const FEW_ROWS: [u32; 3] = [2, 4, 8];

/// How many of the highest logits [`Shader::Best`] is made to find.
pub const BEST_COUNTS: [u32; 3] = [1, 8, 64];
/// Logits among which one workgroup of [`Shader::Best`] looks.
const BEST_CHUNK: usize = 1024;

/// A variant of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shader {
    /// One row times a matrix of integers, after an RMSNorm or not.
    Matvec {
        /// Of the matrix.
        format: Format,
        /// What becomes of the sums.
        emit: Emit,
        /// Whether the row is normed on the way.
        norm: bool,
        /// Blocks of a row.
        blocks: u32,
        /// Whether there are more outputs than workgroups make at a time.
        loops: bool,
    },
    /// A few rows times a matrix, after an RMSNorm or not.
    Matfew {
        /// Of the matrix.
        format: Format,
        /// What becomes of the sums.
        emit: Emit,
        /// Whether the rows are normed on the way.
        norm: bool,
        /// One of [`FEW_ROWS`], or one.
        rows: u32,
    },
    /// Many rows times a matrix.
    Matmul {
        /// Of the matrix.
        format: Format,
        /// What becomes of the sums.
        emit: Emit,
    },
    /// RMSNorm of rows.
    Norm,
    /// Rows brought into the order of [`Shader::Matmul`] in half precision, after an RMSNorm or not.
    Columns {
        /// Whether they are normed.
        norm: bool,
    },
    /// Heads finished and stored.
    Rope,
    /// Heads finished, stored and attended to, of rows that are alone in their caches.
    Attention,
    /// Attention of rows that follow each other in a text, after [`Shader::Rope`].
    AttentionRows,
    /// Chunks put together.
    Merge,
    /// The highest logits found.
    Best {
        /// Whether in chunks, else among what was found in them.
        first: bool,
        /// One of [`BEST_COUNTS`].
        count: u32,
    },
}

impl Shader {
    /// Of the matrix that it multiplies with.
    pub(crate) fn format(self) -> Option<Format> {
        match self {
            Self::Matvec { format, .. } | Self::Matfew { format, .. } | Self::Matmul { format, .. } => Some(format),
            _ => None,
        }
    }
}

/// Tokens that one workgroup attends to before it looks at the next: a block of the cache.
pub const CHUNK: usize = 64;
/// Floats of what a workgroup finds that shares a head: a sum of values, the highest score, the sum of weights.
pub(crate) const fn partial_floats(head_dim: usize) -> usize {
    head_dim + 4
}

/// The widest head that [`Shader::Attention`] holds.
pub const MAX_HEAD_DIM: usize = 2 * ATTENTION_THREADS as usize;
const ATTENTION_THREADS: u32 = 256;

/// What is the same in all shaders of a model on a GPU.
#[derive(Clone, Debug)]
pub struct Composer {
    subgroup: Option<u32>,
    arithmetic: Arithmetic,
    heads: String,
    keys: KvFormat,
    vocab: usize,
}

impl Composer {
    /// For a model and its keys and values, with subgroups of that many threads if there are any. [`Arithmetic::Matrices`] takes
    /// subgroups of 32.
    pub fn new(config: &Config, keys: KvFormat, subgroup: Option<u32>, arithmetic: Arithmetic) -> Self {
        let neighbours = config.rope.layout == RopeLayout::Pairs;
        let heads = [
            ("HEAD_DIM", format!("{}u", config.head_dim)),
            ("HEADS", format!("{}u", config.heads)),
            ("KV_HEADS", format!("{}u", config.kv_heads)),
            ("QKV_STRIDE", format!("{}u", padded(config.q_width() + 2 * config.kv_width()))),
            ("OUT_STRIDE", format!("{}u", padded(config.q_width()))),
            ("QK_NORM", config.qk_norm.to_string()),
            ("NEIGHBOURS", neighbours.to_string()),
            ("EPS", format!("{:e}f", config.norm_eps)),
            ("SCALE", format!("{:e}f", 1.0 / (config.head_dim as f32).sqrt())),
        ];
        Self { subgroup, arithmetic, heads: constants(&heads), keys, vocab: config.vocab }
    }

    /// Whether products with such a matrix are computed in half precision, where x is prepared for it.
    pub(crate) fn halves(&self, format: Format) -> bool {
        self.arithmetic >= Arithmetic::Half && format.has_scales()
    }

    /// Workgroups of [`Shader::Matvec`] for so many outputs and blocks of a row, and whether they loop.
    pub(crate) fn matvec_groups(&self, outputs: u32, blocks: u32) -> (u32, bool) {
        let (threads, _) = self.matvec_threads(blocks);
        let fours = outputs.div_ceil(MATVEC_OUTPUTS);
        let loops = fours * threads > 2 * MATVEC_THREADS;
        (if loops { MATVEC_THREADS / threads } else { fours }, loops)
    }

    /// Threads of such a workgroup, and parts of a row for each.
    fn matvec_threads(&self, blocks: u32) -> (u32, u32) {
        let unit = self.subgroup.unwrap_or(1).max(32);
        let parts = (4 * blocks).div_ceil(256).max(2);
        ((4 * blocks).div_ceil(parts).next_multiple_of(unit), parts)
    }

    /// The whole text of a shader.
    pub fn source(&self, shader: Shader) -> String {
        let mut parts = Vec::new();
        let all = |threads: u32| {
            let subgroup = self.subgroup.unwrap_or(1);
            constants(&[("THREADS", format!("{threads}u")), ("SUBGROUP", format!("{subgroup}u"))])
        };
        let of_all = self.choose(include_str!("shaders/all_subgroup.wgsl"), include_str!("shaders/all_memory.wgsl"));
        let linear = include_str!("shaders/linear.wgsl");
        let heads = include_str!("shaders/heads.wgsl");
        let keys = self.keys.source();
        let numbers = |half| if half { include_str!("shaders/half.wgsl") } else { include_str!("shaders/single.wgsl") };
        let rows = include_str!("shaders/rows.wgsl");
        let formats = include_str!("shaders/formats.wgsl");
        let chunk = constants(&[("CHUNK", format!("{CHUNK}u"))]);
        match shader {
            Shader::Matvec { format, emit, norm, blocks, loops } => {
                let half = self.halves(format);
                let (threads, each) = self.matvec_threads(blocks);
                parts.extend([numbers(half).to_owned(), all(threads)]);
                parts.push(constants(&[
                    ("PARTS", format!("{each}u")),
                    ("BLOCKS", format!("{blocks}u")),
                    ("NORM", norm.to_string()),
                    ("LOOPS", loops.to_string()),
                    ("HALF", half.to_string()),
                ]));
                parts.extend([linear, rows, of_all, formats, format.source(half)].map(str::to_owned));
                parts.extend([emit.source(), include_str!("shaders/matvec.wgsl").to_owned()]);
            }
            Shader::Matfew { format, emit, norm, rows: count } => {
                parts.extend([numbers(false).to_owned(), all(128)]);
                parts.push(constants(&[("ROWS", format!("{count}u")), ("NORM", norm.to_string())]));
                parts.extend([linear, rows, of_all, formats, format.source(false)].map(str::to_owned));
                parts.extend([emit.source(), include_str!("shaders/matfew.wgsl").to_owned()]);
            }
            Shader::Matmul { format, emit } if self.halves(format) && self.arithmetic == Arithmetic::Matrices => {
                parts.push("enable wgpu_cooperative_matrix;\n".to_owned());
                parts.extend([numbers(true), linear, formats, format.source(true)].map(str::to_owned));
                parts.extend([emit.source(), include_str!("shaders/matmul_matrices.wgsl").to_owned()]);
            }
            Shader::Matmul { format, emit } if self.halves(format) => {
                parts.extend([numbers(true), linear, formats, format.source(true)].map(str::to_owned));
                parts.extend([emit.source(), include_str!("shaders/matmul_half.wgsl").to_owned()]);
            }
            Shader::Matmul { format, emit } => {
                parts.extend([numbers(false), linear, rows, formats, format.source(false)].map(str::to_owned));
                parts.extend([emit.source(), include_str!("shaders/matmul.wgsl").to_owned()]);
            }
            Shader::Columns { norm } => {
                parts.extend([numbers(true).to_owned(), all(256), constants(&[("NORM", norm.to_string())])]);
                parts.extend([linear, of_all, include_str!("shaders/columns.wgsl")].map(str::to_owned));
            }
            Shader::Norm => {
                parts.push(all(256));
                parts.extend([linear, rows, of_all, include_str!("shaders/norm.wgsl")].map(str::to_owned));
            }
            Shader::Rope => {
                parts.extend([self.heads.clone(), all(64)]);
                parts.extend([of_all, heads, keys, include_str!("shaders/rope.wgsl")].map(str::to_owned));
            }
            Shader::Attention => {
                parts.extend([self.heads.clone(), all(ATTENTION_THREADS), chunk]);
                parts.extend([of_all, heads, keys, include_str!("shaders/attention.wgsl")].map(str::to_owned));
            }
            Shader::AttentionRows => {
                parts.extend([self.heads.clone(), all(ATTENTION_THREADS), chunk]);
                parts.push(constants(&[("ROWS", format!("{GROUP_ROWS}u"))]));
                parts.extend([of_all, heads, keys, include_str!("shaders/attention_rows.wgsl")].map(str::to_owned));
            }
            Shader::Merge => {
                parts.extend([self.heads.clone(), all(64)]);
                parts.extend([of_all, heads, keys, include_str!("shaders/merge.wgsl")].map(str::to_owned));
            }
            Shader::Best { first, count } => {
                parts.push(all(256));
                parts.push(constants(&[
                    ("FIRST", first.to_string()),
                    ("COUNT", format!("{count}u")),
                    ("VOCAB", format!("{}u", self.vocab)),
                    ("STRIDE", format!("{}u", padded(self.vocab))),
                    ("CHUNK", format!("{BEST_CHUNK}u")),
                ]));
                parts.extend([of_all, include_str!("shaders/best.wgsl")].map(str::to_owned));
            }
        }
        parts.concat()
    }

    fn choose(&self, subgroup: &'static str, memory: &'static str) -> &'static str {
        if self.subgroup.is_some() { subgroup } else { memory }
    }
}

impl Emit {
    fn source(self) -> String {
        match self {
            Self::Store { bias } => constants(&[("BIAS", bias.to_string())]) + include_str!("shaders/store.wgsl"),
            Self::Add => include_str!("shaders/add.wgsl").to_owned(),
            Self::Gated { relu } => constants(&[("RELU", relu.to_string())]) + include_str!("shaders/gated.wgsl"),
        }
    }
}

/// Every variant there is, for tests.
pub fn all() -> Vec<Shader> {
    let emits = [false, true].into_iter().flat_map(|yes| [Emit::Store { bias: yes }, Emit::Gated { relu: yes }]);
    let emits: Vec<Emit> = emits.chain([Emit::Add]).collect();
    let mut all = vec![Shader::Norm, Shader::Rope, Shader::Attention, Shader::AttentionRows, Shader::Merge];
    all.extend([false, true].map(|norm| Shader::Columns { norm }));
    all.extend(BEST_COUNTS.into_iter().flat_map(|count| [false, true].map(|first| Shader::Best { first, count })));
    for format in Format::ALL {
        for &emit in &emits {
            all.push(Shader::Matmul { format, emit });
            for norm in [false, true] {
                all.extend(FEW_ROWS.map(|rows| Shader::Matfew { format, emit, norm, rows }));
                if format.has_scales() {
                    let one = [(3, false), (80, true), (592, true)];
                    all.extend(one.map(|(blocks, loops)| Shader::Matvec { format, emit, norm, blocks, loops }));
                } else {
                    all.push(Shader::Matfew { format, emit, norm, rows: 1 });
                }
            }
        }
    }
    all
}

/// Workgroups that look for the highest logits of a row.
pub(crate) const fn best_chunks(vocab: usize) -> usize {
    vocab.div_ceil(BEST_CHUNK)
}

/// A row's length in memory: whole blocks.
pub(crate) const fn padded(columns: usize) -> usize {
    columns.next_multiple_of(32)
}

fn constants(pairs: &[(&str, String)]) -> String {
    pairs.iter().map(|(name, value)| format!("const {name} = {value};\n")).collect()
}
