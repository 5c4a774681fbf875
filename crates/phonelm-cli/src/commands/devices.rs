//! `phonelm devices`: the GPUs of this machine.

use clap::Args;
use serde_json::json;

use crate::error::Error;
use crate::output::{bytes, print, print_json, table};

/// List the GPUs that models can run on
#[derive(Args)]
#[command(after_help = "\
The first is the one that --backend gpu takes; --device chooses another by a part of its name.

Examples:
  phonelm devices
  phonelm run --backend gpu --device nvidia")]
pub(crate) struct Options {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> Result<(), Error> {
    let devices = phonelm_gpu::adapters();
    if options.json {
        let devices: Vec<_> = devices
            .iter()
            .map(|d| {
                json!({
                    "name": d.name, "backend": d.backend, "kind": d.kind, "driver": d.driver, "subgroup": d.subgroup,
                    "f16": d.f16, "matrices": d.matrices, "max_binding_bytes": d.max_binding,
                })
            })
            .collect();
        return print_json(&devices);
    }
    if devices.is_empty() {
        return print(&format!("{}\n", phonelm_gpu::LoadError::NoAdapter));
    }
    let mut rows = vec![["device", "kind", "driver", "subgroup", "binds"].map(str::to_owned)];
    rows.extend(devices.into_iter().map(|d| {
        let subgroup = d.subgroup.map_or_else(|| "none".to_owned(), |threads| threads.to_string());
        [d.name, d.kind.to_owned(), format!("{}, {}", d.backend, d.driver), subgroup, bytes(d.max_binding)]
    }));
    print(&table(&rows))
}
