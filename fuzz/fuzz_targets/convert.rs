//! Runs `phonelm_fuzz_targets::convert`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| phonelm_fuzz_targets::convert::run(bytes));
