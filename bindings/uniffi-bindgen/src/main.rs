//! Writes the generated side of the border: `uniffi-bindgen generate -l kotlin --out-dir DIR libphonelm.so`.

fn main() {
    uniffi::uniffi_bindgen_main();
}
