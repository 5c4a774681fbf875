//! Installing what the tests need: Debian packages, rustup components, and for the arm suite a Rust library for arm64.
//!
//! The trap: `rustup target add` does not reach every mirror, so where it fails Debian's own rustc and its arm64 library
//! take its place (see [`crate::arm::compiler`]).

use anyhow::{Result, bail};
use clap::Args;

use crate::arm;
use crate::process::{check, command, display, output};
use crate::{gpu, kotlin, package, sample, swift, training};

/// What is installed beyond the needs of the ordinary suites.
#[derive(Args, Clone, Copy)]
pub(crate) struct Tools {
    /// Also the tools of the suites arm and instructions.
    #[arg(long)]
    pub(crate) arm: bool,
    /// Also a GPU in software, for the suite gpu.
    #[arg(long)]
    pub(crate) gpu: bool,
    /// Also the tools that build and check the packages.
    #[arg(long)]
    pub(crate) packages: bool,
    /// Also Swift 6 where there is none, 3 GB.
    #[arg(long)]
    pub(crate) swift: bool,
    /// Also PyTorch and what else the tests of training need, 7 GB.
    #[arg(long)]
    pub(crate) training: bool,
}

/// A C linker for Rust and git for `tidy`.
const BASE: &[&str] = &["gcc", "git", "libc6-dev"];
/// A JDK and Maven for the Kotlin suite.
const JVM: &[&str] = &["maven", "openjdk-17-jdk-headless"];
/// Cross linker, C library and emulator.
const ARM: &[&str] = &["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "qemu-user"];
/// Vulkan's loader, and drivers with lavapipe among them, which computes on the processor.
const VULKAN: &[&str] = &["libvulkan1", "mesa-vulkan-drivers"];
/// Debian's Rust with its library for arm64.
const ARM_RUSTC: &[&str] = &["rustc-web", "libstd-rust-web-dev:arm64"];

/// Installs what is missing and says what was there.
pub(crate) fn run(tools: Tools) -> Result<()> {
    if base_is_ready() {
        println!("setup: there already: a C linker, git");
    } else {
        apt_install(BASE)?;
    }
    if kotlin::is_ready() {
        println!("setup: there already: a JDK, Maven");
    } else {
        apt_install(JVM)?;
    }
    if tools.arm {
        arm_tools()?;
    }
    if tools.gpu {
        gpu_driver()?;
    }
    if tools.packages {
        package::suite::install()?;
        sample::install()?;
    }
    if tools.swift {
        swift_tools()?;
    }
    if tools.training {
        training::install()?;
    }
    Ok(())
}

fn base_is_ready() -> bool {
    output("cc", &["--version"]).is_some() && output("git", &["--version"]).is_some()
}

fn arm_tools() -> Result<()> {
    if arm::emulator_is_ready() {
        println!("setup: there already: {}", ARM.join(", "));
    } else {
        apt_install(ARM)?;
    }
    if let Some(compiler) = arm::compiler() {
        println!("setup: there already: {compiler} with {}", arm::TARGET);
        return Ok(());
    }
    if check(&mut command("rustup", ["target", "add", arm::TARGET])).is_err() {
        println!("setup: rustup cannot supply {}; taking Debian's rustc", arm::TARGET);
        as_root(&["dpkg", "--add-architecture", "arm64"])?;
        apt_install(ARM_RUSTC)?;
    }
    match arm::compiler() {
        Some(compiler) => println!("setup: installed: {compiler} with {}", arm::TARGET),
        None => bail!("no Rust library for {} could be installed", arm::TARGET),
    }
    Ok(())
}

/// A GPU, in software if there is none.
pub(crate) fn gpu_driver() -> Result<()> {
    if gpu::missing().is_none() {
        println!("setup: there already: a Vulkan driver");
        return Ok(());
    }
    apt_install(VULKAN)
}

fn swift_tools() -> Result<()> {
    if swift::missing().is_none() {
        println!("setup: there already: Swift 6");
        return Ok(());
    }
    if !swift::can_install() {
        bail!("Swift 6 can be installed by root on Debian only; elsewhere see https://www.swift.org/install");
    }
    apt_install(&["debootstrap"])?;
    swift::install()?;
    println!("setup: installed: Swift 6");
    Ok(())
}

/// Installs those Debian packages that are missing.
pub(crate) fn apt_install(packages: &[&str]) -> Result<()> {
    let missing: Vec<&str> = packages.iter().copied().filter(|package| !is_installed(package)).collect();
    for package in packages.iter().filter(|package| !missing.contains(package)) {
        println!("setup: there already: {package}");
    }
    if missing.is_empty() {
        return Ok(());
    }
    if output("apt-get", &["--version"]).is_none() {
        bail!("this machine has no apt-get; install what corresponds to these Debian packages: {}", missing.join(" "));
    }
    as_root(&["apt-get", "update", "--quiet"])?;
    let mut install = vec!["apt-get", "install", "--quiet", "--yes", "--no-install-recommends"];
    install.extend(&missing);
    as_root(&install)?;
    println!("setup: installed: {}", missing.join(", "));
    Ok(())
}

fn is_installed(package: &str) -> bool {
    output("dpkg-query", &["--show", "--showformat=${Status}", package])
        .is_some_and(|status| status.trim() == "install ok installed")
}

/// Runs a command as root, through sudo where we are somebody else.
fn as_root(words: &[&str]) -> Result<()> {
    let is_root = output("id", &["-u"]).is_some_and(|id| id.trim() == "0");
    let (program, args) = match words {
        [program, args @ ..] if is_root => (*program, args),
        _ => ("sudo", words),
    };
    let mut command = command(program, args);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    if program == "sudo" && output("sudo", &["--version"]).is_none() {
        bail!("this needs root and there is no sudo; run as root:\n  {}", words.join(" "));
    }
    check(&mut command).map_err(|error| error.context(format!("run it by hand: {}", display(&command))))
}
