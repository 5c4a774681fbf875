//! A Maven repository as a folder, which Gradle and Maven take as it is: poms, archives, checksums, metadata.
//!
//! No time of day is written, so the same input gives the same bytes.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::linked::Crate;
use super::sbom;
use crate::files::remove_folder;

/// The group of all our artefacts.
pub(crate) const GROUP: &str = "io.phonelm";
/// The version of all our artefacts.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a pom says.
pub(crate) struct Artifact<'a> {
    /// The artifactId.
    pub(crate) name: &'a str,
    /// `jar` or `aar`.
    pub(crate) packaging: &'a str,
    /// One sentence for people.
    pub(crate) description: &'a str,
    pub(crate) dependencies: &'a [Dependency<'a>],
    /// Whose code is in its native libraries.
    pub(crate) crates: &'a [Crate],
}

/// What an artefact needs.
pub(crate) struct Dependency<'a> {
    pub(crate) group: &'a str,
    pub(crate) artifact: &'a str,
    pub(crate) version: &'a str,
    /// `jar`, or `aar` where the classes come with Android libraries.
    pub(crate) kind: &'a str,
    /// `compile` if its types are in our signatures, else `runtime`.
    pub(crate) scope: &'a str,
}

impl<'a> Dependency<'a> {
    /// A jar whose types are in our signatures.
    pub(crate) fn compile(group: &'a str, artifact: &'a str, version: &'a str) -> Self {
        Self { group, artifact, version, kind: "jar", scope: "compile" }
    }

    /// A jar that is only needed to run.
    pub(crate) fn runtime(group: &'a str, artifact: &'a str, version: &'a str) -> Self {
        Self { scope: "runtime", ..Self::compile(group, artifact, version) }
    }

    /// Another artefact of ours.
    pub(crate) fn ours(artifact: &'a str) -> Self {
        Self::compile(GROUP, artifact, VERSION)
    }
}

/// The repository folder.
pub(crate) struct Repository {
    root: PathBuf,
}

impl Repository {
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder of an artefact, in which each version has one.
    pub(crate) fn folder(&self, artifact: &str) -> PathBuf {
        self.root.join(GROUP.replace('.', "/")).join(artifact)
    }

    /// Writes an artefact in place of every earlier version of it. A file is its bytes and what follows the version in its
    /// name: `.jar`, `-sources.jar`, `-javadoc.jar`; the pom and the bill of materials come along. Returns the folder of the
    /// version.
    pub(crate) fn publish(&self, artifact: &Artifact<'_>, files: &[(&str, &[u8])]) -> Result<PathBuf> {
        let folder = self.folder(artifact.name);
        remove_folder(&folder)?;
        let versioned = folder.join(VERSION);
        fs::create_dir_all(&versioned).with_context(|| format!("cannot make {}", versioned.display()))?;
        let pom = pom(artifact);
        let purl = format!("pkg:maven/{GROUP}/{}@{VERSION}", artifact.name);
        let bill = sbom::bill(artifact.name, &purl, artifact.crates, artifact.dependencies)?;
        for (end, bytes) in files.iter().copied().chain([(".pom", pom.as_bytes()), (sbom::CLASSIFIER, &bill)]) {
            write_with_checksums(&versioned.join(format!("{}-{VERSION}{end}", artifact.name)), bytes)?;
        }
        write_with_checksums(&folder.join("maven-metadata.xml"), metadata(artifact.name).as_bytes())?;
        Ok(versioned)
    }
}

fn write_with_checksums(path: &Path, bytes: &[u8]) -> Result<()> {
    let write =
        |path: &Path, bytes: &[u8]| fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()));
    write(path, bytes)?;
    let sums = [
        ("md5", hex(&Md5::digest(bytes))),
        ("sha1", hex(&Sha1::digest(bytes))),
        ("sha256", hex(&Sha256::digest(bytes))),
    ];
    for (end, sum) in sums {
        let name = format!("{}.{end}", path.file_name().unwrap_or_default().to_string_lossy());
        write(&path.with_file_name(name), sum.as_bytes())?;
    }
    Ok(())
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn pom(artifact: &Artifact<'_>) -> String {
    let dependencies: String = artifact.dependencies.iter().map(dependency).collect();
    let Artifact { name, packaging, description, .. } = artifact;
    let url = env!("CARGO_PKG_REPOSITORY");
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://maven.apache.org/POM/4.0.0 http://maven.apache.org/xsd/maven-4.0.0.xsd">
  <modelVersion>4.0.0</modelVersion>
  <groupId>{GROUP}</groupId>
  <artifactId>{name}</artifactId>
  <version>{VERSION}</version>
  <packaging>{packaging}</packaging>
  <name>{name}</name>
  <description>{description}</description>
  <url>{url}</url>
  <licenses>
    <license>
      <name>Apache-2.0</name>
      <url>https://www.apache.org/licenses/LICENSE-2.0.txt</url>
    </license>
  </licenses>
  <developers>
    <developer>
      <name>PhoneLM developers</name>
    </developer>
  </developers>
  <scm>
    <connection>scm:git:{url}.git</connection>
    <url>{url}</url>
  </scm>
  <dependencies>
{dependencies}  </dependencies>
</project>
"#
    )
}

fn dependency(dependency: &Dependency<'_>) -> String {
    let Dependency { group, artifact, version, kind, scope } = dependency;
    format!(
        "    <dependency>
      <groupId>{group}</groupId>
      <artifactId>{artifact}</artifactId>
      <version>{version}</version>
      <type>{kind}</type>
      <scope>{scope}</scope>
    </dependency>
"
    )
}

fn metadata(name: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<metadata>
  <groupId>{GROUP}</groupId>
  <artifactId>{name}</artifactId>
  <versioning>
    <latest>{VERSION}</latest>
    <release>{VERSION}</release>
    <versions>
      <version>{VERSION}</version>
    </versions>
  </versioning>
</metadata>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artefact_replaces_its_earlier_version_and_has_its_checksums() {
        let dir = tempfile::tempdir().unwrap();
        let old = dir.path().join("io/phonelm/phonelm-core/0.0.1");
        fs::create_dir_all(&old).unwrap();
        let artifact = Artifact {
            name: "phonelm-core",
            packaging: "jar",
            description: "A test.",
            dependencies: &[Dependency::runtime("net.java.dev.jna", "jna", "5")],
            crates: &[],
        };
        let folder = Repository::new(dir.path()).publish(&artifact, &[(".jar", b"abc")]).unwrap();
        let read = |end: &str| fs::read_to_string(folder.join(format!("phonelm-core-{VERSION}{end}"))).unwrap();
        assert!(!old.exists());
        assert_eq!(read(".jar.md5"), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(read(".jar.sha1"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert!(read(".jar.sha256").starts_with("ba7816bf"));
        assert!(read(".pom").contains("<artifactId>jna</artifactId>"));
        assert!(read("-cyclonedx.json").contains("pkg:maven/net.java.dev.jna/jna@5"));
        assert!(folder.with_file_name("maven-metadata.xml.sha256").is_file());
    }
}
