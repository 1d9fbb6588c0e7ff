//! The npm workspace of the web packages, and the npm package of the browser tests.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::shell::{execute, npm, root};

/// The npm workspace: client, react, app.
pub(crate) fn workspace() -> PathBuf {
    root().join("crates/call-web")
}

/// The npm package of the browser tests.
pub(crate) fn browser_tests() -> PathBuf {
    root().join("tests/browser")
}

/// `npm ci`, unless what is installed already is what the lock file says.
pub(crate) fn install(folder: &Path) -> Result<()> {
    let lock_path = folder.join("package-lock.json");
    let lock = fs::read_to_string(&lock_path)
        .with_context(|| format!("cannot read {}", lock_path.display()))?;
    // npm writes no stamp of its own that names the whole lock file, and it deletes this one
    // together with `node_modules`.
    let stamp = folder.join("node_modules/.installed-lock.json");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        println!("{}: installed already", folder.display());
        return Ok(());
    }
    execute(&mut npm(folder, ["ci", "--no-audit", "--no-fund"]))?;
    fs::write(&stamp, lock).with_context(|| format!("cannot write {}", stamp.display()))
}

/// One of the workspace's npm scripts.
pub(crate) fn script(name: &str) -> Result<()> {
    execute(&mut npm(&workspace(), ["run", name]))
}

/// Biome over the workspace; `write` repairs what it can.
pub(crate) fn biome(write: bool) -> Result<()> {
    let mut arguments = vec!["exec", "--", "biome", "check"];
    if write {
        arguments.push("--write");
    }
    arguments.push(".");
    execute(&mut npm(&workspace(), arguments))
}
