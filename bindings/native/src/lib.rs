//! The library file that Kotlin and Swift load: `phonelm-sdk` with everything it exports, and nothing of its own.

phonelm_sdk::uniffi_reexport_scaffolding!();
