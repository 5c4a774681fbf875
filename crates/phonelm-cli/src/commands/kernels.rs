//! `phonelm kernels`: the kernel sets of this build and the one that is used.

use clap::Args;
use serde_json::json;

use crate::error::Error;
use crate::output::{print, print_json, table};

/// List the kernel sets of this program and mark the one in use
#[derive(Args)]
#[command(after_help = "\
Examples:
  phonelm kernels
  PHONELM_KERNELS=any-q8-scalar phonelm bench   use another set than the best one")]
pub(crate) struct Options {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> Result<(), Error> {
    let chosen = phonelm_kernels::choose()?.name();
    let sets = phonelm_kernels::kernel_sets();
    if options.json {
        let sets: Vec<_> = sets
            .iter()
            .map(|set| {
                json!({
                    "name": set.name, "needs": set.needs, "available": set.available, "fault": set.fault,
                    "chosen": set.name == chosen,
                })
            })
            .collect();
        return print_json(&sets);
    }
    let mut rows = vec![["", "kernel set", "needs", "on this machine"].map(str::to_owned)];
    for set in sets {
        let mark = if set.name == chosen { "*" } else { "" };
        let here = match set.fault {
            Some(primitive) => format!("wrong: {primitive}"),
            None => if set.available { "yes" } else { "no" }.to_owned(),
        };
        rows.push([mark.to_owned(), set.name.to_owned(), set.needs.to_owned(), here]);
    }
    print(&table(&rows))
}
