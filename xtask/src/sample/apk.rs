//! The APK: classes shrunk by R8 with the rules that the archives bring, resources, native libraries aligned to 16 KB; signed
//! and verified.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::{Build, archives, check_quietly};
use crate::package::android::ABIS;
use crate::package::android::bionic::MIN_API;
use crate::package::archive::{self, Entry};
use crate::process::{check, command};
use crate::verify_aar::java_home;

/// Pages of Android 15 and later may be that large; a library is mapped where it lies in the APK.
const PAGE: u16 = 16 * 1024;
/// What the key is locked with; it proves nothing and is made for each build folder.
const PASSWORD: &str = "android";

/// Compiles, shrinks, packs, signs and checks.
pub(super) fn make(build: &Build) -> Result<()> {
    let path = build.file("classpath.txt");
    let mut maven = build.maven("pom.xml");
    maven.args(["--quiet", "compile", "dependency:build-classpath", "-DincludeScope=compile"]);
    check(maven.arg(format!("-Dmdep.outputFile={}", path.display())))?;
    let list = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let jars: Vec<PathBuf> = std::env::split_paths(list.trim()).collect();

    let shrunk = shrink(build, &jars)?;
    let mut entries = read(&build.file("resources.apk"))?;
    entries.extend(read(&shrunk)?.into_iter().filter(|entry| !is_for_compilers(&entry.name)));
    entries.extend(archives::libraries(&folders(build)?)?);

    let (unsigned, signed) = (build.file("unsigned.apk"), build.file("phonelm-sample.apk"));
    write(&unsigned, &pack(entries)?)?;
    sign(build, &unsigned, &signed)?;
    verify(&signed)
}

/// The archives as [`archives::unpack`] left them.
fn folders(build: &Build) -> Result<Vec<PathBuf>> {
    let unpacked = build.file("unpacked/app");
    let list = fs::read_dir(&unpacked).with_context(|| format!("cannot list {}", unpacked.display()))?;
    let mut folders = list.map(|item| Ok(item?.path())).collect::<Result<Vec<_>>>()?;
    folders.sort();
    Ok(folders)
}

/// Lets R8 drop what the app does not use; returns a zip of classes.dex and of the files that the jars hold beside classes.
fn shrink(build: &Build, jars: &[PathBuf]) -> Result<PathBuf> {
    let is_android = |jar: &&PathBuf| file_name(jar).starts_with("android-all-");
    let android = jars.iter().find(is_android).context("pom.xml names no android-all")?;
    let classes = build.file("classes.jar");
    write(&classes, &archive::zip(archive::folder(&build.file("maven/classes"))?)?)?;
    let output = build.file("shrunk.zip");
    let mut r8 = command("java", ["-Xmx3g", "--class-path"]);
    r8.arg(build.file("android/r8.jar")).args(["com.android.tools.r8.R8", "--release"]);
    r8.args(["--min-api", &MIN_API.to_string(), "--lib"]).arg(android).arg("--lib").arg(java_home()?);
    r8.arg("--pg-map-output").arg(build.file("mapping.txt")).arg("--output").arg(&output);
    r8.arg("--pg-conf").arg(build.file("aapt.pro"));
    for rules in folders(build)?.iter().map(|folder| folder.join("proguard.txt")).filter(|rules| rules.is_file()) {
        r8.arg("--pg-conf").arg(rules);
    }
    check(r8.arg(classes).args(jars.iter().filter(|jar| !is_android(jar))))?;
    Ok(output)
}

/// What only compilers and people read.
fn is_for_compilers(name: &str) -> bool {
    let is_licence = name.starts_with("META-INF/") && !name.starts_with("META-INF/services/");
    is_licence || name.ends_with(".kotlin_builtins") || name.ends_with(".java") || name.starts_with("com/sun/jna/")
}

/// An APK that is not signed yet: what Android maps lies uncompressed at the start of a page, all else is compressed.
fn pack(mut entries: Vec<Entry>) -> Result<Vec<u8>> {
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    entries.dedup_by(|later, first| later.name == first.name);
    let plain = SimpleFileOptions::default().last_modified_time(DateTime::default()).unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in &entries {
        let options = match entry.name.as_str() {
            name if is_library(name) => plain.compression_method(CompressionMethod::Stored).with_alignment(PAGE),
            "resources.arsc" => plain.compression_method(CompressionMethod::Stored).with_alignment(4),
            _ => plain.compression_method(CompressionMethod::Deflated),
        };
        writer.start_file(&entry.name, options).with_context(|| format!("cannot add {}", entry.name))?;
        writer.write_all(&entry.bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

fn is_library(name: &str) -> bool {
    name.starts_with("lib/") && name.ends_with(".so")
}

fn sign(build: &Build, unsigned: &Path, signed: &Path) -> Result<()> {
    let key = build.file("debug.p12");
    if !key.is_file() {
        let mut keytool =
            command("keytool", ["-genkeypair", "-alias", "debug", "-dname", "CN=debug", "-keyalg", "RSA"]);
        keytool.args(["-validity", "10000", "-storetype", "PKCS12", "-storepass", PASSWORD, "-keystore"]).arg(&key);
        check_quietly(&mut keytool)?;
    }
    let mut sign = command("apksigner", ["sign", "--ks-pass", &format!("pass:{PASSWORD}"), "--ks"]);
    sign.arg(key).args(["--min-sdk-version", &MIN_API.to_string(), "--out"]).arg(signed).arg(unsigned);
    check_quietly(&mut sign)
}

/// What a phone would refuse, or load slowly.
fn verify(apk: &Path) -> Result<()> {
    let mut verify = command("apksigner", ["verify", "--verbose", "--min-sdk-version", &MIN_API.to_string()]);
    check(verify.arg(apk))?;
    let bytes = fs::read(apk).with_context(|| format!("cannot read {}", apk.display()))?;
    let wrong = wrong_entries(&bytes)?;
    ensure!(wrong.is_empty(), "{}: {}", apk.display(), wrong.join("; "));
    println!("sample: {} has {} bytes, its libraries at pages of {PAGE} bytes", apk.display(), bytes.len());
    Ok(())
}

fn wrong_entries(apk: &[u8]) -> Result<Vec<String>> {
    let mut archive = ZipArchive::new(Cursor::new(apk))?;
    let mut wrong = Vec::new();
    let libraries = ABIS.iter().map(|abi| format!("lib/{}/libphonelm.so", abi.name));
    let expected: Vec<String> = ["AndroidManifest.xml", "classes.dex", "resources.arsc"]
        .map(str::to_owned)
        .into_iter()
        .chain(libraries)
        .collect();
    wrong.extend(
        expected.iter().filter(|name| archive.index_for_name(name).is_none()).map(|name| format!("{name} is missing")),
    );
    for index in 0..archive.len() {
        let file = archive.by_index(index)?;
        let name = file.name()?.into_owned();
        let start = file.data_start().with_context(|| format!("{name} begins nowhere"))?;
        if is_library(&name) && (file.compression() != CompressionMethod::Stored || start % u64::from(PAGE) != 0) {
            wrong.push(format!("{name} does not lie at a page's start: it begins at byte {start}"));
        }
    }
    Ok(wrong)
}

fn read(path: &Path) -> Result<Vec<Entry>> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    archive::unzip(&bytes).with_context(|| format!("{} is no archive", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_lie_at_pages_and_what_is_missing_is_named() {
        let library = |abi: &str| Entry::new(format!("lib/{abi}/libphonelm.so"), vec![1; 5000]);
        let more =
            ["AndroidManifest.xml", "resources.arsc", "classes.dex", "res/a.xml"].map(|name| Entry::new(name, "text"));
        let entries: Vec<Entry> = more.into_iter().chain([library("x86_64"), library("arm64-v8a")]).collect();
        assert_eq!(wrong_entries(&pack(entries.clone()).unwrap()).unwrap(), [""; 0]);
        let compressed = archive::zip(entries[1..].to_vec()).unwrap();
        let wrong = wrong_entries(&compressed).unwrap();
        assert!(wrong.len() == 3 && wrong[0].starts_with("AndroidManifest.xml"), "{wrong:?}");
    }
}
