//! `cargo xtask room`.

use anyhow::Result;

use crate::shell::{cargo, execute, program, root};

/// What the load tool is told; `cargo xtask room -- --help` lists it.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// `--publishers 3 --subscribers 50`, `--server URL --secret S`, `--soak MINUTES`, and more: `cargo xtask room -- --help`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds the server and the load tool with optimisations, and lets people into a call.
pub(crate) fn room(options: &Options) -> Result<()> {
    let mut build = cargo(["build", "--release", "--bins"]);
    execute(build.args(["--package", "call-server", "--package", "call-tests"]))?;
    let mut load = program(root().join("target/release/room"));
    execute(load.args(&options.arguments))
}
