//! Where threads meet: locks, atomics, the channel of jobs and the clock, from the standard library and crossbeam. In this
//! crate's own tests with the feature `shuttle` they come from a checker, which draws the order of all threads' steps.

#[cfg(all(test, feature = "shuttle"))]
mod drawn;

#[cfg(not(all(test, feature = "shuttle")))]
pub(crate) use {
    crossbeam_channel::{Receiver, Sender, TryRecvError, unbounded},
    std::{
        sync::{
            Mutex, MutexGuard,
            atomic::{AtomicBool, AtomicU64},
        },
        thread,
        time::Instant,
    },
};

#[cfg(all(test, feature = "shuttle"))]
pub(crate) use drawn::*;
