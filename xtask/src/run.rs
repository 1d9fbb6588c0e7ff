//! `cargo xtask run`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::shell::{cargo, program, read, root};
use crate::{toolchain, web};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Build the server with optimisations; the first time takes some minutes more.
    #[arg(long)]
    release: bool,
    /// The port on 127.0.0.1.
    #[arg(long, default_value_t = 8080)]
    port: u16,
}

/// Builds everything and serves it until Ctrl-C.
pub(crate) fn run(options: &Options) -> Result<()> {
    toolchain::check_rust()?;
    toolchain::check_node()?;
    web::install(&web::workspace())?;
    web::script("build")?;
    let server = build_server(options.release)?;
    std::fs::create_dir_all(root().join("data")).context("cannot make the folder data/")?;

    let mut command = program(&server);
    command.arg("serve").stdin(Stdio::inherit());
    for (key, value) in settings(options.port) {
        command.env(key, value);
    }
    println!();
    println!("  Call Server:  http://127.0.0.1:{}", options.port);
    println!("  Open it in two windows, choose a name in each, and call one from the other.");
    println!("  Ctrl-C ends it. Its data are in data/.");
    println!();
    become_server(command)
}

/// The settings of a development server; what the caller's environment sets, stays.
fn settings(port: u16) -> Vec<(&'static str, String)> {
    let mut settings = vec![("CALL__SERVER__PORT", port.to_string())];
    let unless_set: [(&[&str], &str); 3] = [
        (&["CALL__DEV"], "true"),
        (&["CALL__SERVER__HOST"], "127.0.0.1"),
        (
            &["CALL__DATABASE__URL", "DATABASE_URL"],
            "sqlite://data/calls.sqlite3",
        ),
    ];
    for (keys, value) in unless_set {
        if let ([key, ..], true) = (keys, keys.iter().all(|key| std::env::var_os(key).is_none())) {
            settings.push((key, value.to_owned()));
        }
    }
    settings
}

/// Builds the server and returns where cargo put it.
fn build_server(release: bool) -> Result<PathBuf> {
    let mut build = cargo(["build", "--package", "call-server"]);
    if release {
        build.arg("--release");
    }
    println!(
        "$ cargo build --package call-server{}",
        if release { " --release" } else { "" }
    );
    let messages = read(build.arg("--message-format=json-render-diagnostics"))?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == "call-server")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .context("cargo built call-server and named no executable")
}

/// Replaces this process by the server, so that Ctrl-C and the exit code are the server's own.
#[cfg(unix)]
fn become_server(mut command: Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec()).context("cannot start the server")
}

#[cfg(not(unix))]
fn become_server(mut command: Command) -> Result<()> {
    let status = command.status().context("cannot start the server")?;
    anyhow::ensure!(status.success(), "the server ended with {status}");
    Ok(())
}
