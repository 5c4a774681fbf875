//! `phonelm search`: the fastest decoder shape of a size on this machine, before a model is trained.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use phonelm_gguf::TensorType;
use phonelm_kernels::CpuOptions;
use phonelm_model::Activation;
use phonelm_search::{Entry, Objective, Progress, Report, Search, Shape, Space};

use crate::backend::Backend;
use crate::error::Error;
use crate::interrupt;
use crate::output::{bytes, count, print, print_json, table};

/// Find the fastest model shape of a size on this device
#[derive(Args)]
#[command(after_help = "\
Shapes inside the budget are timed with random weights: shallow models first, from which all others are composed, then \
the front-runners whole and in turns. Close everything else. RESULT_DIR gets results.json, results.csv, pictures, and \
config.json of the winner for training. What is measured is kept at once: after Ctrl-C or a power cut the same command \
goes on. docs/search.md tells how to read the results.

energy-proxy is no measurement: it is what a decoded token reads from memory and multiplies, each times what it costs \
in print.

Examples:
  phonelm search --params 510M -o shapes
  phonelm search --params 1.6B --tolerance 3% --objective weighted --budget 40m -o shapes
  phonelm search --params 100M --vocab 32000 --kv-groups 1 --sparsity 0.8 -o shapes
  phonelm search --params 510M --also 1024x24x4864x16 --backend gpu -o shapes")]
pub(crate) struct Options {
    /// Parameters of the model, such as 500M or 1.5B
    #[arg(long, value_name = "N", value_parser = parameters)]
    params: u64,
    /// By how much a shape may miss them
    #[arg(long, value_name = "SHARE", default_value = "2%", value_parser = share)]
    tolerance: f64,
    /// Folder for the results: new, empty, or that of the same search
    #[arg(short, long, value_name = "RESULT_DIR")]
    out: PathBuf,
    /// What counts
    #[arg(long, value_enum, default_value = "decode")]
    objective: Goal,
    /// Share of decode in `weighted`
    #[arg(long, value_name = "SHARE", default_value = "50%", value_parser = share)]
    weight: f64,
    /// How long to measure, over all starts together: 90s, 20m, 2h
    #[arg(long, value_name = "TIME", default_value = "20m", value_parser = duration)]
    budget: Duration,
    /// Tokens of the vocabulary
    #[arg(long, value_name = "N", default_value_t = 49_152)]
    vocab: usize,
    /// Longest text of the model
    #[arg(long, value_name = "N", default_value_t = 2048)]
    context: usize,
    /// Tokens of the prompt that is timed
    #[arg(long, value_name = "N", default_value_t = 128)]
    prefill: usize,
    /// Tokens that are decoded after it
    #[arg(long, value_name = "N", default_value_t = 64)]
    decode: usize,
    /// Type of the weights: q4_0 or q8_0
    #[arg(long = "type", value_name = "TYPE", default_value = "q4_0", value_parser = super::convert::writable_type)]
    ty: TensorType,
    /// Share of the FFN's neurons that ReLU leaves at zero [default: about one half]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    sparsity: Option<f64>,
    #[command(flatten)]
    backend: Backend,
    /// Compute threads [default: the number of big cores]
    #[arg(short, long, value_name = "N")]
    threads: Option<usize>,
    #[command(flatten)]
    space: Varied,
    /// Also time this shape whole, as WIDTHxLAYERSxFFNxHEADS or with xKV_HEADS; may be given several times
    #[arg(long, value_name = "SHAPE", value_parser = shape)]
    also: Vec<Shape>,
    /// Print results.json
    #[arg(long)]
    json: bool,
}

/// What the shapes may differ in.
#[derive(Args)]
#[command(next_help_heading = "Shapes")]
struct Varied {
    /// Widths of a head
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "64,96,128,160")]
    head_dims: Vec<usize>,
    /// Query heads for a key head: 1 is multi-head attention
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "1,4")]
    kv_groups: Vec<usize>,
    /// Non-linearities of the FFN
    #[arg(long, value_enum, value_name = "LIST", value_delimiter = ',', default_value = "relu")]
    activation: Vec<Act>,
    /// Whether the head is the embedding
    #[arg(long, value_enum, value_name = "LIST", value_delimiter = ',', default_value = "tied")]
    head: Vec<Head>,
    /// Depths
    #[arg(long, value_name = "LEAST..MOST", default_value = "4..64", value_parser = range::<usize>)]
    layers: RangeInclusive<usize>,
    /// Width to depth
    #[arg(long, value_name = "LEAST..MOST", default_value = "8..160", value_parser = range::<f64>)]
    aspect: RangeInclusive<f64>,
    /// Neurons of the FFN to the width
    #[arg(long, value_name = "LEAST..MOST", default_value = "2..6", value_parser = range::<f64>)]
    ffn_ratio: RangeInclusive<f64>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Goal {
    /// Tokens decoded in a second
    Decode,
    /// Tokens of the prompt read in a second
    Prefill,
    /// Time from the prompt to the first token
    Ttft,
    /// Energy of a decoded token, by what it reads and multiplies
    EnergyProxy,
    /// The geometric mean of decode and prefill, see --weight
    Weighted,
}

#[derive(Clone, Copy, ValueEnum)]
enum Act {
    Relu,
    Silu,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Head {
    Tied,
    Untied,
}

impl Options {
    fn search(&self) -> Search {
        let objective = match self.objective {
            Goal::Decode => Objective::Decode,
            Goal::Prefill => Objective::Prefill,
            Goal::Ttft => Objective::Ttft,
            Goal::EnergyProxy => Objective::EnergyProxy,
            Goal::Weighted => Objective::Weighted { decode: self.weight },
        };
        let activation = |act: &Act| match act {
            Act::Relu => Activation::Relu,
            Act::Silu => Activation::Silu,
        };
        Search {
            params: self.params,
            tolerance: self.tolerance,
            vocab: self.vocab,
            context: self.context,
            prefill: self.prefill,
            decode: self.decode,
            objective,
            budget: self.budget,
            ty: self.ty,
            sparsity: self.sparsity,
            space: Space {
                head_dims: self.space.head_dims.clone(),
                groups: self.space.kv_groups.clone(),
                activations: self.space.activation.iter().map(activation).collect(),
                tied: self.space.head.iter().map(|head| *head == Head::Tied).collect(),
                layers: self.space.layers.clone(),
                aspect: self.space.aspect.clone(),
                ffn_ratio: self.space.ffn_ratio.clone(),
            },
            also: self.also.clone(),
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<(), Error> {
    let search = options.search();
    let cpu = CpuOptions { threads: options.threads, ..CpuOptions::default() };
    let mut device = options.backend.device(&cpu)?;
    interrupt::catch()?;
    let bar = ProgressBar::no_length().with_style(style());
    let mut progress = |step: &Progress| {
        bar.set_length(step.total as u64);
        bar.set_position(step.done as u64);
        bar.set_prefix(format!("{} of {} s", step.spent.as_secs(), step.budget.as_secs()));
        bar.set_message(step.to_string());
    };
    let report = phonelm_search::search(&search, &options.out, &mut *device, &mut progress, interrupt::flag());
    bar.finish_and_clear();
    let report = report?;
    if options.json { print_json(&report) } else { print(&text(&report, options)) }
}

/// How many shapes are shown, besides those that were asked for.
const SHOWN: usize = 10;

fn text(report: &Report, options: &Options) -> String {
    let mut rows = vec![["", "shape", "parameters", "prefill", "decode", "a token", report.unit].map(str::to_owned)];
    let measured = report.shapes.iter().filter(|entry| entry.measured.is_some());
    let shown = measured
        .enumerate()
        .filter(|(place, entry)| *place < SHOWN || !entry.candidate || entry.shape == report.winner);
    rows.extend(shown.filter_map(|(_, entry)| row(entry, report)));
    let percent = |[middle, largest]: [f64; 2]| format!("{:.1} % ({:.1} at most)", middle * 100.0, largest * 100.0);
    let composition = &report.composition;
    let drift = |[low, high]: [f64; 2]| format!("{:.2} to {:.2}", low, high);
    let mut text = table(&rows);
    text += &format!(
        "\n{} shapes composed from shallow models. Composed and whole, {} times: decode {} apart, prefill {}.\n",
        report.shapes.iter().filter(|entry| entry.composed.is_some()).count(),
        composition.checked,
        percent(composition.decode),
        percent(composition.prefill),
    );
    text += &format!(
        "Times of a reference meanwhile, to the usual one: {} in decode, {} in prefill; {} measurements were disturbed.\n",
        drift(report.drift.decode),
        drift(report.drift.prefill),
        report.drift.unsteady,
    );
    text += &format!("{} measurements in {:.0} s: {}\n", report.measurements, report.seconds, options.out.display());
    if !composition.proved {
        text += "The composition is not proved within 5 %: take the measured shapes alone for what they are.\n";
    }
    if !report.complete {
        text += "The budget ended first: the same command with a larger one goes on.\n";
    }
    text
}

fn row(entry: &Entry, report: &Report) -> Option<[String; 7]> {
    let speeds = entry.speeds()?;
    let [low, high] = entry.spread.unwrap_or([speeds.value; 2]);
    Some([
        if entry.shape == report.winner { "*" } else { "" }.to_owned(),
        entry.shape.to_string(),
        count(entry.parameters),
        format!("{:.1}/s", speeds.prefill_tokens_per_second),
        format!("{:.1}/s", speeds.decode_tokens_per_second),
        format!("{}, {:.1} mJ", bytes(speeds.bytes_per_token as u64), speeds.millijoules_per_token),
        format!("{:.1} ({low:.1} to {high:.1})", speeds.value),
    ])
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} {pos}/{len} {prefix} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A count with K, M or B behind it.
fn parameters(text: &str) -> Result<u64, String> {
    let units = [('K', 1e3), ('M', 1e6), ('B', 1e9)];
    let upper = text.to_ascii_uppercase();
    let (number, unit) =
        units.iter().find_map(|(letter, unit)| Some((upper.strip_suffix(*letter)?, *unit))).unwrap_or((&upper, 1.0));
    positive(number).map(|number| (number * unit).round() as u64).ok_or("write 500M or 1.5B".to_owned())
}

/// A share, in percent with the sign.
fn share(text: &str) -> Result<f64, String> {
    let share = match text.strip_suffix('%') {
        Some(percent) => positive(percent).map(|percent| percent / 100.0),
        None => positive(text),
    };
    share.filter(|share| *share <= 1.0).ok_or("write 2% or 0.02".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    let units = [('s', 1.0), ('m', 60.0), ('h', 3600.0)];
    let seconds = units.iter().find_map(|(letter, unit)| Some(positive(text.strip_suffix(*letter)?)? * unit));
    seconds.filter(|seconds| *seconds < 1e7).map(Duration::from_secs_f64).ok_or("write 90s, 20m or 2h".to_owned())
}

fn positive(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

/// Two numbers with dots between, or one alone.
fn range<T: std::str::FromStr + Copy>(text: &str) -> Result<RangeInclusive<T>, String> {
    let (low, high) = text.split_once("..").unwrap_or((text, text));
    let number = |text: &str| text.trim().parse().map_err(|_| "write 4..64, or one number".to_owned());
    Ok(number(low)?..=number(high)?)
}

/// A shape with ReLU and a tied head.
fn shape(text: &str) -> Result<Shape, String> {
    let sizes: Option<Vec<usize>> = text.split('x').map(|size| size.parse().ok()).collect();
    match sizes.as_deref() {
        Some(&[hidden, layers, ffn, heads, ref rest @ ..]) if rest.len() < 2 => {
            let kv_heads = rest.first().copied().unwrap_or(heads);
            Ok(Shape { hidden, layers, ffn, heads, kv_heads, activation: Activation::Relu, tied: true })
        }
        _ => Err("write 1024x24x4864x16, or 1024x24x4864x16x4 with 4 key heads".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_shares_and_times_are_read() {
        assert_eq!(parameters("510M"), Ok(510_000_000));
        assert_eq!(parameters("1.5b"), Ok(1_500_000_000));
        assert_eq!(parameters("1234"), Ok(1234));
        assert_eq!([share("2%"), share("0.02"), share("100%")], [Ok(0.02), Ok(0.02), Ok(1.0)]);
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1.5h"), Ok(Duration::from_secs(5400)));
        assert_eq!(range::<usize>("4..64"), Ok(4..=64));
        assert_eq!(range::<f64>("2.5"), Ok(2.5..=2.5));
        let kv = |text| shape(text).map(|shape| (shape.heads, shape.kv_heads));
        assert_eq!(kv("1024x24x4864x16"), Ok((16, 16)));
        assert_eq!(kv("1024x24x4864x16x4"), Ok((16, 4)));
        for text in ["", "M", "-1M", "infM", "NaN", "5T"] {
            assert!(parameters(text).is_err(), "{text}");
        }
        assert!(share("150%").is_err() && share("-1%").is_err() && duration("20").is_err() && duration("-1s").is_err());
        assert!(range::<usize>("4..x").is_err() && shape("1024x24").is_err() && shape("1x1x1x1x1x1").is_err());
    }
}
