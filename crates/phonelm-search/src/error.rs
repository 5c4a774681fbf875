//! Why a search cannot be made, or ended early.

use std::path::PathBuf;

use phonelm_model::ExecutorError;

use crate::{Shape, device::LoadFailure};

/// Everything that can go wrong in a search.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting out of range.
    #[error("{setting} is {value}, but it should be {expected}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What was asked for.
        value: String,
        /// What is possible.
        expected: String,
    },
    /// No shape of the space has so many parameters.
    #[error(
        "no shape has {params} parameters within {tolerance} %: the nearest has {nearest}, and the space reaches from {smallest} to {largest}"
    )]
    Impossible {
        /// The budget.
        params: u64,
        /// How far from it a shape may be, in percent.
        tolerance: f64,
        /// What the shape nearest to the budget has.
        nearest: u64,
        /// What the smallest shape has.
        smallest: u64,
        /// What the largest shape has.
        largest: u64,
    },
    /// The space holds no shape at all.
    #[error("the space is empty: no width up to {widest} goes with its heads, depths and FFN ratios")]
    EmptySpace {
        /// The largest width that was looked at.
        widest: usize,
    },
    /// The folder holds something, but no search.
    #[error("{} holds other files and no search: choose a new or an empty folder", dir.display())]
    NotEmpty {
        /// The folder.
        dir: PathBuf,
    },
    /// The folder holds another search.
    #[error("{} holds another search, whose {field} is {found}, not {wanted}: choose another folder", path.display())]
    OtherSearch {
        /// The file with the measurements.
        path: PathBuf,
        /// What differs.
        field: String,
        /// What it is there.
        found: String,
        /// What it is now.
        wanted: String,
    },
    /// A line of the measurements cannot be read.
    #[error("{}, line {line}: {why}; nothing was changed: mend the line or choose another folder", path.display())]
    BrokenLine {
        /// The file with the measurements.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// Another search writes there now.
    #[error("{} is being written by another search", path.display())]
    Busy {
        /// The file with the measurements.
        path: PathBuf,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {cause}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        cause: std::io::Error,
    },
    /// A model of this shape does not fit into memory.
    #[error("{shape} needs {needed} bytes of memory, and {available} are free: choose a smaller budget")]
    Memory {
        /// The shape.
        shape: Shape,
        /// Bytes of the random model and of its packed copy.
        needed: u64,
        /// What the system has left.
        available: u64,
    },
    /// A random model cannot be made.
    #[error("{shape}: no random model can be made: {cause}")]
    Random {
        /// The shape.
        shape: Shape,
        /// Why.
        cause: phonelm_convert::RandomError,
    },
    /// A random model cannot be read.
    #[error("{shape}: {cause}")]
    Model {
        /// The shape.
        shape: Shape,
        /// Why.
        cause: phonelm_model::Error,
    },
    /// The device does not take a model.
    #[error("{shape}: {cause}")]
    Load {
        /// The shape.
        shape: Shape,
        /// Why.
        cause: LoadFailure,
    },
    /// A forward pass failed.
    #[error("{shape}: {cause}")]
    Run {
        /// The shape.
        shape: Shape,
        /// Why.
        cause: ExecutorError,
    },
    /// The time was over before a single shape's speed was known.
    #[error(
        "the {budget} s of the budget ended after {measured} measurements, before any shape's speed was known: give more; what was measured is kept"
    )]
    OutOfTime {
        /// Seconds that the search was given.
        budget: u64,
        /// Measurements made.
        measured: usize,
    },
    /// The caller ended the search.
    #[error("the search was stopped after {measured} measurements, which are kept: the next start goes on from there")]
    Cancelled {
        /// Measurements made.
        measured: usize,
    },
    /// A picture cannot be drawn.
    #[error("{} cannot be drawn: {why}", path.display())]
    Plot {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}
