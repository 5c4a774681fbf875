//! Any bytes as config.json, tokenizer.json and safetensors file: an error or a file that the engine's reader takes.
//!
//! The input is three parts, divided by the byte 0 (the last part, the weights, may hold more of them).

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::LazyLock;

use phonelm_convert::{Options, convert};
use phonelm_gguf::TensorType;
use phonelm_model::ModelFile;
use tempfile::TempDir;

static DIR: LazyLock<TempDir> = LazyLock::new(|| TempDir::new().expect("a temporary folder"));

/// Takes one input.
pub fn run(input: &[u8]) {
    let mut parts = input.splitn(3, |byte| *byte == 0);
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        write(DIR.path(), file, parts.next());
    }
    let out = DIR.path().join("out.gguf");
    if convert(DIR.path(), &out, &Options::new(TensorType::Q4_0), &mut |_| ControlFlow::Continue(())).is_ok() {
        ModelFile::open(&out).expect("what was converted is a model");
    }
}

fn write(dir: &Path, file: &str, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => std::fs::write(dir.join(file), bytes).expect("the temporary folder is writable"),
        None => drop(std::fs::remove_file(dir.join(file))),
    }
}
