//! The TypeScript types in the repository are those of the Rust wire types.
#![cfg(feature = "typescript")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn files(folder: &Path) -> BTreeMap<String, String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

#[test]
fn generated_types_are_fresh() {
    let fresh = tempfile::tempdir().unwrap();
    call_signal::wire::export_typescript(fresh.path()).unwrap();
    let committed = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../call-web/packages/client/src/wire/generated");
    let (fresh, committed) = (files(fresh.path()), files(&committed));
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(&fresh),
        names(&committed),
        "stale; `cargo xtask fix` writes them anew"
    );
    for (name, text) in &fresh {
        assert_eq!(
            Some(text),
            committed.get(name),
            "{name} is stale; `cargo xtask fix`"
        );
    }
}
