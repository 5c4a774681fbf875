//! Checks of the static libraries: platform and symbols.

use std::collections::{BTreeMap, BTreeSet};

use super::shipped::{Shipped, framework};
use super::system::framework as framework_of;
use crate::package::apple::Slice;
use crate::package::macho::Object;
use crate::package::seal::{BORDER, PERSONALITY};
use crate::package::xcframework::MODULE;

/// Every object is arm64 code for the slice's platform and its oldest system.
pub(super) fn platforms(shipped: &Shipped) -> Vec<String> {
    each_object(shipped, |slice, object| {
        let expected = Some((slice.number, slice.min_os.to_owned()));
        let is_right = object.is_arm64 && object.build == expected;
        (!is_right).then(|| {
            format!("arm64 is {}, platform and system are {:?} instead of {expected:?}", object.is_arm64, object.build)
        })
    })
}

/// Every slice defines what its header declares.
pub(super) fn functions(shipped: &Shipped) -> Vec<String> {
    let mut complaints = Vec::new();
    for (slice, objects) in &shipped.libraries {
        let path = format!("{}/{}Headers/{MODULE}.h", framework(slice), slice.inside());
        let declared = declared(shipped.xcframework.text(&path).unwrap_or(""));
        if declared.is_empty() {
            complaints.push(format!("{path}: declares no function of the border"));
        }
        let missing = declared.iter().filter(|name| !objects.iter().any(|object| object.defines(name)));
        complaints.extend(missing.map(|name| format!("{}: {name} is declared and not defined", slice.identifier)));
    }
    complaints
}

/// The border's functions in a C header, as symbols.
fn declared(header: &str) -> BTreeSet<String> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    header
        .split('(')
        .filter_map(|before| before.rsplit(|character| !is_name(character)).next())
        .map(|name| format!("_{name}"))
        .filter(|symbol| is_border(symbol))
        .collect()
}

fn is_border(symbol: &str) -> bool {
    BORDER.iter().any(|start| symbol.starts_with(start))
}

/// An app's linker sees the border's functions and the unwinder's entry, so that no other library can clash with ours.
pub(super) fn visible(shipped: &Shipped) -> Vec<String> {
    let mut complaints = each_object(shipped, |_, object| {
        let others: Vec<&String> =
            object.strong.iter().filter(|symbol| !is_border(symbol) && *symbol != PERSONALITY).collect();
        (!others.is_empty()).then(|| format!("shows {}, of the kind of {}", others.len(), others[0]))
    });
    let without = shipped.libraries.iter().filter(|(_, objects)| !objects.iter().any(|it| it.defines(PERSONALITY)));
    complaints.extend(without.map(|(slice, _)| format!("{}: does not show {PERSONALITY}", slice.identifier)));
    complaints
}

/// Within a library a name has one definition.
pub(super) fn duplicates(shipped: &Shipped) -> Vec<String> {
    let mut complaints = Vec::new();
    for (slice, objects) in &shipped.libraries {
        let mut times: BTreeMap<&str, u32> = BTreeMap::new();
        for symbol in objects.iter().flat_map(|object| &object.strong) {
            *times.entry(symbol).or_default() += 1;
        }
        let twice = times.iter().filter(|(_, times)| **times > 1);
        complaints.extend(twice.map(|(symbol, times)| format!("{}: {symbol}: {times} times", slice.identifier)));
    }
    complaints
}

/// What the objects call and do not define is in libSystem, or in a framework that the package links.
pub(super) fn undefined(shipped: &Shipped) -> Vec<String> {
    each_object(shipped, |slice, object| {
        let unknown: Vec<&str> =
            missing(shipped, slice, object).filter(|it| holder(shipped, slice, it).is_none()).collect();
        (!unknown.is_empty()).then(|| {
            format!("{unknown:?} are neither in libSystem nor in swift-package/frameworks.txt: find out which crate calls them")
        })
    })
}

/// Package.swift links the frameworks that hold what is missing, and no others.
pub(super) fn linked(shipped: &Shipped) -> Vec<String> {
    let manifest = shipped.package.text("Package.swift").unwrap_or("");
    let named = |name: &str| [format!(".linkedFramework(\"{name}\")"), format!(".linkedLibrary(\"{name}\")")];
    let links = |name: &str| named(name).iter().any(|setting| manifest.contains(setting));
    let mut needed = BTreeMap::new();
    for (slice, objects) in &shipped.libraries {
        for symbol in objects.iter().flat_map(|object| missing(shipped, slice, object)) {
            if let Some(name) = holder(shipped, slice, symbol) {
                needed.insert(name, symbol);
            }
        }
    }
    let unlinked = needed.iter().filter(|(name, _)| !links(name));
    let unlinked = unlinked.map(|(name, symbol)| format!("Package.swift: does not link {name}, which holds {symbol}"));
    let sections = shipped.frameworks.libraries().filter_map(|(section, _)| section.split(' ').next());
    let idle: BTreeSet<&str> = sections.filter(|name| links(name) && !needed.contains_key(name)).collect();
    let idle = idle.into_iter().map(|name| format!("Package.swift: links {name}, of which nothing is called"));
    unlinked.chain(idle).collect()
}

/// What an object calls that neither its library nor libSystem defines.
fn missing<'a>(shipped: &'a Shipped, slice: &'a Slice, object: &'a Object) -> impl Iterator<Item = &'a str> {
    let own = shipped.libraries.iter().filter(|(other, _)| other.identifier == slice.identifier);
    let own: Vec<&Object> = own.flat_map(|(_, objects)| objects).collect();
    let undefined = object.undefined.iter().filter(|symbol| !shipped.system.contains(*symbol));
    undefined.filter(move |symbol| !own.iter().any(|other| other.defines(symbol))).map(String::as_str)
}

/// The framework that holds a symbol on a slice's platform.
fn holder<'a>(shipped: &'a Shipped, slice: &Slice, symbol: &str) -> Option<&'a str> {
    let holding = shipped.frameworks.libraries().filter(|(_, names)| names.contains(symbol));
    holding.filter_map(|(section, _)| framework_of(section, slice)).next()
}

/// `slice: object: complaint` for every object that has one.
fn each_object(shipped: &Shipped, complaint: impl Fn(&Slice, &Object) -> Option<String>) -> Vec<String> {
    let complaint = &complaint;
    shipped
        .libraries
        .iter()
        .flat_map(|(slice, objects)| {
            objects.iter().filter_map(move |object| {
                complaint(slice, object).map(|text| format!("{}: {}: {text}", slice.identifier, object.name))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify_xcframework::shipped::tests::good;

    /// The complaints about a package whose first object was changed.
    fn broken(check: fn(&Shipped) -> Vec<String>, change: impl Fn(&mut Object)) -> Vec<String> {
        let mut shipped = good();
        change(&mut shipped.libraries[0].1[0]);
        check(&shipped)
    }

    #[test]
    fn code_for_another_platform_or_system_is_named() {
        assert_eq!(broken(platforms, |object| object.build = Some((7, "16.0".into()))).len(), 1);
        assert_eq!(broken(platforms, |object| object.build = Some((2, "17.0".into()))).len(), 1);
        assert_eq!(broken(platforms, |object| object.build = None).len(), 1);
        assert_eq!(broken(platforms, |object| object.is_arm64 = false).len(), 1);
    }

    #[test]
    fn a_declared_function_that_is_not_defined_is_named() {
        let complaints = broken(functions, |object| drop(object.strong.remove(0)));
        assert_eq!(complaints, ["ios-arm64: _uniffi_phonelm_sdk_fn_clone_model is declared and not defined"]);
        let mut shipped = good();
        shipped.xcframework.set("ios-arm64/PhoneLMFFI.framework/Headers/PhoneLMFFI.h", "typedef int other;");
        assert!(functions(&shipped)[0].contains("declares no function"));
    }

    #[test]
    fn declarations_are_found_in_c() {
        let header = "typedef void (*UniffiCallback)(uint64_t);\n#define UNIFFI_FFIDEF_A\n\
            RustBuffer uniffi_phonelm_sdk_fn_func_plan(RustBuffer source, RustCallStatus *_Nonnull out_status\n);\n\
            void*_Nonnull ffi_phonelm_sdk_rust_future(void\n);\n";
        let names: Vec<String> = declared(header).into_iter().collect();
        assert_eq!(names, ["_ffi_phonelm_sdk_rust_future", "_uniffi_phonelm_sdk_fn_func_plan"]);
    }

    #[test]
    fn another_visible_symbol_is_named() {
        for symbol in ["_rust_eh_personality", "_uniffi_other_fn", "__RNvCs_4core"] {
            let complaints = broken(visible, |object| object.strong.push(symbol.into()));
            assert_eq!(complaints, [format!("ios-arm64: phonelm-0.o: shows 1, of the kind of {symbol}")]);
        }
        let complaints = broken(visible, |object| object.strong.retain(|symbol| symbol != PERSONALITY));
        assert_eq!(complaints, [format!("ios-arm64: does not show {PERSONALITY}")]);
    }

    #[test]
    fn two_definitions_of_a_symbol_are_named() {
        let complaints = broken(duplicates, |object| object.strong.push("_ffi_phonelm_sdk_free".into()));
        assert_eq!(complaints, ["ios-arm64: _ffi_phonelm_sdk_free: 2 times"]);
    }

    #[test]
    fn a_call_of_something_unknown_is_named() {
        for symbol in ["_objc_msgSend", "_MTLCopyAllDevices"] {
            let complaints = broken(undefined, |object| object.undefined.push(symbol.into()));
            assert!(complaints.len() == 1 && complaints[0].contains(symbol), "{complaints:?}");
        }
        let own = broken(undefined, |object| object.undefined.push("_ffi_phonelm_sdk_free".into()));
        assert_eq!(own, [""; 0]);
    }

    #[test]
    fn frameworks_that_are_not_linked_or_linked_for_nothing_are_named() {
        let mut shipped = good();
        shipped.package.set("Package.swift", "[]");
        assert_eq!(linked(&shipped), ["Package.swift: does not link Metal, which holds _MTLCreateSystemDefaultDevice"]);
        let mut shipped = good();
        shipped.libraries.iter_mut().for_each(|(_, objects)| objects[0].undefined.clear());
        assert_eq!(linked(&shipped), ["Package.swift: links Metal, of which nothing is called"]);
        shipped.libraries[2].1[0].undefined.push("_MTLCopyAllDevices".into());
        assert_eq!(linked(&shipped), [""; 0]);
    }
}
