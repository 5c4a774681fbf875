//! Conversions of small folders that are made up in the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod families;
mod folder;
mod hostile;
mod layouts;
mod skipping;
mod text;
