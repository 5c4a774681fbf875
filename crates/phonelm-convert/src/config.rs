//! config.json of a Hugging Face folder as a [`Config`]: what the engine computes is read, everything else refused.

use phonelm_model::{Activation, Config, Family, Rope, RopeLayout};

use crate::Error;
use crate::json::{Object, describe};
use crate::rope::{Scaling, scaling};

pub(crate) const FILE: &str = "config.json";

/// No model has a dimension above this; products of two stay far from overflow.
const MAX_SIZE: usize = 1 << 24;
const MAX_LAYERS: usize = 1 << 12;

/// Reads the config. Whether an absent `tie_word_embeddings` means a tied head is told by `has_head`.
pub(crate) fn read_config(json: &Object, has_head: bool) -> Result<Config, Error> {
    let family = family(json)?;
    refuse_unsupported(json, family)?;
    let hidden = json.required_size("hidden_size", MAX_SIZE)?;
    let heads = json.required_size("num_attention_heads", MAX_SIZE)?;
    let kv_heads = json.size("num_key_value_heads", heads)?.unwrap_or(heads);
    if !heads.is_multiple_of(kv_heads) {
        return Err(json.wrong("num_key_value_heads", kv_heads, &format!("a divisor of the {heads} heads")));
    }
    let head_dim = head_dim(json, family, hidden, heads)?;
    let (base, rope_scaling) = scaling(json, family)?;
    let (linear_factor, factors) = match rope_scaling {
        Scaling::None => (1.0, None),
        Scaling::Linear { factor } => (factor as f32, None),
        Scaling::Llama3(llama3) => (1.0, Some(llama3.divisors(base, head_dim))),
    };
    let norm_eps = json.positive("rms_norm_eps")?.unwrap_or(1e-6) as f32;
    if !(norm_eps > 0.0 && norm_eps < 1.0) {
        return Err(json.wrong("rms_norm_eps", norm_eps, "between 0 and 1"));
    }
    Ok(Config {
        family,
        context: json.required_size("max_position_embeddings", MAX_SIZE)?,
        hidden,
        layers: json.required_size("num_hidden_layers", MAX_LAYERS)?,
        heads,
        kv_heads,
        head_dim,
        ffn: json.required_size("intermediate_size", MAX_SIZE)?,
        vocab: json.required_size("vocab_size", MAX_SIZE)?,
        norm_eps,
        rope: Rope {
            base: base as f32,
            layout: if family == Family::Llama { RopeLayout::Pairs } else { RopeLayout::Halves },
            linear_factor,
            factors,
            int8: family == Family::PhoneLm,
        },
        activation: activation(json, family)?,
        qkv_bias: family == Family::Qwen2,
        qk_norm: family == Family::Qwen3,
        tied: json.bool("tie_word_embeddings")?.unwrap_or(!has_head),
    })
}

/// The family by `model_type`, or by `architectures` where that is missing.
fn family(json: &Object) -> Result<Family, Error> {
    let unsupported = |field, found: String| Error::Unsupported {
        file: FILE,
        field,
        found,
        supported: "the engine runs phonelm, llama, qwen2 and qwen3",
    };
    if let Some(name) = json.str("model_type")? {
        return Family::from_name(name).ok_or_else(|| unsupported("model_type", name.to_owned()));
    }
    let names = json.array("architectures")?.unwrap_or_default();
    let Some(name) = names.first().and_then(|name| name.as_str()) else {
        return Err(json.wrong("model_type", "missing", "phonelm, llama, qwen2 or qwen3"));
    };
    let stem = name.strip_suffix("ForCausalLM").unwrap_or(name).to_ascii_lowercase();
    Family::from_name(&stem).ok_or_else(|| unsupported("architectures", name.to_owned()))
}

fn head_dim(json: &Object, family: Family, hidden: usize, heads: usize) -> Result<usize, Error> {
    // A Qwen 3 config without `head_dim` means 128, whatever the width.
    let default = if family == Family::Qwen3 { 128 } else { hidden / heads };
    let head_dim = json.size("head_dim", MAX_SIZE)?.unwrap_or(default);
    if head_dim == 0 || !head_dim.is_multiple_of(2) {
        return Err(json.wrong(
            "head_dim",
            head_dim,
            "an even number (it is hidden_size / num_attention_heads if absent)",
        ));
    }
    if heads * head_dim > MAX_SIZE {
        return Err(json.wrong("num_attention_heads", heads, &format!("at most {MAX_SIZE} / head_dim")));
    }
    Ok(head_dim)
}

fn activation(json: &Object, family: Family) -> Result<Activation, Error> {
    let (activation, names, supported) = match family {
        Family::PhoneLm => (Activation::Relu, &["relu"][..], "a phonelm model uses relu"),
        _ => (Activation::Silu, &["silu", "swish"][..], "models of this family use silu"),
    };
    match json.str("hidden_act")? {
        Some(found) if !names.contains(&found) => {
            Err(Error::Unsupported { file: FILE, field: "hidden_act", found: found.to_owned(), supported })
        }
        _ => Ok(activation),
    }
}

/// Fields whose usual value means nothing and whose other values change the computation.
fn refuse_unsupported(json: &Object, family: Family) -> Result<(), Error> {
    let refuse = |field, found: String, supported| Err(Error::Unsupported { file: FILE, field, found, supported });
    if json.get("quantization_config").is_some() {
        return refuse("quantization_config", "".to_owned(), "convert the model's float weights");
    }
    for field in ["attention_bias", "mlp_bias", "use_sliding_window"] {
        let qwen2_always_has_them = field == "attention_bias" && family == Family::Qwen2;
        if !qwen2_always_has_them && json.bool(field)? == Some(true) {
            return refuse(field, "true".to_owned(), "only false is");
        }
    }
    for field in ["num_experts", "num_local_experts"] {
        if json.get(field).is_some_and(|count| count.as_u64() != Some(0)) {
            return refuse(field, json.get(field).map(describe).unwrap_or_default(), "only dense models are");
        }
    }
    // PhoneLM's own code turns whole heads, whatever this field says.
    if family != Family::PhoneLm
        && let Some(share) = json.positive("partial_rotary_factor")?
        && share != 1.0
    {
        return refuse("partial_rotary_factor", share.to_string(), "only rotation of whole heads is");
    }
    for layer in json.array("layer_types")?.unwrap_or_default() {
        if layer.as_str() != Some("full_attention") {
            return refuse("layer_types", describe(layer), "only full_attention is");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(change: &str) -> Object {
        let base = r#"{"model_type": "llama", "hidden_size": 64, "intermediate_size": 80, "num_hidden_layers": 2,
            "num_attention_heads": 4, "max_position_embeddings": 512, "vocab_size": 160, "rms_norm_eps": 1e-5}"#;
        let mut fields: serde_json::Map<_, _> = serde_json::from_str(base).unwrap();
        let changes: serde_json::Map<_, _> = serde_json::from_str(change).unwrap();
        fields.extend(changes);
        Object::parse(FILE, &serde_json::to_string(&fields).unwrap()).unwrap()
    }

    fn read(change: &str) -> Result<Config, Error> {
        read_config(&json(change), true)
    }

    #[test]
    fn absent_fields_mean_what_transformers_takes_them_for() {
        let config = read("{}").unwrap();
        assert_eq!((config.kv_heads, config.head_dim, config.rope.base), (4, 16, 10_000.0));
        assert_eq!((config.norm_eps, config.tied), (1e-5, false));
        assert_eq!(read(r#"{"model_type": "qwen3"}"#).unwrap().head_dim, 128);
        assert!(read_config(&json("{}"), false).unwrap().tied);
    }

    #[test]
    fn the_family_may_stand_in_architectures() {
        for (name, family) in [("PhoneLMForCausalLM", Family::PhoneLm), ("Qwen3ForCausalLM", Family::Qwen3)] {
            let config = read(&format!(r#"{{"model_type": null, "architectures": ["{name}"]}}"#)).unwrap();
            assert_eq!(config.family, family);
        }
    }

    #[test]
    fn a_family_fixes_activation_biases_and_norms() {
        let phonelm = read(r#"{"model_type": "phonelm", "hidden_act": "relu"}"#).unwrap();
        assert_eq!((phonelm.activation, phonelm.rope.int8), (Activation::Relu, true));
        assert_eq!(phonelm.rope.layout, RopeLayout::Halves);
        assert!(read(r#"{"model_type": "phonelm", "partial_rotary_factor": 0.25}"#).is_ok());
        assert!(read(r#"{"model_type": "phonelm", "rope_parameters": {"partial_rotary_factor": 0.25}}"#).is_ok());
        let qwen2 = read(r#"{"model_type": "qwen2", "hidden_act": "silu", "attention_bias": true}"#).unwrap();
        assert!(qwen2.qkv_bias && !qwen2.qk_norm);
        assert!(read(r#"{"model_type": "qwen3"}"#).unwrap().qk_norm);
        assert_eq!(read("{}").unwrap().rope.layout, RopeLayout::Pairs);
    }

    #[test]
    fn what_the_engine_does_not_compute_is_refused() {
        let cases = [
            (r#"{"model_type": "mistral"}"#, "model_type mistral is not supported"),
            (r#"{"model_type": null, "architectures": ["MambaForCausalLM"]}"#, "architectures MambaForCausalLM"),
            (r#"{"hidden_act": "gelu"}"#, "hidden_act gelu is not supported; models of this family use silu"),
            (r#"{"model_type": "phonelm", "hidden_act": "silu"}"#, "a phonelm model uses relu"),
            (r#"{"attention_bias": true}"#, "attention_bias true"),
            (r#"{"mlp_bias": true}"#, "mlp_bias true"),
            (r#"{"use_sliding_window": true}"#, "use_sliding_window true"),
            (r#"{"num_experts": 8}"#, "num_experts 8"),
            (r#"{"partial_rotary_factor": 0.25}"#, "partial_rotary_factor 0.25"),
            (r#"{"layer_types": ["full_attention", "sliding_attention"]}"#, "layer_types \"sliding_attention\""),
            (r#"{"quantization_config": {"bits": 4}}"#, "quantization_config"),
        ];
        for (change, expected) in cases {
            let message = read(change).unwrap_err().to_string();
            assert!(message.starts_with("config.json: ") && message.contains(expected), "{change}: {message}");
        }
    }

    #[test]
    fn numbers_that_no_model_has_are_refused() {
        let cases = [
            (r#"{"hidden_size": -64}"#, "hidden_size is -64, but it should be a whole number from 1 to 16777216"),
            (r#"{"hidden_size": 0}"#, "hidden_size is 0"),
            (r#"{"hidden_size": 1e30}"#, "hidden_size is 1e+30"),
            (r#"{"hidden_size": 18446744073709551615}"#, "hidden_size is 18446744073709551615"),
            (r#"{"hidden_size": "64"}"#, "hidden_size is \"64\""),
            (r#"{"vocab_size": null}"#, "vocab_size is missing"),
            (r#"{"num_hidden_layers": 1000000}"#, "num_hidden_layers is 1000000"),
            (r#"{"num_attention_heads": 100}"#, "head_dim is 0"),
            (r#"{"head_dim": 15}"#, "head_dim is 15, but it should be an even number"),
            (r#"{"head_dim": 16777216}"#, "num_attention_heads is 4"),
            (r#"{"num_key_value_heads": 3}"#, "num_key_value_heads is 3, but it should be a divisor of the 4 heads"),
            (r#"{"num_key_value_heads": 8}"#, "num_key_value_heads is 8"),
            (r#"{"rms_norm_eps": 0}"#, "rms_norm_eps is 0"),
            (r#"{"rms_norm_eps": 1.5}"#, "rms_norm_eps is 1.5"),
            (r#"{"rope_theta": -1}"#, "rope_theta is -1"),
            (r#"{"rope_theta": 1e300}"#, "rope_theta is 1e+300, but it should be a positive number"),
            (r#"{"rope_theta": 1e-300}"#, "rope_theta is 1e-300"),
            (r#"{"tie_word_embeddings": "no"}"#, "tie_word_embeddings is \"no\""),
            (r#"{"model_type": null}"#, "model_type is missing"),
            (r#"{"model_type": 7}"#, "model_type is 7"),
        ];
        for (change, expected) in cases {
            let message = read(change).unwrap_err().to_string();
            assert!(message.contains(expected), "{change}: {message}");
        }
    }
}
