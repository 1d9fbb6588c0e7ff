//! The files of the repository, without what is built or installed.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold nothing that anybody wrote.
const SKIPPED: [&str; 8] = [
    ".git",
    "data",
    "dist",
    "generated",
    "node_modules",
    "target",
    "test-artifacts",
    "snapshots",
];

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a folder above")
        .to_path_buf()
}

/// A text file, its path from the top with `/` between the parts.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether it is a test, or serves tests only.
    pub(crate) fn is_test(&self) -> bool {
        let parts: Vec<&str> = self.path.split('/').collect();
        let name = self.name();
        parts[..parts.len() - 1]
            .iter()
            .any(|part| ["tests", "test", "benches"].contains(part))
            || name.contains(".test.")
            || name == "tests.rs"
    }

    /// Lines of code that is no test: in Rust what stands before the module of unit tests.
    pub(crate) fn lines_without_tests(&self) -> usize {
        let code = match self.text.find("\n#[cfg(test)]\nmod tests {") {
            Some(end) => &self.text[..end],
            None => &self.text,
        };
        code.lines().count()
    }
}

/// Files with one of these endings below a folder of the repository.
pub(crate) fn files(folder: &str, endings: &[&str]) -> Vec<File> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap_or_else(|e| panic!("{}: {e}", next.display())) {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            // Links lead to files that are seen elsewhere.
            let kind = entry.file_type().unwrap();
            if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
                folders.push(entry.path());
            } else if kind.is_file() && endings.iter().any(|ending| name.ends_with(ending)) {
                let path = entry.path();
                let text =
                    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                let path = path.strip_prefix(&root).unwrap();
                let path = path.to_string_lossy().replace('\\', "/");
                found.push(File { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// One file.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}
