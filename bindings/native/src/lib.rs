//! The library file that the JVM and Android load: `phonelm-sdk` with everything it exports, and nothing of its own.

phonelm_sdk::uniffi_reexport_scaffolding!();
