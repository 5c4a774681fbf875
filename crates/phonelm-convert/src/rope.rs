//! RoPE's base and scaling in config.json: `rope_theta` and `rope_scaling`, or `rope_parameters` of transformers 5.

use phonelm_model::Family;

use crate::Error;
use crate::config::FILE;
use crate::json::{Object, describe};

/// How frequencies are stretched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scaling {
    None,
    /// Every frequency divided by `factor`.
    Linear {
        factor: f64,
    },
    Llama3(Llama3),
}

/// Llama 3.1's scaling (`_compute_llama3_parameters` of transformers' modeling_rope_utils.py).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Llama3 {
    factor: f64,
    low_freq_factor: f64,
    high_freq_factor: f64,
    original_context: f64,
}

impl Llama3 {
    /// What each of the `head_dim / 2` frequencies is divided by: 1 for waves shorter than `original_context /
    /// high_freq_factor`, `factor` for those longer than `original_context / low_freq_factor`, a blend between.
    pub(crate) fn divisors(self, base: f64, head_dim: usize) -> Vec<f32> {
        (0..head_dim / 2)
            .map(|i| {
                let wave_length = std::f64::consts::TAU * base.powf(2.0 * i as f64 / head_dim as f64);
                let turns = self.original_context / wave_length;
                let kept = (turns - self.low_freq_factor) / (self.high_freq_factor - self.low_freq_factor);
                let kept = kept.clamp(0.0, 1.0);
                (1.0 / ((1.0 - kept) / self.factor + kept)) as f32
            })
            .collect()
    }
}

/// The base of the frequencies and their scaling.
pub(crate) fn scaling(json: &Object, family: Family) -> Result<(f64, Scaling), Error> {
    let parameters = match json.object("rope_parameters")? {
        Some(parameters) => Some(parameters),
        None => json.object("rope_scaling")?,
    };
    let top_level = json.positive("rope_theta")?;
    let Some(rope) = parameters else { return Ok((top_level.unwrap_or(10_000.0), Scaling::None)) };
    let base = rope.positive("rope_theta")?.or(top_level).unwrap_or(10_000.0);
    // PhoneLM's own code turns whole heads, whatever this field says.
    if family != Family::PhoneLm
        && let Some(share) = rope.positive("partial_rotary_factor")?
        && share != 1.0
    {
        return Err(unsupported(share.to_string(), "only rotation of whole heads is"));
    }
    let kind = match rope.str("rope_type")? {
        Some(kind) => Some(kind),
        None => rope.str("type")?,
    };
    let scaling = match kind {
        None if rope.get("factor").is_some() => return Err(rope.wrong("rope_type", "missing", "linear or llama3")),
        // Per-layer parameters of other families look like this.
        None if rope.get("full_attention").is_some() => {
            return Err(unsupported("by layer type".to_owned(), "one setting for all layers is"));
        }
        None | Some("default" | "none") => Scaling::None,
        Some("linear") => Scaling::Linear { factor: rope.required_positive("factor")? },
        Some("llama3") => Scaling::Llama3(llama3(&rope)?),
        Some(_) if rope.positive("factor")? == Some(1.0) => Scaling::None,
        Some(other) => return Err(unsupported(other.to_owned(), "linear and llama3 are")),
    };
    Ok((base, scaling))
}

fn llama3(rope: &Object) -> Result<Llama3, Error> {
    let scaling = Llama3 {
        factor: rope.required_positive("factor")?,
        low_freq_factor: rope.required_positive("low_freq_factor")?,
        high_freq_factor: rope.required_positive("high_freq_factor")?,
        original_context: rope.required_positive("original_max_position_embeddings")?,
    };
    if scaling.high_freq_factor <= scaling.low_freq_factor {
        let found = rope.get("high_freq_factor").map(describe).unwrap_or_default();
        return Err(rope.wrong("high_freq_factor", found, "larger than low_freq_factor"));
    }
    Ok(scaling)
}

fn unsupported(found: String, supported: &'static str) -> Error {
    Error::Unsupported { file: FILE, field: "rope_scaling", found, supported }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(f64, Scaling), Error> {
        scaling(&Object::parse(FILE, text).unwrap(), Family::Llama)
    }

    #[test]
    fn no_scaling_in_its_many_forms() {
        let cases = [
            ("{}", 10_000.0),
            (r#"{"rope_theta": 500000, "rope_scaling": null}"#, 500_000.0),
            (r#"{"rope_parameters": {"rope_theta": 1e6, "rope_type": "default"}}"#, 1e6),
            (r#"{"rope_theta": 5, "rope_scaling": {"type": "dynamic", "factor": 1.0}}"#, 5.0),
        ];
        for (text, base) in cases {
            assert_eq!(read(text).unwrap(), (base, Scaling::None), "{text}");
        }
    }

    #[test]
    fn linear_scaling_under_both_names() {
        for key in ["type", "rope_type"] {
            let text = format!(r#"{{"rope_scaling": {{"{key}": "linear", "factor": 4}}}}"#);
            assert_eq!(read(&text).unwrap().1, Scaling::Linear { factor: 4.0 });
        }
    }

    #[test]
    fn llama3_divisors_equal_those_of_transformers() {
        let text = r#"{"rope_parameters": {"rope_theta": 10000.0, "rope_type": "llama3", "factor": 8.0,
            "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}}"#;
        let (base, Scaling::Llama3(llama3)) = read(text).unwrap() else { panic!("llama3 expected") };
        let divisors = llama3.divisors(base, 16);
        // 64 positions are 10.19, 3.221, 1.0186 and fewer turns: kept, blended twice, divided.
        let blend = |turns: f64| 1.0 / ((4.0 - turns) / 3.0 / 8.0 + (turns - 1.0) / 3.0);
        let turns = |i: i32| 64.0 / std::f64::consts::TAU / 10_000f64.powf(f64::from(i) / 8.0);
        assert_eq!(divisors[0], 1.0);
        assert!((f64::from(divisors[1]) - blend(turns(1))).abs() < 1e-6, "{divisors:?}");
        assert!((f64::from(divisors[2]) - blend(turns(2))).abs() < 1e-6, "{divisors:?}");
        assert_eq!(divisors[3..], [8.0; 5]);
    }

    #[test]
    fn other_scalings_and_broken_ones_are_refused() {
        let cases = [
            (r#"{"rope_scaling": {"type": "yarn", "factor": 4}}"#, "rope_scaling yarn is not supported"),
            (r#"{"rope_scaling": {"rope_type": "longrope", "long_factor": []}}"#, "longrope"),
            (r#"{"rope_scaling": {"factor": 4}}"#, "rope_type is missing"),
            (r#"{"rope_scaling": {"type": "linear"}}"#, "factor is missing"),
            (r#"{"rope_scaling": {"type": "linear", "factor": 0}}"#, "factor is 0"),
            (r#"{"rope_scaling": "linear"}"#, "rope_scaling is \"linear\""),
            (r#"{"rope_parameters": {"full_attention": {"rope_type": "default"}}}"#, "by layer type"),
            (r#"{"rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.5}}"#, "0.5"),
            (
                r#"{"rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 4,
                    "original_max_position_embeddings": 64}}"#,
                "high_freq_factor is 4, but it should be larger",
            ),
        ];
        for (text, expected) in cases {
            let message = read(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
