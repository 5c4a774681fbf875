//! libphonelm.so as Android's loader sees it: what is wrong with its segments, names and symbols.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use object::Endianness;
use object::elf::{self, FileHeader64, Machine};
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader, Sym};

use crate::network;
use crate::package::android::Abi;
use crate::package::android::bionic::MIN_API;
use crate::package::symbols::Symbols;

/// Pages of Android 15 and later may be that large.
const PAGE: u64 = 16 * 1024;
const NAME: &str = "libphonelm.so";
/// What UniFFI's generated code calls; nothing else is exported.
const BORDER: [&str; 2] = ["uniffi_phonelm_", "ffi_phonelm_"];

/// The parts of a library file that are checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Library {
    machine: Machine,
    /// The alignment of each segment that is loaded.
    alignments: Vec<u64>,
    soname: String,
    needed: Vec<String>,
    sections: Vec<String>,
    exports: BTreeSet<String>,
    /// Symbols that must be found for the library to load.
    imports: BTreeSet<String>,
    /// Whether code would have to be changed while loading, which Android refuses.
    relocates_text: bool,
}

impl Library {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self> {
        Self::parse(bytes).context("not a readable ELF file of 64 bits")
    }

    fn parse(bytes: &[u8]) -> object::Result<Self> {
        let header = FileHeader64::<Endianness>::parse(bytes)?;
        let endian = header.endian()?;
        let mut library = Self { machine: header.e_machine(endian), ..Self::default() };
        for segment in header.program_headers(endian, bytes)? {
            if segment.p_type(endian) == elf::PT_LOAD {
                library.alignments.push(segment.p_align(endian));
            }
        }
        let sections = header.sections(endian, bytes)?;
        for section in sections.iter() {
            library.sections.push(text(sections.section_name(endian, section)?));
        }
        let symbols = sections.symbols(endian, bytes, elf::SHT_DYNSYM)?;
        for symbol in symbols.iter().filter(|symbol| symbol.st_bind() != elf::STB_LOCAL) {
            let name = text(symbols.symbol_name(endian, symbol)?);
            if !symbol.is_undefined(endian) {
                library.exports.insert(name);
            } else if symbol.st_bind() == elf::STB_GLOBAL {
                library.imports.insert(name);
            }
        }
        for section in sections.iter() {
            let Some((entries, strings)) = section.dynamic(endian, bytes)? else { continue };
            let strings = sections.strings(endian, bytes, strings)?;
            for entry in entries {
                match entry.tag(endian) {
                    elf::DT_NEEDED => library.needed.push(text(entry.string(endian, strings)?)),
                    elf::DT_SONAME => library.soname = text(entry.string(endian, strings)?),
                    elf::DT_TEXTREL => library.relocates_text = true,
                    _ => {}
                }
            }
        }
        Ok(library)
    }

    /// What keeps Android from loading the library.
    pub(crate) fn loading(&self, abi: &Abi) -> Vec<String> {
        let mut wrong = Vec::new();
        let machine = machine(abi);
        if self.machine != machine {
            wrong.push(format!("it is for machine {}: build it for {}", self.machine.0, abi.target));
        }
        if self.alignments.is_empty() {
            wrong.push("no segment is loaded".into());
        }
        for alignment in self.alignments.iter().filter(|alignment| **alignment < PAGE) {
            wrong.push(format!("a segment is aligned to {alignment:#x} bytes: link with -z max-page-size={PAGE}"));
        }
        if self.soname != NAME {
            wrong.push(format!("its name inside is `{}` instead of {NAME}: link with -soname={NAME}", self.soname));
        }
        if self.relocates_text {
            wrong.push("its code needs relocations: compile it position-independent".into());
        }
        wrong
    }

    /// What it wants from Android that Android has not.
    pub(crate) fn dependencies(&self, bionic: &Symbols) -> Vec<String> {
        let libraries = self.needed.iter().filter(|name| !bionic.has_library(name));
        let libraries = libraries.map(|name| format!("it needs {name}, which is no library of bionic"));
        let symbols = self.imports.iter().filter(|symbol| !bionic.has_symbol(symbol));
        let symbols = symbols.map(|symbol| {
            format!("it calls {symbol}, which bionic has not at API {MIN_API}: find out which crate does")
        });
        libraries.chain(symbols).collect()
    }

    /// What it calls that reaches a network.
    pub(crate) fn network(&self) -> Vec<String> {
        network::complaints(&self.imports)
    }

    /// Which of the functions that the bindings `called` are missing, and what is exported beside the border.
    pub(crate) fn exports(&self, called: &BTreeSet<String>) -> Vec<String> {
        let missing = called.difference(&self.exports);
        let missing = missing
            .map(|name| format!("the Kotlin classes call {name}: build both from the same version of phonelm-sdk"));
        let more = self.exports.iter().filter(|name| !BORDER.iter().any(|start| name.starts_with(start)));
        let more = more.map(|name| format!("it exports {name}, which other libraries of an app may take for theirs"));
        missing.chain(more).collect()
    }

    /// What only a debugger reads.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let is_left = |name: &str| name.starts_with(".debug") || name.starts_with(".zdebug") || name == ".symtab";
        let left = self.sections.iter().filter(|name| is_left(name));
        left.map(|name| format!("it has the section {name}: link with --strip-all")).collect()
    }
}

/// Names of the border's functions in a compiled class: constants of their own, each after its length.
pub(crate) fn called_in(class: &[u8]) -> BTreeSet<String> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let constant = |start: usize| {
        let before: [u8; 3] = class.get(start.checked_sub(3)?..start)?.try_into().ok()?;
        let length = usize::from(u16::from_be_bytes([before[1], before[2]]));
        let name = class.get(start..start + length)?;
        (before[0] == 1 && name.iter().all(is_name)).then(|| String::from_utf8_lossy(name).into_owned())
    };
    let starts = |position: usize| BORDER.iter().any(|start| class[position..].starts_with(start.as_bytes()));
    (0..class.len()).filter(|position| starts(*position)).filter_map(constant).collect()
}

fn machine(abi: &Abi) -> Machine {
    if abi.target.starts_with("aarch64") { elf::EM_AARCH64 } else { elf::EM_X86_64 }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::android::ABIS;

    fn bionic() -> Symbols {
        Symbols::parse("[libc.so]\nabort\n[libm.so]\ncos\n").unwrap()
    }

    fn good() -> Library {
        Library {
            machine: elf::EM_AARCH64,
            alignments: vec![PAGE; 4],
            soname: NAME.into(),
            needed: vec!["libc.so".into(), "libm.so".into()],
            sections: vec![".text".into(), ".dynsym".into()],
            exports: BTreeSet::from(["ffi_phonelm_x".into(), "uniffi_phonelm_checksum_func_y".into()]),
            imports: BTreeSet::from(["abort".into(), "cos".into()]),
            relocates_text: false,
        }
    }

    #[test]
    fn a_good_library_passes() {
        let (library, called) = (good(), BTreeSet::from(["ffi_phonelm_x".into()]));
        assert!(library.loading(&ABIS[0]).is_empty() && library.leftovers().is_empty());
        assert!(library.dependencies(&bionic()).is_empty() && library.exports(&called).is_empty());
    }

    #[test]
    fn what_the_loader_refuses_is_found() {
        let wrong = |change: fn(&mut Library)| {
            let mut library = good();
            change(&mut library);
            library.loading(&ABIS[0]).len()
        };
        assert_eq!(wrong(|library| library.alignments[2] = 0x1000), 1);
        assert_eq!(wrong(|library| library.alignments.clear()), 1);
        assert_eq!(wrong(|library| library.machine = elf::EM_X86_64), 1);
        assert_eq!(wrong(|library| library.soname.push_str(".1")), 1);
        assert_eq!(wrong(|library| library.relocates_text = true), 1);
    }

    #[test]
    fn foreign_libraries_and_young_symbols_are_found() {
        let mut library = good();
        library.needed.push("libc.so.6".into());
        library.imports.insert("getrandom".into());
        let wrong = library.dependencies(&bionic());
        assert!(wrong.len() == 2 && wrong[0].contains("libc.so.6") && wrong[1].contains("getrandom"), "{wrong:?}");
    }

    #[test]
    fn missing_and_foreign_exports_are_found() {
        let mut library = good();
        library.exports.insert("malloc".into());
        let wrong = library.exports(&BTreeSet::from(["uniffi_phonelm_checksum_func_z".into()]));
        assert!(wrong.len() == 2 && wrong[0].contains("func_z") && wrong[1].contains("malloc"), "{wrong:?}");
    }

    #[test]
    fn leftovers_are_found() {
        let mut library = good();
        library.sections.extend([".debug_info".into(), ".symtab".into()]);
        assert_eq!(library.leftovers().len(), 2);
    }

    /// This very program is an ELF file, but none for Android.
    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn a_file_is_read() {
        let library = Library::read(&std::fs::read(std::env::current_exe().unwrap()).unwrap()).unwrap();
        assert!(library.needed.contains(&"libc.so.6".into()) && library.sections.contains(&".text".into()));
        assert!(!library.alignments.is_empty() && !library.imports.is_empty());
        assert!(Library::read(b"no library").is_err());
    }

    #[test]
    fn called_functions_are_read_from_a_class() {
        let constant = |name: &str| [&[1, 0, name.len() as u8], name.as_bytes()].concat();
        let class = [
            constant("uniffi_phonelm_checksum_func_plan"),
            constant("ffi_phonelm_rustbuffer_free"),
            constant("see uniffi_phonelm_fn_func_plan"),
        ];
        let called = called_in(&class.concat());
        let called: Vec<&str> = called.iter().map(String::as_str).collect();
        assert_eq!(called, ["ffi_phonelm_rustbuffer_free", "uniffi_phonelm_checksum_func_plan"]);
    }
}
