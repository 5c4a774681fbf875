//! The phonelm program.
fn main() {}
