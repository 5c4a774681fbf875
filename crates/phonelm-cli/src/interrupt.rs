//! Ctrl-C as a flag that long work looks at, so that it ends tidily instead of at once.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;

static PRESSED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C sets the flag and does nothing else.
pub(crate) fn catch() -> Result<(), Error> {
    Ok(ctrlc::set_handler(|| PRESSED.store(true, Ordering::Relaxed))?)
}

/// Whether Ctrl-C was pressed since the last [`forget`].
pub(crate) fn pressed() -> bool {
    PRESSED.load(Ordering::Relaxed)
}

/// The flag itself, for work that looks at it.
pub(crate) fn flag() -> &'static AtomicBool {
    &PRESSED
}

/// Clears the flag before new work begins.
pub(crate) fn forget() {
    PRESSED.store(false, Ordering::Relaxed);
}
