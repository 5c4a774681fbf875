//! A [`Config`] read from a GGUF header and checked, so that later sizes cannot overflow or divide by zero.

use phonelm_gguf::{Gguf, Metadata, TensorType};

use crate::config::{Activation, Config, Family, Rope, RopeLayout};
use crate::error::Error;

/// No model has a dimension above this; it keeps products of two inside 64 bits with room to spare.
const MAX_DIM: u64 = 1 << 24;
const MAX_LAYERS: u64 = 1 << 12;
const MAX_CONTEXT: u64 = 1 << 24;

/// The tensor of divisors that llama 3 files carry, one a frequency of RoPE.
pub(crate) const ROPE_FACTORS: &str = "rope_freqs.weight";

impl Config {
    /// Reads the config of one of the families from the header of a file whose bytes are `file`.
    pub(crate) fn read(gguf: &Gguf, file: &[u8]) -> Result<Self, Error> {
        let meta = gguf.metadata();
        let name = meta.str("general.architecture")?.ok_or_else(|| missing("general.architecture"))?;
        let family = Family::from_name(name).ok_or_else(|| Error::UnknownArchitecture { name: name.to_owned() })?;
        let keys = Keys { meta, arch: name };

        let hidden = keys.dim("embedding_length", MAX_DIM)?;
        let heads = keys.dim("attention.head_count", MAX_DIM)?;
        let kv_heads = keys.optional_dim("attention.head_count_kv", MAX_DIM)?.unwrap_or(heads);
        let head_dim = keys.optional_dim("attention.key_length", MAX_DIM)?.unwrap_or(hidden / heads);
        if heads % kv_heads != 0 {
            return Err(keys.bad("attention.head_count_kv", kv_heads, "must divide the number of heads"));
        }
        if head_dim == 0 || head_dim % 2 != 0 {
            return Err(keys.bad("attention.key_length", head_dim, "the width of a head must be even and not zero"));
        }
        if heads as u64 * head_dim as u64 > MAX_DIM {
            return Err(keys.bad("attention.head_count", heads, "heads times their width exceed any known model"));
        }
        for key in ["attention.value_length", "rope.dimension_count"] {
            if let Some(width) = keys.optional_dim(key, MAX_DIM)?
                && width != head_dim
            {
                return Err(keys.bad(key, width, "must equal the width of a key head"));
            }
        }
        for key in ["expert_count", "attention.sliding_window"] {
            if let Some(count) = meta.u64(&keys.name(key))?
                && count != 0
            {
                return Err(keys.bad(key, count, "this kind of layer is not supported"));
            }
        }

        let embedding = gguf.tensor("token_embd.weight").ok_or_else(|| missing_tensor("token_embd.weight"))?;
        let vocab = embedding.shape.get(1).copied().unwrap_or(0);
        if vocab == 0 || vocab > MAX_DIM {
            return Err(Error::WrongShape {
                name: "token_embd.weight".into(),
                found: embedding.shape.clone(),
                expected: vec![hidden as u64, keys.optional_dim("vocab_size", MAX_DIM)?.unwrap_or(0) as u64],
            });
        }

        let eps_key = "attention.layer_norm_rms_epsilon";
        let norm_eps = meta.f32(&keys.name(eps_key))?.ok_or_else(|| missing(&keys.name(eps_key)))?;
        if !(norm_eps > 0.0 && norm_eps < 1.0) {
            return Err(keys.bad(eps_key, norm_eps, "must lie between 0 and 1"));
        }

        Ok(Self {
            family,
            context: keys.dim("context_length", MAX_CONTEXT)?,
            hidden,
            layers: keys.dim("block_count", MAX_LAYERS)?,
            heads,
            kv_heads,
            head_dim,
            ffn: keys.dim("feed_forward_length", MAX_DIM)?,
            vocab: vocab as usize,
            norm_eps,
            rope: read_rope(family, &keys, gguf, file, head_dim)?,
            activation: read_activation(family, &keys)?,
            qkv_bias: family == Family::Qwen2 || gguf.tensor("blk.0.attn_q.bias").is_some(),
            qk_norm: family == Family::Qwen3,
            tied: gguf.tensor("output.weight").is_none(),
        })
    }
}

fn read_activation(family: Family, keys: &Keys<'_>) -> Result<Activation, Error> {
    match keys.meta.str(&keys.name("hidden_act"))? {
        Some("relu") => Ok(Activation::Relu),
        Some("silu") => Ok(Activation::Silu),
        Some(other) => Err(keys.bad("hidden_act", other, "only relu and silu are supported")),
        None if family == Family::PhoneLm => Ok(Activation::Relu),
        None => Ok(Activation::Silu),
    }
}

fn read_rope(family: Family, keys: &Keys<'_>, gguf: &Gguf, file: &[u8], head_dim: usize) -> Result<Rope, Error> {
    let base = keys.meta.f32(&keys.name("rope.freq_base"))?.unwrap_or(10_000.0);
    if !(base.is_finite() && base > 0.0) {
        return Err(keys.bad("rope.freq_base", base, "must be a positive number"));
    }
    let linear_factor = match keys.meta.str(&keys.name("rope.scaling.type"))? {
        Some("none") => 1.0,
        None | Some("linear") => linear_factor(keys)?,
        Some(other) => {
            return Err(keys.bad(
                "rope.scaling.type",
                other,
                "only linear scaling and rope_freqs tensors are supported",
            ));
        }
    };
    Ok(Rope {
        base,
        layout: if family == Family::Llama { RopeLayout::Pairs } else { RopeLayout::Halves },
        linear_factor,
        factors: read_factors(gguf, file, head_dim / 2)?,
        int8: keys.meta.bool(&keys.name("rope.int8"))?.unwrap_or(family == Family::PhoneLm),
    })
}

/// The divisor of all frequencies, under its present name or that of files from before there were kinds of scaling.
fn linear_factor(keys: &Keys<'_>) -> Result<f32, Error> {
    for key in ["rope.scaling.factor", "rope.scale_linear"] {
        match keys.meta.f32(&keys.name(key))? {
            Some(factor) if factor.is_finite() && factor > 0.0 => return Ok(factor),
            Some(factor) => return Err(keys.bad(key, factor, "must be a positive number")),
            None => {}
        }
    }
    Ok(1.0)
}

fn read_factors(gguf: &Gguf, file: &[u8], count: usize) -> Result<Option<Vec<f32>>, Error> {
    let Some(info) = gguf.tensor(ROPE_FACTORS) else {
        return Ok(None);
    };
    if info.shape != [count as u64] {
        return Err(Error::WrongShape {
            name: ROPE_FACTORS.into(),
            found: info.shape.clone(),
            expected: vec![count as u64],
        });
    }
    if info.ty != TensorType::F32 {
        return Err(Error::WrongType { name: ROPE_FACTORS.into(), found: info.ty });
    }
    let bytes =
        file.get(info.range.start as usize..info.range.end as usize).ok_or_else(|| missing_tensor(ROPE_FACTORS))?;
    let factors: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    match factors.iter().find(|f| !(f.is_finite() && **f > 0.0)) {
        Some(bad) => Err(Error::BadValue {
            key: ROPE_FACTORS.into(),
            value: bad.to_string(),
            why: "divisors must be positive numbers",
        }),
        None => Ok(Some(factors)),
    }
}

/// The keys of one architecture.
struct Keys<'a> {
    meta: &'a Metadata,
    arch: &'a str,
}

impl Keys<'_> {
    fn name(&self, key: &str) -> String {
        format!("{}.{key}", self.arch)
    }

    fn dim(&self, key: &str, max: u64) -> Result<usize, Error> {
        self.optional_dim(key, max)?.ok_or_else(|| missing(&self.name(key)))
    }

    fn optional_dim(&self, key: &str, max: u64) -> Result<Option<usize>, Error> {
        match self.meta.u64(&self.name(key))? {
            Some(value) if value == 0 || value > max => {
                Err(self.bad(key, value, "out of the range of any known model"))
            }
            value => Ok(value.map(|v| v as usize)),
        }
    }

    fn bad(&self, key: &str, value: impl ToString, why: &'static str) -> Error {
        Error::BadValue { key: self.name(key), value: value.to_string(), why }
    }
}

fn missing(key: &str) -> Error {
    Error::MissingKey { key: key.to_owned() }
}

fn missing_tensor(name: &str) -> Error {
    Error::MissingTensor { name: name.to_owned() }
}
