//! Starting other programs: printed before they run, checked after.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let xtask = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().map_or_else(|| xtask.clone(), PathBuf::from)
}

/// Where cargo puts what it builds: `CARGO_TARGET_DIR`, or `target` in the root.
pub(crate) fn target_dir() -> PathBuf {
    let dir = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    root().join(dir)
}

/// Where cargo keeps what only it reads, if not in [`target_dir`].
pub(crate) const PARTS: &str = "CARGO_BUILD_BUILD_DIR";

/// Lets cargo build into a folder of [`target_dir`], beside other builds that hold that one.
pub(crate) fn build_in<'a>(folder: &str, cargo: &'a mut Command) -> &'a mut Command {
    if std::env::var_os(PARTS).is_some() {
        cargo.env(PARTS, parts_dir(folder));
    }
    cargo.env("CARGO_TARGET_DIR", target_dir().join(folder))
}

/// Where [`build_in`] keeps what only cargo reads. What its calls name belongs there too: they are the same from any clone,
/// and so is what cargo has made by them.
pub(crate) fn parts_dir(folder: &str) -> PathBuf {
    std::env::var_os(PARTS).map_or_else(target_dir, PathBuf::from).join(folder)
}

/// Where large things that outlive a clone are kept: `phonelm` in `XDG_CACHE_HOME`, or in `~/.cache`.
pub(crate) fn cache_dir() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
    cache.map_or_else(|| target_dir().join("cache"), |cache| cache.join("phonelm"))
}

/// A program that will run in the repository's root.
pub(crate) fn command<S: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(root());
    command
}

/// The cargo that runs this program, so that a toolchain chosen with `cargo +name` stays chosen.
pub(crate) fn cargo(args: &[&str]) -> Command {
    command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()), args)
}

/// Builds the library, the generator of bindings and the program, and returns the folder that they are in. They are built
/// as for `cargo test`, whose features reach further, so that nothing is compiled a second time.
pub(crate) fn build_for_suites() -> Result<PathBuf> {
    check(&mut cargo(&["build", "--workspace", "--lib", "--bins", "--tests"]))?;
    Ok(target_dir().join("debug"))
}

/// Runs a program with its output on ours; an exit code other than 0 is an error.
pub(crate) fn check(command: &mut Command) -> Result<()> {
    let shown = announce(command);
    let status = command.status().with_context(|| format!("cannot start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

/// Runs a program, hands each line of its standard output to `line` and prints it; true if it exits with 0.
pub(crate) fn check_lines(command: &mut Command, line: impl FnMut(&str)) -> Result<bool> {
    let shown = announce(command);
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start `{shown}`"))?;
    let output = child.stdout.take().with_context(|| format!("`{shown}` has no output"))?;
    read_lines(output, line).with_context(|| format!("cannot read what `{shown}` prints"))?;
    Ok(child.wait().with_context(|| format!("lost `{shown}`"))?.success())
}

/// The same with the lines of its standard error among them.
pub(crate) fn check_all_lines(mut command: Command, line: impl FnMut(&str)) -> Result<bool> {
    let shown = announce(&command);
    let (output, writer) = io::pipe().context("the system gives no pipe")?;
    command.stdout(writer.try_clone().context("the system gives no pipe")?).stderr(writer);
    let mut child = command.spawn().with_context(|| format!("cannot start `{shown}`"))?;
    // The lines end when nobody can write any more.
    drop(command);
    read_lines(output, line).with_context(|| format!("cannot read what `{shown}` prints"))?;
    Ok(child.wait().with_context(|| format!("lost `{shown}`"))?.success())
}

fn read_lines(output: impl Read, mut line: impl FnMut(&str)) -> io::Result<()> {
    for bytes in BufReader::new(output).split(b'\n') {
        let bytes = bytes?;
        let text = String::from_utf8_lossy(&bytes);
        println!("{text}");
        line(&text);
    }
    Ok(())
}

/// What a program prints, or `None` if it is missing or fails.
pub(crate) fn output(program: &str, args: &[&str]) -> Option<String> {
    let output = command(program, args).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A command as a person would type it.
pub(crate) fn display(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

fn announce(command: &Command) -> String {
    let shown = display(command);
    println!("$ {shown}");
    shown
}
