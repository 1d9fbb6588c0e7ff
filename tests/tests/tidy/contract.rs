//! What clients and operators were promised is there, and is written down.

use crate::files::{files, read};

const ROUTES: [(&str, &str); 20] = [
    ("post", "/api/calls/initiate"),
    ("post", "/api/calls/{id}/answer"),
    ("post", "/api/calls/{id}/reject"),
    ("post", "/api/calls/{id}/end"),
    ("post", "/api/calls/{id}/leave"),
    ("patch", "/api/calls/{id}/media"),
    ("post", "/api/calls/{id}/participants"),
    ("patch", "/api/calls/{id}/participants/{userId}"),
    ("delete", "/api/calls/{id}/participants/{userId}"),
    ("post", "/api/calls/{id}/participants/{userId}/mute"),
    ("post", "/api/calls/{id}/join"),
    ("put", "/api/calls/{id}/hand"),
    ("get", "/api/calls/{id}/stats"),
    ("get", "/api/calls/turn-credentials"),
    ("get", "/api/calls/{id}"),
    ("get", "/api/calls"),
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/metrics"),
    ("get", "/api/openapi.json"),
];

const MESSAGES: [&str; 32] = [
    "session:hello",
    "session:refresh",
    "session:ping",
    "session:pong",
    "session:ready",
    "ack",
    "error",
    "call:offer",
    "call:answer",
    "call:ice-candidate",
    "call:alerting",
    "call:connected",
    "call:stats",
    "call:sync",
    "call:incoming",
    "call:ringing",
    "call:participant-joined",
    "call:participant-left",
    "call:media-state-changed",
    "call:quality-changed",
    "call:updated",
    "call:ended",
    "call:reaction",
    "media:offer",
    "media:answer",
    "media:candidate",
    "media:subscription",
    "media:publication",
    "media:restart",
    "media:speakers",
    "media:switched",
    "presence:changed",
];

const CLOSE_CODES: [&str; 5] = ["4400", "4401", "4408", "4409", "4429"];

const KEYS: [(&str, &[&str]); 9] = [
    ("", &["dev", "dev_allow_remote"]),
    ("server", &["host", "port", "allowed_origins", "public_url"]),
    ("database", &["url"]),
    ("auth", &["hs256_secrets", "public_key_files", "jwks_file"]),
    ("turn", &["secrets", "uris", "ttl"]),
    (
        "policy",
        &[
            "ring_timeout",
            "unreachable_timeout",
            "connect_timeout",
            "reconnect_grace",
            "caller_gone_timeout",
            "alone_timeout",
            "max_duration",
            "busy",
            "mesh_max",
            "topology",
            "sfu_from",
            "p2p_return_after",
            "max_participants",
        ],
    ),
    (
        "sfu",
        &[
            "enabled",
            "listen",
            "external_ip",
            "shards",
            "video_codecs",
            "simulcast",
            "last_n",
        ],
    ),
    ("limits", &["initiate_per_minute", "messages_per_second"]),
    ("presence", &["directory"]),
];

fn all(folder: &str, ending: &str) -> String {
    let files = files(folder, &[ending]);
    files
        .into_iter()
        .map(|file| file.text)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn every_route_is_served_and_described() {
    let server = all("crates/call-server/src", ".rs");
    for (method, path) in ROUTES {
        assert!(
            server.contains(&format!("\"{path}\"")),
            "{method} {path} is not served"
        );
    }
}

#[test]
fn every_message_is_in_the_wire_and_in_its_description() {
    let wire = all("crates/call-signal/src/wire", ".rs");
    let description = read("docs/asyncapi.yaml");
    let protocol = read("docs/protocol.md");
    for message in MESSAGES {
        assert!(
            wire.contains(&format!("rename = \"{message}\"")),
            "{message} is not in the wire"
        );
        assert!(
            description.contains(message),
            "{message} is not in docs/asyncapi.yaml"
        );
        assert!(
            protocol.contains(message),
            "{message} is not in docs/protocol.md"
        );
    }
}

#[test]
fn every_close_code_is_described() {
    let protocol = read("docs/protocol.md");
    for code in CLOSE_CODES {
        assert!(protocol.contains(code), "{code} is not in docs/protocol.md");
    }
}

#[test]
fn every_setting_stands_in_the_file_of_defaults() {
    let text = read("config/default.toml");
    let mut section = "";
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = name;
        } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            found.push((section, key));
        }
    }
    for (section, keys) in KEYS {
        for key in keys {
            assert!(
                found.contains(&(section, *key)),
                "[{section}] {key} is missing"
            );
        }
    }
}
