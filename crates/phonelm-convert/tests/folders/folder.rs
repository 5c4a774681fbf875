//! Small Hugging Face folders, made up in the test that reads them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use phonelm_convert::{Error, Options, Report, convert};
use phonelm_gguf::TensorType;
use phonelm_kernels::blocks::dequantize;
use phonelm_model::ModelFile;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize_to_file};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A tensor in memory: shape, outermost dimension first, and numbers.
pub(crate) type Tensor = (Vec<usize>, Vec<f32>);

/// A folder under construction; change it, then `convert` it.
pub(crate) struct Folder {
    pub(crate) config: Value,
    pub(crate) tensors: BTreeMap<String, Tensor>,
    pub(crate) dtype: Dtype,
    /// Other files by name.
    pub(crate) files: Vec<(&'static str, String)>,
    /// Number of safetensors files.
    pub(crate) shards: usize,
    pub(crate) dir: TempDir,
}

impl Folder {
    /// A model of one family: hidden 96, 6 heads, 2 KV heads, head_dim 10, FFN 130, vocabulary 50, 2 layers, tied.
    pub(crate) fn new(model_type: &str) -> Self {
        let (hidden, q, kv, head_dim, ffn, vocab) = (96, 60, 20, 10, 130, 50);
        let mut config = json!({
            "model_type": model_type, "hidden_size": hidden, "num_attention_heads": 6, "num_key_value_heads": 2,
            "head_dim": head_dim, "intermediate_size": ffn, "vocab_size": vocab, "num_hidden_layers": 2,
            "max_position_embeddings": 256, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": true,
        });
        config["hidden_act"] = if model_type == "phonelm" { "relu" } else { "silu" }.into();
        let mut tensors = BTreeMap::new();
        let mut add = |name: String, shape: &[usize]| {
            let seed = tensors.len() as u32 + 1;
            tensors.insert(name, (shape.to_vec(), noise(seed, shape.iter().product())));
        };
        add("model.embed_tokens.weight".into(), &[vocab, hidden]);
        add("model.norm.weight".into(), &[hidden]);
        for i in 0..2 {
            let mut add = |part: &str, shape: &[usize]| add(format!("model.layers.{i}.{part}"), shape);
            add("input_layernorm.weight", &[hidden]);
            add("post_attention_layernorm.weight", &[hidden]);
            for (name, rows) in [("q", q), ("k", kv), ("v", kv)] {
                add(&format!("self_attn.{name}_proj.weight"), &[rows, hidden]);
                if model_type == "qwen2" {
                    add(&format!("self_attn.{name}_proj.bias"), &[rows]);
                }
            }
            if model_type == "qwen3" {
                add("self_attn.q_norm.weight", &[head_dim]);
                add("self_attn.k_norm.weight", &[head_dim]);
            }
            add("self_attn.o_proj.weight", &[hidden, q]);
            add("mlp.gate_proj.weight", &[ffn, hidden]);
            add("mlp.up_proj.weight", &[ffn, hidden]);
            add("mlp.down_proj.weight", &[hidden, ffn]);
        }
        let dir = TempDir::new().unwrap();
        Self { config, tensors, dtype: Dtype::F32, files: vec![], shards: 1, dir }
    }

    pub(crate) fn tensor(&mut self, name: &str) -> &mut Tensor {
        self.tensors.get_mut(name).unwrap()
    }

    pub(crate) fn untie(&mut self) {
        self.config["tie_word_embeddings"] = false.into();
        self.tensors.insert("lm_head.weight".into(), (vec![50, 96], noise(1000, 50 * 96)));
    }

    /// Writes the folder.
    pub(crate) fn write(&self) -> &Path {
        let dir = self.dir.path();
        std::fs::write(dir.join("config.json"), self.config.to_string()).unwrap();
        for (name, text) in &self.files {
            std::fs::write(dir.join(name), text).unwrap();
        }
        let bytes: Vec<(&String, &Vec<usize>, Vec<u8>)> =
            self.tensors.iter().map(|(name, (shape, numbers))| (name, shape, encode(self.dtype, numbers))).collect();
        let view = |(name, shape, bytes)| -> (String, TensorView<'_>) {
            let (name, shape, bytes): (&String, &Vec<usize>, &Vec<u8>) = (name, shape, bytes);
            (name.clone(), TensorView::new(self.dtype, shape.clone(), bytes).unwrap())
        };
        if self.shards == 1 {
            let views = bytes.iter().map(|(n, s, b)| view((*n, *s, b)));
            serialize_to_file(views, None, &dir.join("model.safetensors")).unwrap();
            return dir;
        }
        let mut places = serde_json::Map::new();
        for shard in 0..self.shards {
            let file = format!("model-{:05}-of-{:05}.safetensors", shard + 1, self.shards);
            let mine: Vec<_> = bytes.iter().skip(shard).step_by(self.shards).collect();
            mine.iter().for_each(|(name, ..)| drop(places.insert((*name).clone(), file.clone().into())));
            let views = mine.iter().map(|(n, s, b)| view((*n, *s, b)));
            serialize_to_file(views, None, &dir.join(file)).unwrap();
        }
        std::fs::write(dir.join("model.safetensors.index.json"), json!({ "weight_map": places }).to_string()).unwrap();
        dir
    }

    pub(crate) fn convert(&self, ty: TensorType) -> Result<(ModelFile, Report), Error> {
        let out = self.dir.path().join("out.gguf");
        let report = convert(self.write(), &out, &Options::new(ty), &mut |_| ControlFlow::Continue(()))?;
        Ok((ModelFile::open(&out).unwrap(), report))
    }

    /// The message of the error that the conversion must end in; nothing may be left behind.
    pub(crate) fn refusal(&self) -> String {
        self.write();
        refusal_in(self.dir.path())
    }
}

/// [`Folder::refusal`] for a folder that is written already.
pub(crate) fn refusal_in(dir: &Path) -> String {
    let files = || {
        let mut names: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = files();
    let result =
        convert(dir, &dir.join("out.gguf"), &Options::new(TensorType::F32), &mut |_| ControlFlow::Continue(()));
    let message = result.map(drop).expect_err("the folder must be refused").to_string();
    assert_eq!(files(), before, "nothing is left behind after: {message}");
    message
}

/// The numbers of a tensor of the file.
pub(crate) fn numbers(model: &ModelFile, name: &str) -> Vec<f32> {
    let info = model.gguf().tensor(name).unwrap_or_else(|| panic!("{name} is missing"));
    let mut out = vec![0.0; info.shape.iter().product::<u64>() as usize];
    dequantize(info.ty, info.bytes(model.bytes()).unwrap(), &mut out).unwrap();
    out
}

/// Numbers between -1 and 1 that f16 and bf16 hold exactly.
pub(crate) fn noise(seed: u32, len: usize) -> Vec<f32> {
    let step = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some(((*state >> 24) as f32 - 128.0) / 128.0)
    };
    std::iter::repeat_n((), len).scan(seed, |state, ()| step(state)).collect()
}

fn encode(dtype: Dtype, numbers: &[f32]) -> Vec<u8> {
    match dtype {
        Dtype::F16 => numbers.iter().flat_map(|x| half::f16::from_f32(*x).to_le_bytes()).collect(),
        Dtype::BF16 => numbers.iter().flat_map(|x| half::bf16::from_f32(*x).to_le_bytes()).collect(),
        Dtype::F64 => numbers.iter().flat_map(|x| f64::from(*x).to_le_bytes()).collect(),
        _ => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
    }
}
