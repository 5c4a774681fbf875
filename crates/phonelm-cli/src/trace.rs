//! What the crates report while they work (`tracing` spans of load, prefill, decode), shown on stderr when asked for.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::error::Error;

/// Names what to show, in tracing's directives: `debug`, `phonelm_kernels=debug`.
const VARIABLE: &str = "PHONELM_LOG";

/// Shows what [`VARIABLE`] names, or the spans of our own crates if `verbose`.
pub(crate) fn start(verbose: bool) -> Result<(), Error> {
    let wanted = std::env::var(VARIABLE).ok().filter(|text| !text.is_empty());
    let Some(wanted) = wanted.or_else(|| verbose.then(|| "info".to_owned())) else {
        return Ok(());
    };
    let filter = EnvFilter::try_new(&wanted)
        .map_err(|cause| Error::Usage(format!("{VARIABLE} is {wanted:?}, which names no log level: {cause}")))?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::CLOSE)
        .with_writer(io::stderr)
        .with_ansi(io::IsTerminal::is_terminal(&io::stderr()))
        .finish();
    tracing::subscriber::set_global_default(subscriber).map_err(|cause| Error::Usage(cause.to_string()))
}
