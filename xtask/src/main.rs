//! Repeated commands.
fn main() {}
