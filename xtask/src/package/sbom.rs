//! The bill of materials of a package: what of others' is in it and what it needs, in CycloneDX 1.6
//! (<https://cyclonedx.org/docs/1.6/json/>), for whoever has to answer for an app that holds it.
//!
//! It names no time and no serial number, so that building twice gives the same bytes.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::linked::Crate;
use super::maven::{Dependency, VERSION};

/// The file beside a package, after its name and version; Maven's tools know this one.
pub(crate) const CLASSIFIER: &str = "-cyclonedx.json";

/// The bill of a package of ours that holds these crates and needs these artefacts. `purl` is its address
/// (<https://github.com/package-url/purl-spec>).
pub(crate) fn bill(name: &str, purl: &str, crates: &[Crate], needs: &[Dependency<'_>]) -> Result<Vec<u8>> {
    let parts: Vec<Value> = crates.iter().map(of_crate).chain(needs.iter().map(of_dependency)).collect();
    let references: Vec<&Value> = parts.iter().map(|part| &part["bom-ref"]).collect();
    let bill = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": purl,
                "name": name,
                "version": VERSION,
                "licenses": [{ "license": { "id": "Apache-2.0" } }],
                "purl": purl,
            },
        },
        "components": parts,
        "dependencies": [{ "ref": purl, "dependsOn": references }],
    });
    let mut text = serde_json::to_vec_pretty(&bill).context("cannot write a bill of materials")?;
    text.push(b'\n');
    Ok(text)
}

/// A crate, whose code is inside.
fn of_crate(part: &Crate) -> Value {
    let Crate { name, version, licence, repository, .. } = part;
    // A plus in a version stands for itself in an address only when it is escaped.
    let purl = format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"));
    let mut part = json!({
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "licenses": [{ "expression": licence }],
        "purl": purl,
    });
    if !repository.is_empty() {
        part["externalReferences"] = json!([{ "type": "vcs", "url": repository }]);
    }
    part
}

/// An artefact that an app's build fetches along; its own pom tells its licence.
fn of_dependency(need: &Dependency<'_>) -> Value {
    let Dependency { group, artifact, version, kind, .. } = need;
    let purl = format!("pkg:maven/{group}/{artifact}@{version}?type={kind}");
    json!({ "type": "library", "bom-ref": purl, "group": group, "name": artifact, "version": version, "purl": purl })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::linked::crates;

    #[test]
    fn a_bill_names_every_part_once_with_its_licence() {
        let crates = crates(&["aarch64-linux-android"], &["--features", "gpu"]).unwrap();
        let needs = [Dependency::runtime("net.java.dev.jna", "jna", "5")];
        let bill: Value =
            serde_json::from_slice(&bill("phonelm", "pkg:maven/io.phonelm/phonelm@0.1.0", &crates, &needs).unwrap())
                .unwrap();
        let parts = bill["components"].as_array().unwrap();
        assert_eq!(parts.len(), crates.len() + 1);
        let references: std::collections::BTreeSet<&str> =
            parts.iter().map(|part| part["bom-ref"].as_str().unwrap()).collect();
        assert_eq!(references.len(), parts.len());
        assert_eq!(bill["dependencies"][0]["dependsOn"].as_array().unwrap().len(), parts.len());
        let wgpu = parts.iter().find(|part| part["name"] == "wgpu").unwrap();
        assert_eq!(wgpu["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(parts.last().unwrap()["purl"], "pkg:maven/net.java.dev.jna/jna@5?type=jar");
    }
}
