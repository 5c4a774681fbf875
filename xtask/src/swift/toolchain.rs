//! Swift 6: the one on the path, or one that `cargo xtask setup --swift` puts beside Debian 12, which has none.
//!
//! That one is Debian 13 with its Swift in a folder of the cache, entered with chroot. Only what lies in
//! [`Toolchain::work_dir`] can be seen from inside. /proc is mounted in a namespace of the program that runs, so that no
//! mount is left behind.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::files::remove_folder;
use crate::process::{cache_dir, check, command, output, target_dir};

const RELEASE: &str = "trixie";
const MIRROR: &str = "http://deb.debian.org/debian";
/// Swift, what it links with, and git, which its package manager asks for.
const PACKAGES: &str = "ca-certificates,git,libc6-dev,libstdc++-14-dev,swiftlang";
/// Where work is done inside the chroot.
const INSIDE: &str = "/phonelm";
/// Seconds after which a program counts as hung.
const LIMIT: &str = "280";

/// A Swift 6 that runs here.
pub(crate) enum Toolchain {
    OnPath,
    Chroot(PathBuf),
}

impl Toolchain {
    pub(crate) fn find() -> Option<Self> {
        if output("swift", &["--version"]).is_some_and(|text| text.contains("Swift version 6.")) {
            return Some(Self::OnPath);
        }
        let root = chroot();
        (is_root() && root.is_dir()).then_some(Self::Chroot(root))
    }

    /// A folder to work in that [`Self::command`] can see.
    pub(crate) fn work_dir(&self) -> PathBuf {
        match self {
            Self::OnPath => target_dir().join("swift"),
            Self::Chroot(root) => root.join(&INSIDE[1..]),
        }
    }

    /// What a path below [`Self::work_dir`] is called by a program that [`Self::command`] starts.
    pub(crate) fn path(&self, below_work_dir: &str) -> String {
        match self {
            Self::OnPath => self.work_dir().join(below_work_dir).display().to_string(),
            Self::Chroot(_) => format!("{INSIDE}/{below_work_dir}"),
        }
    }

    /// The program that renders documentation; Debian keeps it off the path.
    pub(crate) fn docc(&self) -> &'static str {
        match self {
            Self::OnPath => "docc",
            Self::Chroot(_) => "/usr/libexec/swift/bin/docc",
        }
    }

    /// A program of the toolchain that will run in a folder of [`Self::work_dir`], and not for ever.
    pub(crate) fn command(&self, folder: &str, program: &str) -> Command {
        match self {
            Self::OnPath => {
                let mut command = command("timeout", [LIMIT, program]);
                command.current_dir(self.work_dir().join(folder));
                command
            }
            Self::Chroot(root) => {
                let mut command = command("timeout", [LIMIT, "unshare", "--mount-proc"]);
                command.arg(format!("--root={}", root.display()));
                command.arg(format!("--wd={INSIDE}/{folder}")).arg(program);
                command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("HOME", INSIDE);
                command.env("LANG", "C.UTF-8").env("LD_LIBRARY_PATH", "/usr/libexec/swift/lib/swift/linux");
                command
            }
        }
    }
}

/// Makes the chroot, under a temporary name until it is complete: one that broke off is made anew.
pub(crate) fn install() -> Result<()> {
    let root = chroot();
    let unfinished = root.with_extension("unfinished");
    remove_folder(&unfinished)?;
    fs::create_dir_all(&unfinished).with_context(|| format!("cannot make {}", unfinished.display()))?;
    // In a namespace of its own, so that what debootstrap mounts goes even when it is killed.
    let mut debootstrap = command("unshare", ["--mount", "debootstrap", "--variant=minbase"]);
    check(debootstrap.arg(format!("--include={PACKAGES}")).arg(RELEASE).arg(&unfinished).arg(MIRROR))?;
    check(command("chroot", [&unfinished]).args(["apt-get", "clean"]))?;
    remove_folder(&unfinished.join("var/lib/apt/lists"))?;
    fs::rename(&unfinished, &root).with_context(|| format!("cannot name {}", root.display()))
}

/// Whether this machine can make a chroot with [`install`].
pub(crate) fn can_install() -> bool {
    is_root() && output("apt-get", &["--version"]).is_some()
}

fn chroot() -> PathBuf {
    cache_dir().join(format!("swift-{RELEASE}"))
}

fn is_root() -> bool {
    output("id", &["-u"]).is_some_and(|id| id.trim() == "0")
}
