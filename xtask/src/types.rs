//! The TypeScript types of the wire, generated from the Rust ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::shell::{cargo, execute, root};

/// Where the client keeps them.
fn committed() -> PathBuf {
    root().join("crates/call-web/packages/client/src/wire/generated")
}

/// Writes them anew into the client's sources.
pub(crate) fn generate() -> Result<()> {
    generate_into(&committed())
}

/// Fails unless the client's sources hold exactly what would be generated now.
pub(crate) fn check_fresh() -> Result<()> {
    let fresh = root().join("target/xtask/wire-types");
    generate_into(&fresh)?;
    let (old, new) = (contents(&committed())?, contents(&fresh)?);
    let stale: Vec<&str> = old
        .keys()
        .chain(new.keys())
        .filter(|name| old.get(*name) != new.get(*name))
        .map(String::as_str)
        .collect();
    if stale.is_empty() {
        println!("{} files are fresh", new.len());
        Ok(())
    } else {
        bail!(
            "stale: {}; `cargo xtask fix` generates them anew",
            stale.join(", ")
        )
    }
}

fn generate_into(folder: &Path) -> Result<()> {
    if folder.exists() {
        // Else a type that is gone would stay.
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let example = ["run", "--quiet", "--package", "call-signal"];
    let features = [
        "--features",
        "typescript",
        "--example",
        "export_types",
        "--",
    ];
    execute(cargo(example.iter().chain(&features)).arg(folder))
}

/// The files of a folder and its folders, by their path in it.
fn contents(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let entries =
            fs::read_dir(&next).with_context(|| format!("cannot read {}", next.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let name = path.strip_prefix(folder).unwrap_or(&path);
            files.insert(name.to_string_lossy().into_owned(), text);
        }
    }
    Ok(files)
}
