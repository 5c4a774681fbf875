//! The Swift package: `dist/swift/PhoneLM` with the XCFramework inside, and the zip of the XCFramework for releases.
//!
//! A release names the zip by its address and checksum instead, so that a git tag holds no binaries: `--url`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::files::remove_folder;
use crate::package::archive;
use crate::package::border::{self, Generator};
use crate::package::maven::{VERSION, hex};
use crate::package::{apple, licences, linked, sbom, xcframework};
use crate::process::root;
use crate::swift::layout;

/// What is written into `dist/swift`: the package, its bill of materials, the zip and its checksum.
pub(crate) const PACKAGE: &str = "PhoneLM";
pub(crate) const ZIP: &str = "PhoneLMFFI.xcframework.zip";
pub(crate) const CHECKSUM: &str = "PhoneLMFFI.xcframework.zip.checksum";

/// How `swift-package/Package.swift` names the XCFramework.
const BY_PATH: &str = r#".binaryTarget(name: "PhoneLMFFI", path: "PhoneLMFFI.xcframework")"#;

/// Where all of it goes.
pub(crate) fn dist() -> PathBuf {
    root().join("dist/swift")
}

/// Builds everything; with a `url` the package names the zip there instead of holding the XCFramework.
pub(crate) fn run(url: Option<&str>, generator: fn() -> Result<Generator>) -> Result<()> {
    let (generator, libraries) = border::beside(generator, apple::build)?;
    let bindings = layout::generate(&generator.border(libraries[0].built.clone()))?;
    let framework = xcframework::entries(&read(&bindings.join("PhoneLMFFI.h"))?, &libraries)?;

    let dist = dist();
    remove_folder(&dist)?;
    let package = dist.join(PACKAGE);
    layout::lay_out(&package, &bindings)?;
    write(&package.join("README.md"), &read(&root().join("swift-package/PACKAGE.md"))?)?;
    write(&package.join("LICENSE"), &read(&root().join("LICENSE"))?)?;
    let targets: Vec<&str> = apple::SLICES.iter().map(|slice| slice.target).collect();
    let crates = linked::crates(&targets, &apple::FEATURES)?;
    write(&package.join("THIRD-PARTY.txt"), licences::third_party(&crates)?.as_bytes())?;
    let zip = archive::zip(framework.iter().map(|entry| entry.inside(xcframework::FOLDER)).collect())?;
    let checksum = checksum(&zip);
    match url {
        Some(url) => {
            let manifest = package.join("Package.swift");
            let by_path = String::from_utf8(read(&manifest)?).context("Package.swift is no text")?;
            write(&manifest, by_url(&by_path, url, &checksum)?.as_bytes())?;
        }
        None => archive::unpack(&package.join(xcframework::FOLDER), &framework)?,
    }
    write(&dist.join(format!("{PACKAGE}{}", sbom::CLASSIFIER)), &sbom::bill(PACKAGE, &purl(), &crates, &[])?)?;
    write(&dist.join(ZIP), &zip)?;
    write(&dist.join(CHECKSUM), format!("{checksum}\n").as_bytes())?;
    println!("package: {}: {PACKAGE}, {ZIP} of {:.2} MB", dist.display(), zip.len() as f64 / 1e6);
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// The package's address in a bill of materials.
fn purl() -> String {
    let repository = env!("CARGO_PKG_REPOSITORY").trim_start_matches("https://");
    format!("pkg:swift/{repository}@{VERSION}")
}

/// SHA-256, as `swift package compute-checksum` prints it.
pub(crate) fn checksum(zip: &[u8]) -> String {
    hex(&Sha256::digest(zip))
}

/// The manifest with the XCFramework's address in place of its path.
fn by_url(manifest: &str, url: &str, checksum: &str) -> Result<String> {
    let places = manifest.matches(BY_PATH).count();
    ensure!(places == 1, "swift-package/Package.swift has {places} places that read {BY_PATH}; one is needed");
    ensure!(url.starts_with("https://") && url.ends_with(".zip"), "`{url}` is no https:// address of a zip");
    let name = xcframework::MODULE;
    Ok(manifest.replace(BY_PATH, &format!(r#".binaryTarget(name: "{name}", url: "{url}", checksum: "{checksum}")"#)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_names_the_zip_by_address_and_checksum() {
        let manifest = format!("let engine = Target{BY_PATH}\n");
        let url = "https://example.org/PhoneLMFFI.xcframework.zip";
        let released = by_url(&manifest, url, "abc").unwrap();
        assert_eq!(
            released,
            format!("let engine = Target.binaryTarget(name: \"PhoneLMFFI\", url: \"{url}\", checksum: \"abc\")\n")
        );
        assert!(by_url("let engine = 1\n", url, "abc").is_err());
        assert!(by_url(&manifest, "http://example.org/a.zip", "abc").is_err());
    }

    #[test]
    fn the_manifest_has_one_place_for_the_address() {
        let manifest = fs::read_to_string(root().join("swift-package/Package.swift")).unwrap();
        assert_eq!(manifest.matches(BY_PATH).count(), 1);
    }

    #[test]
    fn a_checksum_is_sha_256() {
        assert_eq!(checksum(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
