//! `cargo xtask bench`.

use anyhow::Result;

use crate::shell::{cargo, execute, program, root};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Passed on: what to measure (`setup`, `relay`, `idle`, `turn`; everything when nothing is
    /// named), `--rounds`, `--seconds`; `--help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds server and load generator with optimisations, and measures.
pub(crate) fn bench(options: &Options) -> Result<()> {
    execute(&mut cargo([
        "build",
        "--release",
        "--package",
        "call-server",
        "--package",
        "call-tests",
        "--bins",
    ]))?;
    let generator = root().join("target/release/bench");
    execute(program(&generator).args(&options.arguments))
}
