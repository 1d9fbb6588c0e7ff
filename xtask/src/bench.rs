//! `cargo xtask bench`.

use anyhow::Result;
use clap::ValueEnum;

use crate::shell::{cargo, execute, npm, program, root};
use crate::{packages, web};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// What to measure; everything when nothing is named.
    what: Vec<What>,
    /// How often each figure is taken.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Seconds of load per round.
    #[arg(long, default_value_t = 8)]
    seconds: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Whole calls: initiate, ring, answer, join, end.
    Setup,
    /// Offers, answers and candidates between people in calls.
    Relay,
    /// Memory of sockets that do nothing.
    Idle,
    /// The TURN relay beside coturn.
    Turn,
    /// The forwarding unit of group calls beside Janus, and its recorder.
    Sfu,
    /// Its recorder alone, beside forwarding.
    Recording,
    /// From the click on accept to the first picture, in Chromium.
    Browser,
}

impl What {
    /// Its name for the load generator; `None` for what that does not measure.
    const fn load(self) -> Option<&'static str> {
        match self {
            Self::Setup => Some("setup"),
            Self::Relay => Some("relay"),
            Self::Idle => Some("idle"),
            Self::Turn => Some("turn"),
            Self::Sfu => Some("sfu"),
            Self::Recording => Some("recording"),
            Self::Browser => None,
        }
    }
}

/// Builds everything with optimisations, and measures.
pub(crate) fn bench(options: &Options) -> Result<()> {
    let what = if options.what.is_empty() {
        What::value_variants()
    } else {
        &options.what
    };
    let in_browser = what.contains(&What::Browser);
    if in_browser {
        // Before the server, which takes the app into itself.
        web::install(&web::workspace())?;
        web::script("build")?;
        web::install(&web::browser_tests())?;
    }
    if what.contains(&What::Sfu) {
        packages::ensure_janus()?;
    }
    let mut build = cargo(["build", "--release", "--bins"]);
    execute(build.args(["--package", "call-server", "--package", "call-tests"]))?;

    let release = root().join("target/release");
    let loads: Vec<_> = what.iter().filter_map(|what| what.load()).collect();
    if !loads.is_empty() {
        let mut generator = program(release.join("bench"));
        generator.args(["--rounds", &options.rounds.to_string()]);
        generator.args(["--seconds", &options.seconds.to_string()]);
        execute(generator.args(loads))?;
    }
    if in_browser {
        let mut measure = npm(&web::browser_tests(), ["run", "--silent", "measure"]);
        execute(measure.env("CALL_SERVER_BIN", release.join("call-server")))?;
    }
    Ok(())
}
