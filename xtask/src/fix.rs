//! `cargo xtask fix`.

use anyhow::Result;

use crate::shell::{cargo, execute};
use crate::{toolchain, types, web};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Let clippy change code as well.
    #[arg(long)]
    clippy: bool,
}

/// Repairs what a machine can repair.
pub(crate) fn run(options: &Options) -> Result<()> {
    toolchain::check_rust()?;
    toolchain::check_node()?;
    toolchain::ensure_components()?;
    if options.clippy {
        let arguments = [
            "clippy",
            "--fix",
            "--allow-dirty",
            "--workspace",
            "--all-targets",
        ];
        execute(&mut cargo(arguments))?;
    }
    execute(&mut cargo(["fmt", "--all"]))?;
    types::generate()?;
    web::install(&web::workspace())?;
    web::biome(true)
}
