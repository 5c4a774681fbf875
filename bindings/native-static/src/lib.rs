//! The library file that goes into an Apple app: `phonelm-sdk` with everything it exports, and nothing of its own.
//!
//! It is a crate apart from `bindings/native`, because rustc merges all code into one (fat LTO) for a crate of one kind only.

phonelm_sdk::uniffi_reexport_scaffolding!();
