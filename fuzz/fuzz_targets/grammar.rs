//! Runs `phonelm_fuzz_targets::grammar`.
#![no_main]

libfuzzer_sys::fuzz_target!(
    // llguidance turns its own panics into errors, which the fuzzer's hook would not let it do.
    init: std::panic::set_hook(Box::new(|_| {})),
    |bytes: &[u8]| phonelm_fuzz_targets::grammar::run(bytes)
);
