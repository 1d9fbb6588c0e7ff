//! Rust, Node and npm: are they here, and new enough?

use anyhow::{Result, bail};

use crate::shell::{cargo, execute, program, read, succeeds};

/// What the web workspace and its tools need.
const NODE: Version = Version(20, 19);
const NPM: Version = Version(9, 0);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32);

/// Fails unless `rustc` is as new as the workspace asks for.
pub(crate) fn check_rust() -> Result<()> {
    let Some(needed) = parse(env!("CARGO_PKG_RUST_VERSION")) else {
        bail!("the workspace's rust-version is no version");
    };
    at_least("rustc", "Rust", needed, "install it from https://rustup.rs")
}

/// Fails unless Node and npm are new enough.
pub(crate) fn check_node() -> Result<()> {
    let remedy = "install it from https://nodejs.org (or: apt-get install nodejs npm)";
    at_least("node", "Node", NODE, remedy)?;
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    at_least(npm, "npm", NPM, remedy)
}

/// Sees to rustfmt and clippy, by rustup where that is how Rust came here.
pub(crate) fn ensure_components() -> Result<()> {
    for (component, subcommand) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        if succeeds(&mut cargo([subcommand, "--version"])) {
            continue;
        }
        if !succeeds(program("rustup").arg("--version")) {
            bail!("{component} is missing: install it beside cargo");
        }
        execute(program("rustup").args(["component", "add", component]))?;
    }
    Ok(())
}

fn at_least(command: &str, name: &str, needed: Version, remedy: &str) -> Result<()> {
    let Version(major, minor) = needed;
    let Ok(answer) = read(program(command).arg("--version")) else {
        bail!("{name} {major}.{minor} or newer is needed and was not found: {remedy}");
    };
    let answer = answer.trim();
    match parse(answer) {
        Some(found) if found >= needed => Ok(()),
        _ => bail!("{name} {major}.{minor} or newer is needed, this is {answer}: {remedy}"),
    }
}

/// The first two numbers of "rustc 1.95.0 (…)", "v20.19.1" or "10.8".
fn parse(answer: &str) -> Option<Version> {
    let start = answer.find(|c: char| c.is_ascii_digit())?;
    let mut numbers = answer.get(start..)?.split(|c: char| !c.is_ascii_digit());
    Some(Version(
        numbers.next()?.parse().ok()?,
        numbers.next()?.parse().ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::{Version, parse};

    #[test]
    fn versions_are_read_as_the_tools_print_them() {
        assert_eq!(
            parse("rustc 1.95.0 (f2d3ce0bd 2026-03-21)"),
            Some(Version(1, 95))
        );
        assert_eq!(parse("v20.19.1\n"), Some(Version(20, 19)));
        assert_eq!(parse("10.8"), Some(Version(10, 8)));
        assert_eq!(parse("command not found"), None);
    }

    #[test]
    fn a_newer_major_version_is_newer_whatever_its_minor() {
        assert!(Version(22, 1) > Version(20, 19));
        assert!(Version(20, 9) < Version(20, 19));
    }
}
