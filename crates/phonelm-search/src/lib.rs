//! The fastest decoder shape of a given size on this very device: PhoneLM's principle (arXiv 2411.05046), to search the
//! shape for speed before a model is trained.
//!
//! The shapes inside a parameter budget are counted out, a few shallow random models of each width are timed through the
//! real executor, and every shape's time is composed from them, since all layers of a model are equal. The front-runners
//! are then timed whole, in turns. What is measured is appended to a file at once, so that a search can be interrupted at
//! any moment and goes on where it was.
//!
//! Left out on purpose: how well a shape learns. Speed is measured; quality is the training's to find.
//!
//! ```no_run
//! use std::sync::atomic::AtomicBool;
//!
//! use phonelm_search::{Cpu, Search, search};
//!
//! let wanted = Search::new(100_000_000);
//! let cancel = AtomicBool::new(false);
//! let report = search(&wanted, "result".as_ref(), &mut Cpu::default(), &mut |step| println!("{step}"), &cancel)?;
//! println!("{}", report.winner);
//! # Ok::<(), phonelm_search::Error>(())
//! ```

#![forbid(unsafe_code)]

mod compose;
mod device;
mod drift;
mod error;
mod journal;
mod measure;
mod objective;
#[cfg(feature = "plots")]
mod plot;
mod report;
mod run;
mod settings;
mod shape;
mod space;
mod write;

#[cfg(feature = "gpu")]
pub use device::Gpu;
pub use device::{Cpu, Device, LoadFailure};
pub use drift::Drift;
pub use error::Error;
pub use measure::Cost;
pub use objective::{DRAM_PICOJOULES_PER_BYTE, MAC_PICOJOULES, Objective};
pub use report::{CONFIG_JSON, Composition, Entry, RESULTS_CSV, RESULTS_JSON, Report, Speeds};
pub use run::{Progress, Stage, search};
pub use settings::Search;
pub use shape::Shape;
pub use space::Space;
