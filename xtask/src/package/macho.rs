//! What a static library for Apple's platforms consists of: its objects, where they run and their symbols.

use anyhow::{Context, Result};
use object::Endianness;
use object::macho::{self, MachHeader64};
use object::read::archive::ArchiveFile;
use object::read::macho::{LoadCommandVariant, MachHeader, Nlist};

/// One member of a static library.
#[derive(Clone, Default)]
pub(crate) struct Object {
    pub(crate) name: String,
    /// Whether the code is for arm64.
    pub(crate) is_arm64: bool,
    /// LC_BUILD_VERSION: the platform's number and the oldest system, such as `16.0`.
    pub(crate) build: Option<(u32, String)>,
    /// Symbols that other objects see and that may be defined once.
    pub(crate) strong: Vec<String>,
    /// Symbols that other objects see and that the linker joins.
    pub(crate) weak: Vec<String>,
    pub(crate) undefined: Vec<String>,
    pub(crate) bytes: Vec<u8>,
}

impl Object {
    /// Whether the object defines `symbol` for others.
    pub(crate) fn defines(&self, symbol: &str) -> bool {
        self.strong.iter().chain(&self.weak).any(|defined| defined == symbol)
    }

    /// Reads an object, or a linked library.
    pub(crate) fn read(name: String, bytes: &[u8]) -> Result<Self> {
        let header = MachHeader64::<Endianness>::parse(bytes, 0)?;
        let endian = header.endian()?;
        let mut object = Self {
            name,
            is_arm64: header.cputype(endian) == macho::CPU_TYPE_ARM64,
            bytes: bytes.to_vec(),
            ..Self::default()
        };
        let mut commands = header.load_commands(endian, bytes, 0)?;
        while let Some(command) = commands.next()? {
            match command.variant()? {
                LoadCommandVariant::BuildVersion(build, _) => {
                    object.build = Some((build.platform.get(endian).0, version(build.minos.get(endian))));
                }
                LoadCommandVariant::Symtab(table) => {
                    let symbols = table.symbols::<MachHeader64<Endianness>, _>(endian, bytes)?;
                    for symbol in symbols.iter() {
                        let name = String::from_utf8_lossy(symbol.name(endian, symbols.strings())?).into_owned();
                        object.add(name, symbol, endian);
                    }
                }
                _ => {}
            }
        }
        Ok(object)
    }

    fn add(&mut self, name: String, symbol: &macho::Nlist64<Endianness>, endian: Endianness) {
        if symbol.is_stab() || !symbol.n_type().is_ext() {
            return;
        }
        if symbol.is_undefined() {
            self.undefined.push(name);
        } else if symbol.n_desc(endian).0 & macho::N_WEAK_DEF.0 != 0 {
            self.weak.push(name);
        } else {
            self.strong.push(name);
        }
    }
}

/// A version as property lists write it: the last number is left out where it is 0.
fn version(version: macho::Version) -> String {
    let text = version.to_string();
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// The objects of a static library in order.
pub(crate) fn read_library(bytes: &[u8]) -> Result<Vec<Object>> {
    let archive = ArchiveFile::parse(bytes).context("this is no static library")?;
    let mut objects = Vec::new();
    for member in archive.members() {
        let member = member?;
        let name = String::from_utf8_lossy(member.name()).into_owned();
        let object = Object::read(name.clone(), member.data(bytes)?);
        objects.push(object.with_context(|| format!("{name} is no Mach-O object of 64 bits"))?);
    }
    Ok(objects)
}

#[cfg(test)]
pub(crate) mod tests {
    use object::write::{MachOBuildVersion, Object as Writer, StandardSection, Symbol, SymbolSection};
    use object::{Architecture, BinaryFormat, Endianness, SymbolFlags, SymbolKind, SymbolScope};

    use super::*;
    use crate::package::seal::archive;

    /// The bytes of an object for iOS 16.
    pub(crate) fn write(strong: &[&str], weak: &[&str], undefined: &[&str]) -> Vec<u8> {
        let mut writer = Writer::new(BinaryFormat::MachO, Architecture::Aarch64, Endianness::Little);
        let mut build = MachOBuildVersion::default();
        build.platform = macho::PLATFORM_IOS;
        build.minos = macho::Version::new(16, 0, 0);
        writer.set_macho_build_version(build);
        let text = writer.section_id(StandardSection::Text);
        let at = writer.append_section_data(text, &[0; 4], 4);
        let mut add = |names: &[&str], section, weak| {
            for name in names {
                let symbol = Symbol {
                    name: name.strip_prefix('_').unwrap().into(),
                    value: at,
                    size: 0,
                    kind: SymbolKind::Text,
                    scope: SymbolScope::Dynamic,
                    weak,
                    section,
                    flags: SymbolFlags::None,
                };
                writer.add_symbol(symbol);
            }
        };
        add(strong, SymbolSection::Section(text), false);
        add(weak, SymbolSection::Section(text), true);
        add(undefined, SymbolSection::Undefined, false);
        writer.write().unwrap()
    }

    #[test]
    fn objects_tell_their_platform_and_symbols() {
        let library = archive(vec![(write(&["_a"], &["_b"], &["_c"]), "x.o".into())]).unwrap();
        let [object] = &read_library(&library).unwrap()[..] else { panic!("one object") };
        assert_eq!(object.name, "x.o");
        assert!(object.is_arm64);
        assert_eq!(object.build, Some((2, "16.0".into())));
        assert_eq!((&object.strong[..], &object.weak[..]), (&["_a".to_owned()][..], &["_b".to_owned()][..]));
        assert_eq!(object.undefined, ["_c"]);
        assert!(object.defines("_a") && object.defines("_b") && !object.defines("_c"));
    }

    #[test]
    fn versions_read_as_in_property_lists() {
        assert_eq!(version(macho::Version::new(16, 0, 0)), "16.0");
        assert_eq!(version(macho::Version::new(16, 4, 1)), "16.4.1");
    }

    #[test]
    fn what_is_no_static_library_is_refused() {
        assert!(read_library(b"text").is_err());
        assert!(read_library(&archive(vec![(b"text".to_vec(), "x.o".into())]).unwrap()).is_err());
    }
}
