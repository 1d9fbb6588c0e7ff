//! What every file keeps to.

use std::collections::BTreeSet;
use std::fs;

use crate::files::{File, files, read, root};

const CODE: [&str; 6] = [".rs", ".ts", ".tsx", ".mjs", ".js", ".css"];

/// Beyond this a file is more than one noun or one use case.
const MAX_LINES: usize = 500;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 9] = [
    "utils", "util", "helpers", "helper", "manager", "misc", "common", "stuff", "shared",
];

fn assert_none(rule: &str, offenders: &[String]) {
    assert!(
        offenders.is_empty(),
        "{rule}:\n  {}",
        offenders.join("\n  ")
    );
}

/// Lines of a file that are code, with their numbers.
fn code_lines(file: &File) -> impl Iterator<Item = (usize, &str)> {
    file.text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim_start()))
        .filter(|(_, line)| !line.starts_with("//") && !line.starts_with('*'))
}

/// Code lines that hold one of the words, in files that no exception names.
fn lines_with(files: &[File], words: &[&str], except: impl Fn(&str) -> bool) -> Vec<String> {
    files
        .iter()
        .filter(|file| !except(&file.path))
        .flat_map(|file| {
            code_lines(file)
                .filter(|(_, line)| words.iter().any(|word| line.contains(word)))
                .map(|(number, line)| format!("{}:{number}: {line}", file.path))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn a_file_is_one_noun_or_one_use_case() {
    let long: Vec<String> = ["crates", "xtask", "tests"]
        .into_iter()
        .flat_map(|folder| files(folder, &CODE[..5]))
        .filter(|file| !file.is_test() || file.path.starts_with("tests/src"))
        .map(|file| (file.lines_without_tests(), file.path))
        .filter(|(lines, _)| *lines > MAX_LINES)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert_none(
        &format!("longer than {MAX_LINES} lines without tests"),
        &long,
    );
}

#[test]
fn a_file_name_says_what_is_inside() {
    let empty: Vec<String> = ["crates", "xtask", "tests"]
        .into_iter()
        .flat_map(|folder| files(folder, &CODE))
        .filter_map(|file| {
            let parts: Vec<String> = file.path.split('/').map(str::to_lowercase).collect();
            parts
                .iter()
                .filter_map(|part| part.split('.').next())
                .any(|stem| EMPTY_NAMES.contains(&stem))
                .then_some(file.path)
        })
        .collect();
    assert_none("a name for anything and nothing", &empty);
}

#[test]
fn nothing_is_left_for_later() {
    // In pieces, so that this file does not accuse itself.
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("X", "XX"),
        concat!("HA", "CK"),
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
    ];
    let mut endings = CODE.to_vec();
    endings.extend([".sql", ".toml", ".yaml", ".yml", ".md", ".html", ".sh"]);
    let later: Vec<String> = ["crates", "xtask", "tests", "migrations", "config", "docs"]
        .into_iter()
        .flat_map(|folder| files(folder, &endings))
        .flat_map(|file| {
            let lines = file.text.lines().enumerate();
            lines
                .filter(|(_, line)| words.iter().any(|word| line.contains(word)))
                .map(|(index, line)| format!("{}:{}: {line}", file.path, index + 1))
                .collect::<Vec<_>>()
        })
        .collect();
    assert_none("unfinished", &later);
}

#[test]
fn every_library_opens_with_what_it_is_for() {
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let path = format!("crates/{name}/src/lib.rs");
        if !root().join(&path).exists() {
            continue;
        }
        let text = read(&path);
        let opening: Vec<&str> = text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect();
        assert!(
            opening.len() >= 3,
            "{path} opens with {} lines of docs",
            opening.len()
        );
        // The roof is no library that anybody embeds.
        let has_example = opening.iter().any(|line| line.starts_with("//! ```"));
        assert!(
            has_example || name == "call-server",
            "{path} has no example"
        );
        assert!(
            root().join(format!("crates/{name}/README.md")).exists(),
            "{name} has no README"
        );
    }
}

#[test]
fn diesel_stays_in_the_store() {
    let sources = files("crates", &[".rs"]);
    let inside = |path: &str| path.starts_with("crates/call-store/");
    assert_none(
        "diesel outside call-store",
        &lines_with(&sources, &["diesel::"], inside),
    );
}

#[test]
fn webrtc_stays_in_one_module() {
    let sources = files("crates", &[".rs"]);
    let inside = |path: &str| {
        [
            "crates/call-media/src/webrtc.rs",
            "crates/call-media/tests/webrtc.rs",
            "crates/call-media/src/sfu/transport/tests/peer_connection.rs",
        ]
        .contains(&path)
    };
    let words = [
        "use webrtc::",
        "use ::webrtc::",
        "use rtc::",
        " rtc::",
        "(rtc::",
    ];
    assert_none(
        "webrtc-rs outside its module",
        &lines_with(&sources, &words, inside),
    );
}

#[test]
fn actix_stays_at_the_socket_and_in_the_roof() {
    let sources = files("crates", &[".rs"]);
    let inside = |path: &str| {
        path == "crates/call-signal/src/socket.rs"
            || path.starts_with("crates/call-signal/src/socket/")
            || path.starts_with("crates/call-signal/tests/")
            || path.starts_with("crates/call-server/")
    };
    let words = ["actix_web", "actix_ws", "actix_http", "actix_rt"];
    assert_none(
        "actix outside its place",
        &lines_with(&sources, &words, inside),
    );
}

#[test]
fn the_domain_reads_no_clock_and_draws_no_lots() {
    let sources = files("crates/call-domain/src", &[".rs"]);
    let words = [
        "Instant",
        "SystemTime",
        "now_v7(",
        "new_v4(",
        "rand::",
        "async fn",
        ".await",
    ];
    assert_none(
        "impure",
        &lines_with(&sources, &words, |path| path.ends_with("tests.rs")),
    );
}

#[test]
fn tests_do_not_sleep() {
    let sources = files("crates", &[".rs"]);
    let words = ["thread::sleep(", "time::sleep("];
    let tests: Vec<File> = sources.into_iter().filter(File::is_test).collect();
    assert_none("a test that sleeps", &lines_with(&tests, &words, |_| false));
}

#[test]
fn every_migration_exists_for_both_databases_both_ways() {
    let names = |database: &str| -> BTreeSet<String> {
        let folder = root().join("migrations").join(database);
        let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
        entries
            .filter(|entry| entry.file_type().unwrap().is_dir())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect()
    };
    let (sqlite, postgres) = (names("sqlite"), names("postgres"));
    assert!(!sqlite.is_empty(), "there are no migrations");
    assert_eq!(sqlite, postgres, "the trees do not mirror each other");
    for name in &sqlite {
        for path in ["sqlite", "postgres"]
            .map(|database| {
                ["up", "down"].map(|way| format!("migrations/{database}/{name}/{way}.sql"))
            })
            .concat()
        {
            assert!(!read(&path).trim().is_empty(), "{path} is empty");
        }
    }
}

#[test]
fn lock_files_name_no_host_but_crates_io() {
    let cargo = read("Cargo.lock");
    for line in cargo.lines().filter(|line| line.starts_with("source = ")) {
        assert_eq!(
            line, "source = \"registry+https://github.com/rust-lang/crates.io-index\"",
            "Cargo.lock"
        );
    }
    for path in [
        "crates/call-web/package-lock.json",
        "tests/browser/package-lock.json",
    ] {
        let hosts: Vec<String> = read(path)
            .lines()
            .filter(|line| line.contains("\"resolved\": \"http"))
            .map(str::to_owned)
            .collect();
        assert_none(path, &hosts);
    }
}
