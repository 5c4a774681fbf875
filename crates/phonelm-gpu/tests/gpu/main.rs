//! The GPU executor on a real device (Mesa's lavapipe where there is no other) against the CPU's and against references.

#![allow(clippy::unwrap_used, clippy::panic)]

mod best;
mod caches;
mod common;
mod hybrid;
mod kept;
mod logits;
mod shaders;
mod text;
