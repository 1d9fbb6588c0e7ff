//! The Python of `tests/peers`, foreign WebRTC stacks and an object store: a virtual environment below `target`.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::shell::{execute, program, root};

/// The Python that sees Debian's packages (`PyGObject`), where there is one.
pub(crate) fn python() -> &'static str {
    const SYSTEM: &str = "/usr/bin/python3";
    if Path::new(SYSTEM).exists() {
        SYSTEM
    } else {
        "python3"
    }
}

/// Makes the environment, or makes it anew when what it is to hold has changed.
pub(crate) fn ensure() -> Result<()> {
    let top = root();
    let requirements = top.join("tests/peers/requirements.txt");
    let environment = top.join("target/peers");
    let mark = environment.join("requirements.txt");
    let wanted = fs::read(&requirements).context("reading tests/peers/requirements.txt")?;
    if fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        println!("up to date");
        return Ok(());
    }
    // PyGObject comes from the system: it belongs to the system's GStreamer.
    let create = ["-m", "venv", "--clear", "--system-site-packages"];
    execute(program(python()).args(create).arg(&environment))?;
    let mut install = program(environment.join("bin/python"));
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    execute(install.arg("--requirement").arg(&requirements))?;
    fs::write(&mark, wanted).with_context(|| format!("writing {}", mark.display()))
}
