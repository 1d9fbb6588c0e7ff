//! The layers, proven over `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Package};

use crate::files::root;

/// The whole graph with all features, as far as this platform needs it.
pub(crate) static METADATA: LazyLock<Metadata> = LazyLock::new(|| {
    let host = rustc_host();
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        .other_options(["--locked", "--filter-platform", &host].map(str::to_owned))
        .exec()
        .expect("cargo metadata")
});

fn rustc_host() -> String {
    let output = std::process::Command::new("rustc")
        .arg("-vV")
        .output()
        .expect("rustc");
    let text = String::from_utf8(output.stdout).unwrap();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc names its host").to_owned()
}

/// Which of our crates each of our crates may depend on. Adapters never see each other.
const LAYERS: [(&str, &[&str]); 8] = [
    ("call-domain", &[]),
    ("call-store", &["call-domain"]),
    ("call-signal", &["call-domain"]),
    ("call-media", &["call-domain"]),
    ("call-turn", &["call-domain"]),
    ("call-recording", &["call-domain"]),
    (
        "call-engine",
        &[
            "call-domain",
            "call-store",
            "call-signal",
            "call-media",
            "call-turn",
            "call-recording",
        ],
    ),
    (
        "call-server",
        &[
            "call-domain",
            "call-store",
            "call-signal",
            "call-media",
            "call-turn",
            "call-recording",
            "call-engine",
        ],
    ),
];

/// Libraries whose types must not spread, and the only crates of ours that may depend on them.
const OWNERS: [(&str, &[&str]); 13] = [
    ("diesel", &["call-store"]),
    ("diesel_migrations", &["call-store"]),
    ("libsqlite3-sys", &["call-store"]),
    ("pq-sys", &["call-store"]),
    ("webrtc", &["call-media"]),
    ("rtc", &["call-media"]),
    ("actix-web", &["call-signal", "call-server", "call-tests"]),
    ("actix-ws", &["call-signal", "call-server", "call-tests"]),
    ("hmac", &["call-turn", "call-recording", "call-tests"]),
    ("object_store", &["call-recording"]),
    ("sha1", &["call-turn", "call-tests"]),
    ("anyhow", &["call-server", "call-tests", "xtask"]),
    ("config", &["call-server"]),
];

/// All that the ground floor stands on.
const DOMAIN_MAY_USE: [&str; 4] = ["serde", "serde_json", "thiserror", "uuid"];

/// What brings I/O, async, a clock or randomness.
const NOT_BELOW_DOMAIN: [&str; 9] = [
    "tokio",
    "async-std",
    "futures-core",
    "mio",
    "getrandom",
    "rand",
    "rand_core",
    "chrono",
    "time",
];

fn ours() -> BTreeMap<&'static str, &'static Package> {
    METADATA
        .workspace_packages()
        .into_iter()
        .map(|package| (package.name.as_str(), package))
        .collect()
}

/// Names of direct dependencies, optional ones included.
fn direct(package: &Package, kinds: &[DependencyKind]) -> BTreeSet<String> {
    package
        .dependencies
        .iter()
        .filter(|dependency| kinds.contains(&dependency.kind))
        .map(|dependency| dependency.name.clone())
        .collect()
}

const ALL: [DependencyKind; 3] = [
    DependencyKind::Normal,
    DependencyKind::Build,
    DependencyKind::Development,
];

#[test]
fn every_crate_has_its_place_in_the_house() {
    let published: BTreeSet<&str> = ours()
        .into_keys()
        .filter(|name| !["call-tests", "xtask"].contains(name))
        .collect();
    let placed: BTreeSet<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    assert_eq!(published, placed);
}

#[test]
fn crates_depend_downwards_and_adapters_never_on_each_other() {
    let ours = ours();
    for (name, may) in LAYERS {
        let others = direct(ours[name], &ALL)
            .into_iter()
            .filter(|other| other != name);
        for dependency in others {
            assert!(
                !ours.contains_key(&*dependency) || may.contains(&&*dependency),
                "{name} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn libraries_stay_with_their_owners() {
    for (library, owners) in OWNERS {
        for (name, package) in ours() {
            assert!(
                owners.contains(&name) || !direct(package, &ALL[..2]).contains(library),
                "{name} must not depend on {library}, only {owners:?} may"
            );
        }
    }
}

#[test]
fn the_engine_knows_no_actix_even_in_tests() {
    let engine = direct(ours()["call-engine"], &ALL);
    assert!(
        !engine.iter().any(|name| name.starts_with("actix")),
        "{engine:?}"
    );
}

#[test]
fn the_domain_stands_on_four_libraries() {
    let normal = direct(ours()["call-domain"], &ALL[..2]);
    for name in &normal {
        assert!(
            DOMAIN_MAY_USE.contains(&name.as_str()),
            "call-domain uses {name}"
        );
    }
}

#[test]
fn the_domain_makes_no_ids() {
    let domain = ours()["call-domain"];
    let uuid = domain
        .dependencies
        .iter()
        .filter(|d| d.name == "uuid" && d.kind == DependencyKind::Normal);
    for dependency in uuid {
        for feature in &dependency.features {
            assert!(
                ["serde", "std"].contains(&feature.as_str()),
                "uuid/{feature}"
            );
        }
    }
}

/// Features of the whole graph are unified here, so uuid has a random source below it; that it is
/// not the domain's doing is the rule above.
#[test]
fn nothing_below_the_domain_has_io_or_a_clock() {
    let resolve = METADATA.resolve.as_ref().expect("a resolved graph");
    let mut seen = BTreeSet::new();
    let mut next = vec![ours()["call-domain"].id.clone()];
    while let Some(id) = next.pop() {
        let name = METADATA[&id].name.as_str();
        assert!(
            !NOT_BELOW_DOMAIN.contains(&name),
            "{name} lies below call-domain"
        );
        if !seen.insert(id.clone()) || name == "uuid" {
            continue;
        }
        let node = resolve
            .nodes
            .iter()
            .find(|node| node.id == id)
            .expect("a node");
        let normal = node.deps.iter().filter(|dep| {
            let kinds = &dep.dep_kinds;
            kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
        });
        next.extend(normal.map(|dep| dep.pkg.clone()));
    }
    assert!(
        seen.len() > DOMAIN_MAY_USE.len(),
        "the walk saw {seen:?} only"
    );
}

#[test]
fn what_breaks_between_patch_releases_is_pinned() {
    for package in ours().into_values() {
        let pinned = ["webrtc", "rtc"];
        for dependency in package
            .dependencies
            .iter()
            .filter(|d| pinned.contains(&&*d.name))
        {
            let version = dependency.req.to_string();
            assert!(version.starts_with('='), "{} {version}", dependency.name);
        }
    }
}

#[test]
fn every_crate_says_what_it_is_and_inherits_the_lints() {
    for (name, package) in ours() {
        assert!(
            package
                .description
                .as_ref()
                .is_some_and(|d| d.ends_with('.')),
            "{name}"
        );
        assert_eq!(
            package.license.as_deref(),
            Some("MIT OR Apache-2.0"),
            "{name}"
        );
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{name} has its own lints"
        );
    }
}

#[test]
fn a_library_by_itself_pulls_no_server_in() {
    // Cheap defaults: whoever embeds the quality model or the credentials wants nothing else.
    for name in ["call-domain", "call-media", "call-recording", "call-turn"] {
        let package = ours()[name];
        let default = package
            .features
            .get("default")
            .map_or(&[][..], Vec::as_slice);
        assert!(
            default.is_empty(),
            "{name} has default features {default:?}"
        );
    }
}
