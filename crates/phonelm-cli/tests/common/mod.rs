//! Runs the built program on the golden folders and judges how it ended.

#![allow(dead_code, reason = "each test file uses a part")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A folder for one test, and the program running in it.
pub(crate) struct Place(TempDir);

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Names of everything in the folder, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The golden model `name` as `name.gguf`.
    pub(crate) fn convert(&self, name: &str, ty: &str) -> PathBuf {
        let out = self.path(&format!("{name}.gguf"));
        let (folder, file) = (golden(name), out.clone());
        self.succeeds(&["convert", folder.to_str().unwrap(), "-o", file.to_str().unwrap(), "--type", ty]);
        out
    }

    /// A copy of the golden folder `name`.
    pub(crate) fn copy(&self, name: &str) -> PathBuf {
        let copy = self.path(name);
        std::fs::create_dir(&copy).unwrap();
        for entry in std::fs::read_dir(golden(name)).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
        copy
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_phonelm"));
        command.current_dir(self.0.path()).args(args).env_remove("PHONELM_LOG").env_remove("PHONELM_KERNELS");
        command
    }

    /// Runs the program with nothing to read.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        ended(self.command(args).stdin(Stdio::null()).output().unwrap())
    }

    /// Runs the program with `input` on a pipe.
    pub(crate) fn pipe(&self, args: &[&str], input: &[u8]) -> Ended {
        let mut command = self.command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The program may refuse before it has read everything.
        let _ = child.stdin.take().unwrap().write_all(input);
        ended(child.wait_with_output().unwrap())
    }

    /// Runs a command that must end well, and returns its output.
    pub(crate) fn succeeds(&self, args: &[&str]) -> String {
        let ended = self.run(args);
        assert_eq!(ended.code, Some(0), "{args:?}: {}", ended.stderr);
        ended.stdout
    }

    /// Runs a command that must fail, and returns the one line that says why.
    pub(crate) fn fails(&self, args: &[&str]) -> String {
        refusal(&self.run(args))
    }
}

/// The line on stderr of a run that failed as it should: code 1, one line, no panic.
pub(crate) fn refusal(ended: &Ended) -> String {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(!ended.stderr.contains("panicked"), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    let line = ended.stderr.trim_end();
    assert!(line.starts_with("phonelm: ") && line.len() > "phonelm: ".len(), "{line}");
    line.to_owned()
}

/// The golden model folder `name`.
pub(crate) fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/models").join(name)
}

/// Replaces the only occurrence of `from` in the file by `to`, which is as long.
pub(crate) fn patch(path: &Path, from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let mut bytes = std::fs::read(path).unwrap();
    let at: Vec<usize> = (0..bytes.len() - from.len()).filter(|&i| bytes[i..].starts_with(from)).collect();
    assert_eq!(at.len(), 1, "occurrences of {:?}", String::from_utf8_lossy(from));
    bytes[at[0]..at[0] + to.len()].copy_from_slice(to);
    std::fs::write(path, bytes).unwrap();
}

/// Shape and values of a .npy file of f32.
pub(crate) fn read_npy(path: &Path) -> (String, Vec<f32>) {
    let bytes = std::fs::read(path).unwrap();
    assert!(bytes.starts_with(b"\x93NUMPY\x01\x00"));
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]])) + 10;
    assert_eq!(header % 64, 0);
    let text = String::from_utf8(bytes[10..header].to_vec()).unwrap();
    assert!(text.contains("'descr': '<f4'") && text.contains("'fortran_order': False"), "{text}");
    let shape = text.split("'shape': ").nth(1).unwrap().split(", }").next().unwrap().to_owned();
    (shape, bytes[header..].as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
}

fn ended(output: Output) -> Ended {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}
