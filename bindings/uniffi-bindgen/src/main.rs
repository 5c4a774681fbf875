//! Writes a foreign side of the border: `uniffi-bindgen kotlin|swift CONFIG FOLDER LIBRARY`.
//!
//! It reads the metadata of a library that still has its symbols: ELF, Mach-O or an archive of them, of any platform.
//! UniFFI's own program would do as well, but takes along a parser of arguments, macros and cargo's metadata, which every
//! fresh clone would compile for nothing.

use std::env;
use std::error::Error;

use uniffi_bindgen::bindings::{GenerateOptions, TargetLanguage, generate};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [language, config, folder, library] = arguments.as_slice() else {
        return Err("usage: uniffi-bindgen kotlin|swift CONFIG FOLDER LIBRARY".into());
    };
    let language = match language.as_str() {
        "kotlin" => TargetLanguage::Kotlin,
        "swift" => TargetLanguage::Swift,
        other => return Err(format!("no side of the border is written in `{other}`, but kotlin and swift").into()),
    };
    generate(GenerateOptions {
        languages: vec![language],
        source: library.into(),
        out_dir: folder.into(),
        config_override: Some(config.into()),
        format: false,
        ..GenerateOptions::default()
    })?;
    Ok(())
}
