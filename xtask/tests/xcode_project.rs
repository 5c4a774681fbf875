//! The Xcode project of samples/ios, which is written by hand and which no Xcode has opened here: it can be parsed, holds
//! together, and names what is there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use plist::{Dictionary, Value};

fn sample() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../samples/ios")
}

fn text() -> String {
    fs::read_to_string(sample().join("PhoneLMSample.xcodeproj/project.pbxproj")).unwrap()
}

struct Project {
    root: String,
    objects: Dictionary,
}

impl Project {
    fn read() -> Self {
        let value = Value::from_reader_ascii(text().as_bytes()).unwrap();
        let file = value.as_dictionary().unwrap();
        assert_eq!(file["archiveVersion"].as_signed_integer(), Some(1));
        assert_eq!(file["objectVersion"].as_signed_integer(), Some(77), "folders as groups came with Xcode 16");
        Self {
            root: file["rootObject"].as_string().unwrap().into(),
            objects: file["objects"].as_dictionary().unwrap().clone(),
        }
    }

    fn object(&self, id: &str) -> &Dictionary {
        self.objects.get(id).unwrap_or_else(|| panic!("no object {id}")).as_dictionary().unwrap()
    }

    /// All objects of a kind.
    fn of_kind(&self, isa: &str) -> Vec<&Dictionary> {
        let objects = self.objects.values().map(|object| object.as_dictionary().unwrap());
        objects.filter(|object| object["isa"].as_string() == Some(isa)).collect()
    }

    /// What an object names, in all depths of its values.
    fn references(&self, value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) if self.objects.contains_key(text) => found.push(text.clone()),
            Value::Array(values) => values.iter().for_each(|value| self.references(value, found)),
            Value::Dictionary(values) => values.values().for_each(|value| self.references(value, found)),
            _ => {}
        }
    }
}

#[test]
fn every_statement_ends() {
    let mut open = Vec::new();
    for (number, line) in text().lines().map(str::trim).enumerate() {
        let place = number + 1;
        match line {
            line if line.starts_with("//") => {}
            "}" | "};" => assert!(open.pop().is_some(), "line {place} closes nothing"),
            line if line.ends_with('{') => open.push(place),
            line => assert!(line.ends_with(';') && line.contains(" = "), "line {place}: {line}"),
        }
    }
    assert!(open.is_empty(), "lines {open:?} are not closed");
}

#[test]
fn every_object_is_reached_and_every_identifier_known() {
    let project = Project::read();
    let (mut reached, mut next) = (BTreeSet::new(), vec![project.root.clone()]);
    while let Some(id) = next.pop() {
        if reached.insert(id.clone()) {
            project.references(&Value::Dictionary(project.object(&id).clone()), &mut next);
        }
    }
    assert_eq!(reached, project.objects.keys().cloned().collect());
    let is_id = |word: &&str| word.len() == 24 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let text = text();
    for id in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_id) {
        assert!(project.objects.contains_key(id), "{id} is named and not there");
    }
}

#[test]
fn files_and_the_package_are_there() {
    let project = Project::read();
    let path = |object: &Dictionary, key: &str| sample().join(object[key].as_string().unwrap());
    let folders = project.of_kind("PBXFileSystemSynchronizedRootGroup");
    assert!(folders.iter().all(|folder| path(folder, "path").is_dir()) && folders.len() == 1);
    let of_sources = |file: &&&Dictionary| file["sourceTree"].as_string() == Some("SOURCE_ROOT");
    let files = project.of_kind("PBXFileReference");
    let files: Vec<_> = files.iter().filter(of_sources).map(|file| path(file, "path")).collect();
    assert!(files.iter().all(|file| file.is_file()), "{files:?}");
    assert!(files.iter().any(|file| file.ends_with("phonelm-tiny.gguf")));
    let packages = project.of_kind("XCLocalSwiftPackageReference");
    let manifest = fs::read_to_string(path(packages[0], "relativePath").join("Package.swift")).unwrap();
    for product in project.of_kind("XCSwiftPackageProductDependency") {
        let name = product["productName"].as_string().unwrap();
        assert!(manifest.contains(&format!(".library(name: \"{name}\"")), "the package has no product {name}");
    }
}

#[test]
fn the_app_is_built_as_the_package_is() {
    let project = Project::read();
    let manifest = fs::read_to_string(sample().join("Package.swift")).unwrap();
    let configurations = project.of_kind("XCBuildConfiguration");
    assert_eq!(configurations.len(), 4, "the project's two and the target's two");
    let settings = |key: &str| -> Vec<String> {
        let settings = configurations.iter().map(|one| one["buildSettings"].as_dictionary().unwrap());
        settings.filter_map(|settings| settings.get(key)?.as_string().map(str::to_owned)).collect()
    };
    assert_eq!(settings("SWIFT_VERSION"), ["6.0", "6.0"]);
    let systems = settings("IPHONEOS_DEPLOYMENT_TARGET");
    assert_eq!(systems, ["17.0", "17.0"]);
    assert!(manifest.contains(".iOS(.v17)"));
    assert_eq!(settings("GENERATE_INFOPLIST_FILE"), ["YES", "YES"]);
}
