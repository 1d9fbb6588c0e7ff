//! `cargo xtask test`.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::shell::{cargo, execute, npm, read, root, succeeds};
use crate::stage::{self, Stage};
use crate::{packages, peers, toolchain, types, web};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Run only these stages, in the usual order (repeat, or separate by commas).
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// List the stages and end.
    #[arg(long)]
    list: bool,
}

/// Cheap checks come first, and what is built once is built before all that needs it.
const STAGES: [Stage; 18] = [
    Stage {
        name: "packages",
        about: "what the tests need from the system",
        needs: &[],
        check: packages::ensure,
    },
    Stage {
        name: "toolchain",
        about: "Rust, Node and npm are new enough",
        needs: &["packages"],
        check: toolchain,
    },
    Stage {
        name: "format",
        about: "Rust is formatted",
        needs: &["toolchain"],
        check: || execute(&mut cargo(["fmt", "--all", "--check"])),
    },
    Stage {
        name: "npm",
        about: "dependencies of the web packages and the browser tests",
        needs: &["toolchain"],
        check: npm_install,
    },
    Stage {
        name: "peers",
        about: "aiortc and GStreamer, which the SFU's tests talk to, and an object store for recordings",
        needs: &["packages"],
        check: peers::ensure,
    },
    Stage {
        name: "biome",
        about: "TypeScript and CSS are formatted and clean",
        needs: &["npm"],
        check: || web::biome(false),
    },
    Stage {
        name: "types",
        about: "the generated wire types are fresh",
        needs: &["toolchain"],
        check: types::check_fresh,
    },
    Stage {
        name: "tsc",
        about: "TypeScript agrees with its types",
        needs: &["npm"],
        check: || web::script("typecheck"),
    },
    Stage {
        name: "web-tests",
        about: "client, components and app, without a browser",
        needs: &["npm"],
        check: || web::script("test"),
    },
    Stage {
        name: "web-build",
        about: "the web packages build",
        needs: &["npm"],
        check: || web::script("build"),
    },
    Stage {
        name: "clippy",
        about: "Rust has no lint to complain of",
        needs: &["toolchain"],
        check: || {
            let workspace = ["clippy", "--workspace", "--all-targets", "--locked"];
            execute(&mut cargo(
                workspace.iter().chain(&["--", "-D", "warnings"]),
            ))
        },
    },
    Stage {
        name: "build",
        about: "the programs, with the app that was just built",
        needs: &["toolchain", "web-build"],
        check: || execute(&mut cargo(["build", "--workspace", "--bins", "--locked"])),
    },
    Stage {
        name: "tests",
        about: "unit, store (SQLite and PostgreSQL), REST and socket tests",
        needs: &["build", "peers"],
        check: rust_tests,
    },
    Stage {
        name: "docs",
        about: "examples in documentation run, and its links lead somewhere",
        needs: &["toolchain"],
        check: docs,
    },
    Stage {
        name: "features",
        about: "each crate alone, with its default features and with each feature by itself",
        needs: &["toolchain"],
        check: features,
    },
    Stage {
        name: "webrtc-rs",
        about: "statistics of two real webrtc-rs connections",
        needs: &["toolchain"],
        check: || {
            let one = ["test", "--locked", "--package", "call-media"];
            execute(&mut cargo(one.iter().chain(&["--features", "webrtc"])))
        },
    },
    Stage {
        name: "browsers",
        about: "people call each other in Chromium",
        needs: &["npm", "build"],
        check: browsers,
    },
    Stage {
        name: "package",
        about: "each crate can be packaged for a registry",
        needs: &["toolchain"],
        check: package,
    },
];

/// Runs the stages.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    if options.list {
        for stage in &STAGES {
            println!("{:<12}{}", stage.name, stage.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    if options.only.is_empty() {
        return Ok(stage::run(&STAGES));
    }
    for name in &options.only {
        ensure!(
            STAGES.iter().any(|stage| stage.name == name),
            "there is no stage {name:?}; `cargo xtask test --list` lists them"
        );
    }
    let chosen = |stage: &Stage| options.only.iter().any(|name| name == stage.name);
    Ok(stage::run(
        &STAGES.into_iter().filter(chosen).collect::<Vec<_>>(),
    ))
}

fn toolchain() -> Result<()> {
    toolchain::check_rust()?;
    toolchain::check_node()?;
    toolchain::ensure_components()
}

fn npm_install() -> Result<()> {
    web::install(&web::workspace())?;
    web::install(&web::browser_tests())
}

/// cargo-nextest where it is installed, since it is faster; the tests are the same.
fn rust_tests() -> Result<()> {
    let targets = ["--workspace", "--lib", "--bins", "--tests", "--locked"];
    if succeeds(&mut cargo(["nextest", "--version"])) {
        let nextest = ["nextest", "run", "--no-fail-fast"];
        execute(&mut cargo(nextest.iter().chain(&targets)))
    } else {
        execute(&mut cargo(
            ["test", "--no-fail-fast"].iter().chain(&targets),
        ))
    }
}

fn docs() -> Result<()> {
    execute(&mut cargo(["test", "--workspace", "--doc", "--locked"]))?;
    let pages = ["doc", "--workspace", "--no-deps", "--locked"];
    execute(cargo(pages).env("RUSTDOCFLAGS", "-D warnings"))
}

/// What cargo knows of the workspace.
fn metadata() -> Result<Value> {
    let arguments = ["metadata", "--format-version=1", "--no-deps", "--locked"];
    let metadata = read(&mut cargo(arguments))?;
    serde_json::from_str(&metadata).context("cargo metadata is no JSON")
}

/// Feature unification in a workspace hides a crate that compiles only beside another.
fn features() -> Result<()> {
    let metadata = metadata()?;
    for package in metadata["packages"].as_array().context("no packages")? {
        if package["publish"] == Value::Array(Vec::new()) {
            continue;
        }
        let name = package["name"]
            .as_str()
            .context("a package without a name")?;
        let alone = ["clippy", "--locked", "--package", name, "--lib", "--bins"];
        let deny = ["--", "-D", "warnings"];
        execute(&mut cargo(alone.iter().chain(&deny)))?;
        let features = package["features"].as_object().context("no features")?;
        for feature in features.keys().filter(|feature| *feature != "default") {
            let companions = &package["metadata"]["xtask"]["companions"];
            let beside = companions
                .as_array()
                .is_some_and(|all| all.iter().any(|c| c == feature));
            // One that means something only beside others is added to the default ones.
            let none = (!beside).then_some("--no-default-features");
            let single = none.into_iter().chain(["--features", feature]);
            let arguments = alone
                .iter()
                .copied()
                .chain(single)
                .chain(deny.iter().copied());
            execute(&mut cargo(arguments))?;
        }
    }
    Ok(())
}

fn browsers() -> Result<()> {
    let metadata = metadata()?;
    let target = metadata["target_directory"]
        .as_str()
        .context("no target directory")?;
    let artefacts = root().join("test-artifacts");
    fs::create_dir_all(&artefacts)
        .with_context(|| format!("cannot make {}", artefacts.display()))?;
    let server = format!("{target}/debug/call-server{}", std::env::consts::EXE_SUFFIX);
    execute(
        npm(&web::browser_tests(), ["test"])
            .env("CALL_SERVER_BIN", server)
            .env("ARTEFACTS", &artefacts),
    )
}

fn package() -> Result<()> {
    let all = [
        "package",
        "--workspace",
        "--no-verify",
        "--allow-dirty",
        "--locked",
    ];
    let private = ["--exclude", "xtask", "--exclude", "call-tests"];
    execute(&mut cargo(all.iter().chain(&private)))
}

#[cfg(test)]
mod tests {
    use super::STAGES;

    #[test]
    fn a_stage_needs_only_stages_before_it() {
        for (index, stage) in STAGES.iter().enumerate() {
            for need in stage.needs {
                assert!(
                    STAGES[..index].iter().any(|earlier| earlier.name == *need),
                    "{} needs {need}, which does not come before it",
                    stage.name
                );
            }
        }
    }
}
