//! `phonelm convert`: a Hugging Face folder becomes one GGUF file, or a GGUF file gets another layout.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use phonelm_gguf::TensorType;

use crate::error::Error;
use crate::output::{bytes, count, print, tell};
use crate::{interrupt, save};

/// Make a GGUF file from a Hugging Face folder, or lay one out anew
#[derive(Args)]
#[command(after_help = "\
The folder holds config.json, one or several .safetensors, and for text tokenizer.json and tokenizer_config.json. \
Families: phonelm, llama, qwen2, qwen3. OUT appears when it is whole; a file of that name is replaced then.

The layout `packed` is for shipping in an app: q4_0 and q8_0 matrices lie as the kernels read them, so that the model \
loads at once and takes no memory of its own. Other programs read `standard` alone.

Examples:
  phonelm convert models/phonelm-tiny -o tiny.gguf --type q8_0
  phonelm convert Qwen2.5-0.5B-Instruct -o qwen.gguf --type q4_0 --layout packed
  phonelm convert downloaded.gguf -o packed.gguf --layout packed")]
pub(crate) struct Options {
    /// Folder of the model, or a GGUF file
    #[arg(value_name = "HF_DIR|FILE.gguf")]
    source: PathBuf,
    /// File to write
    #[arg(short, long, value_name = "OUT.gguf")]
    out: PathBuf,
    /// Type of the weight matrices: f32, f16, bf16, q8_0, q5_1, q5_0, q4_1 or q4_0 [default: f16; a GGUF file keeps its own]
    #[arg(long = "type", value_name = "TYPE", value_parser = writable_type)]
    ty: Option<TensorType>,
    /// How the rows of quantised matrices lie
    #[arg(long, value_enum, default_value_t = Layout::Standard)]
    layout: Layout,
}

#[derive(Clone, Copy, ValueEnum)]
enum Layout {
    /// One after the other, for every program
    Standard,
    /// As the kernels read them
    Packed,
}

impl From<Layout> for phonelm_convert::Layout {
    fn from(layout: Layout) -> Self {
        match layout {
            Layout::Standard => Self::Standard,
            Layout::Packed => Self::Packed,
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<(), Error> {
    save::check_place(&options.out)?;
    interrupt::catch()?;
    let bar = ProgressBar::no_length().with_style(style());
    let mut progress = |step: phonelm_convert::Progress<'_>| {
        bar.set_length(step.total);
        bar.set_position(step.done);
        bar.set_message(step.tensor.to_owned());
        if interrupt::pressed() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let (source, out, layout) = (&options.source, &options.out, options.layout.into());
    let report = if source.is_file() {
        if options.ty.is_some() {
            return Err(Error::Usage("--type is for folders: the weights of a GGUF file keep their type".to_owned()));
        }
        phonelm_convert::repack(source, out, layout, &mut progress)
    } else {
        let ty = options.ty.unwrap_or(TensorType::F16);
        phonelm_convert::convert(source, out, &phonelm_convert::Options { ty, layout }, &mut progress)
    };
    bar.finish_and_clear();
    let report = report?;
    for warning in &report.warnings {
        tell(&format!("warning: {warning}"));
    }
    let tensors: Vec<String> = report.tensors.iter().map(|(ty, n)| format!("{n} {ty}")).collect();
    print(&format!(
        "{}: {} parameters, {}, tensors: {}\n",
        options.out.display(),
        count(report.parameters),
        bytes(report.bytes),
        tensors.join(", ")
    ))
}

/// A type that can be written, by its name.
pub(crate) fn writable_type(name: &str) -> Result<TensorType, String> {
    TensorType::from_name(name).filter(|&ty| phonelm_kernels::blocks::can_quantize(ty)).ok_or_else(|| {
        let known = TensorType::ALL.into_iter().filter(|&ty| phonelm_kernels::blocks::can_quantize(ty));
        let known: Vec<&str> = known.map(TensorType::name).collect();
        format!("choose one of {}", known.join(", "))
    })
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
