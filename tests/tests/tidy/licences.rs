//! Licences of everything that is linked in or builds it.

use crate::dependencies::METADATA;

/// Permissive ones, and MPL-2.0, which asks only for its own files.
const ALLOWED: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "PostgreSQL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Whether an SPDX expression can be satisfied by allowed licences alone.
fn allowed(expression: &str) -> bool {
    // Crates from before SPDX wrote a slash for "or". An exception only ever permits more.
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let mut words: Vec<&str> = spaced.split_whitespace().collect();
    while let Some(at) = words.iter().position(|word| *word == "WITH") {
        words.drain(at..(at + 2).min(words.len()));
    }
    words.reverse();
    let holds = any_of(&mut words);
    assert!(words.is_empty(), "cannot read the licence {expression:?}");
    holds
}

fn any_of(words: &mut Vec<&str>) -> bool {
    let mut holds = all_of(words);
    while words.last() == Some(&"OR") {
        words.pop();
        // Not `||`, which would leave words unread.
        holds |= all_of(words);
    }
    holds
}

fn all_of(words: &mut Vec<&str>) -> bool {
    let mut holds = one(words);
    while words.last() == Some(&"AND") {
        words.pop();
        holds &= one(words);
    }
    holds
}

fn one(words: &mut Vec<&str>) -> bool {
    match words.pop() {
        Some("(") => {
            let holds = any_of(words);
            assert_eq!(words.pop(), Some(")"));
            holds
        }
        Some(name) => ALLOWED.contains(&name),
        None => false,
    }
}

#[test]
fn expressions_are_understood() {
    assert!(allowed("MIT OR Apache-2.0"));
    assert!(allowed("MIT/Apache-2.0"));
    assert!(allowed("GPL-3.0 OR MIT"));
    assert!(allowed("(MIT OR GPL-3.0) AND Unicode-3.0"));
    assert!(allowed("Apache-2.0 WITH LLVM-exception"));
    assert!(!allowed("GPL-3.0"));
    assert!(!allowed("MIT AND GPL-3.0"));
    assert!(!allowed("(MIT OR Apache-2.0) AND AGPL-3.0"));
}

#[test]
fn every_dependency_may_be_used() {
    let refused: Vec<String> = METADATA
        .packages
        .iter()
        .filter(|package| !package.license.as_deref().is_some_and(allowed))
        .map(|package| {
            format!(
                "{} {}: {:?}",
                package.name, package.version, package.license
            )
        })
        .collect();
    assert!(
        refused.is_empty(),
        "not on the list of licences: {refused:#?}"
    );
}
