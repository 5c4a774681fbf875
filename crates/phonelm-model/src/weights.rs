//! The named tensors of a model, found and checked against its config once, then addressed by role.

use std::collections::HashSet;
use std::ops::Range;

use phonelm_gguf::{Gguf, TensorType};

use crate::read::ROPE_FACTORS;
use crate::{Config, Error};

/// One tensor's place in the file: a matrix of `rows` rows of `cols` elements (a vector is one row).
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// How the elements are stored.
    pub ty: TensorType,
    /// Number of rows (outputs of a linear layer).
    pub rows: usize,
    /// Elements of a row (inputs of a linear layer).
    pub cols: usize,
    /// Where in the file its rows lie, one after the other; of any alignment.
    pub range: Range<usize>,
}

/// The tensors of one layer.
#[derive(Clone, Debug)]
pub struct LayerWeights {
    /// RMSNorm before attention, `[hidden]`.
    pub attn_norm: Tensor,
    /// `[heads * head_dim, hidden]`.
    pub q: Tensor,
    /// `[kv_heads * head_dim, hidden]`.
    pub k: Tensor,
    /// `[kv_heads * head_dim, hidden]`.
    pub v: Tensor,
    /// Biases of Q, K and V where the family has them.
    pub qkv_bias: Option<[Tensor; 3]>,
    /// RMSNorm over each head of Q and of K, `[head_dim]`, where the family has them.
    pub qk_norm: Option<[Tensor; 2]>,
    /// `[hidden, heads * head_dim]`.
    pub o: Tensor,
    /// RMSNorm before the FFN, `[hidden]`.
    pub ffn_norm: Tensor,
    /// `[ffn, hidden]`.
    pub gate: Tensor,
    /// `[ffn, hidden]`.
    pub up: Tensor,
    /// `[hidden, ffn]`.
    pub down: Tensor,
}

/// All tensors of a model.
#[derive(Clone, Debug)]
pub struct Weights {
    /// `[vocab, hidden]`.
    pub embedding: Tensor,
    /// The layers in order.
    pub layers: Vec<LayerWeights>,
    /// Last RMSNorm, `[hidden]`.
    pub norm: Tensor,
    /// `[vocab, hidden]`; the embedding where tied.
    pub head: Tensor,
}

impl Weights {
    /// Finds every tensor that `config` asks for, checks shapes and types, and that the file holds no other.
    pub(crate) fn find(gguf: &Gguf, config: &Config) -> Result<Self, Error> {
        let mut f = Finder { gguf, found: HashSet::from([ROPE_FACTORS]) };
        let (hidden, ffn, q, kv) = (config.hidden, config.ffn, config.q_width(), config.kv_width());
        let embedding = f.matrix("token_embd.weight", config.vocab, hidden)?;
        let layers = (0..config.layers)
            .map(|i| {
                let name = |part: &str| format!("blk.{i}.{part}");
                Ok(LayerWeights {
                    attn_norm: f.vector(&name("attn_norm.weight"), hidden)?,
                    q: f.matrix(&name("attn_q.weight"), q, hidden)?,
                    k: f.matrix(&name("attn_k.weight"), kv, hidden)?,
                    v: f.matrix(&name("attn_v.weight"), kv, hidden)?,
                    qkv_bias: if config.qkv_bias {
                        Some([
                            f.vector(&name("attn_q.bias"), q)?,
                            f.vector(&name("attn_k.bias"), kv)?,
                            f.vector(&name("attn_v.bias"), kv)?,
                        ])
                    } else {
                        None
                    },
                    qk_norm: if config.qk_norm {
                        Some([
                            f.vector(&name("attn_q_norm.weight"), config.head_dim)?,
                            f.vector(&name("attn_k_norm.weight"), config.head_dim)?,
                        ])
                    } else {
                        None
                    },
                    o: f.matrix(&name("attn_output.weight"), hidden, q)?,
                    ffn_norm: f.vector(&name("ffn_norm.weight"), hidden)?,
                    gate: f.matrix(&name("ffn_gate.weight"), ffn, hidden)?,
                    up: f.matrix(&name("ffn_up.weight"), ffn, hidden)?,
                    down: f.matrix(&name("ffn_down.weight"), hidden, ffn)?,
                })
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let head = if config.tied { embedding.clone() } else { f.matrix("output.weight", config.vocab, hidden)? };
        let norm = f.vector("output_norm.weight", hidden)?;
        f.check_all_found()?;
        Ok(Self { embedding, layers, norm, head })
    }
}

struct Finder<'a> {
    gguf: &'a Gguf,
    /// Names of tensors that have a role.
    found: HashSet<&'a str>,
}

impl<'a> Finder<'a> {
    fn matrix(&mut self, name: &str, rows: usize, cols: usize) -> Result<Tensor, Error> {
        let tensor = self.tensor(name, &[cols as u64, rows as u64])?;
        match tensor.ty.tile_rows() {
            tile if rows.is_multiple_of(tile) => Ok(tensor),
            tile => Err(Error::PartialTile { name: name.to_owned(), ty: tensor.ty, rows, tile }),
        }
    }

    fn vector(&mut self, name: &str, len: usize) -> Result<Tensor, Error> {
        let tensor = self.tensor(name, &[len as u64])?;
        match tensor.ty {
            TensorType::F32 | TensorType::F16 | TensorType::BF16 => Ok(tensor),
            found => Err(Error::WrongType { name: name.to_owned(), found }),
        }
    }

    fn tensor(&mut self, name: &str, shape: &[u64]) -> Result<Tensor, Error> {
        let info = self.gguf.tensor(name).ok_or_else(|| Error::MissingTensor { name: name.to_owned() })?;
        if info.shape != shape {
            return Err(Error::WrongShape {
                name: name.to_owned(),
                found: info.shape.clone(),
                expected: shape.to_vec(),
            });
        }
        self.found.insert(&info.name);
        let range = info.range.start as usize..info.range.end as usize;
        let rows = shape.get(1).map_or(1, |&rows| rows as usize);
        Ok(Tensor { ty: info.ty, rows, cols: shape[0] as usize, range })
    }

    /// A tensor without a role, such as a bias, would change what the model computes.
    fn check_all_found(&self) -> Result<(), Error> {
        let unknown = |name: &&str| !self.found.contains(name);
        let mut names = self.gguf.tensors().iter().map(|tensor| tensor.name.as_str()).filter(unknown);
        match names.next() {
            Some(name) => Err(Error::UnknownTensor { name: name.to_owned(), count: 1 + names.count() }),
            None => Ok(()),
        }
    }
}
