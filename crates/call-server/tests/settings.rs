//! What operators write, and what they are told about it.

// A test that cannot go on has failed: panicking says so.
#![allow(clippy::expect_used)]

use std::path::PathBuf;
use std::time::Duration;

use call_server::settings::{LogFormat, Settings, SettingsError};
use tempfile::TempDir;

fn load(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    Settings::load_from(None, owned(variables))
}

fn owned(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

fn lines(result: Result<Settings, SettingsError>) -> Vec<String> {
    let error = result.expect_err("the settings are wrong");
    error.complaints.iter().map(ToString::to_string).collect()
}

fn file(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("calls.toml");
    std::fs::write(&path, text).expect("written");
    (folder, path)
}

#[test]
fn the_defaults_are_safe() {
    let settings = load(&[]).expect("the defaults are right");
    assert!(!settings.dev);
    assert!(!settings.presence.directory);
    assert!(settings.server.host.is_loopback());
    assert!(!settings.server.metrics_public);
    assert!(settings.auth.hs256_secrets.is_empty());
    assert_eq!(settings.server.port, 8080);
    assert_eq!(
        settings.database.url.expose(),
        "sqlite://data/calls.sqlite3"
    );
    assert_eq!(settings.turn.ttl, Duration::from_hours(24));
    assert_eq!(settings.limits.initiate_per_minute, 30);
    assert_eq!(settings.log.format, LogFormat::Human);
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let (_folder, path) = file("[policy]\nring_timeout = 20\nconnect_timeout = 1.5\n");
    let settings = Settings::load_from(Some(&path), owned(&[("CALL__POLICY__RING_TIMEOUT", "10")]))
        .expect("right");
    assert_eq!(settings.policy.ring_timeout, Duration::from_secs(10));
    assert_eq!(settings.policy.connect_timeout, Duration::from_millis(1500));
    assert_eq!(settings.policy.alone_timeout, Duration::from_mins(1));
}

#[test]
fn lists_in_the_environment_are_separated_by_commas() {
    let settings = load(&[
        (
            "CALL__SERVER__ALLOWED_ORIGINS",
            "https://a.example, http://b.example:3000,",
        ),
        ("CALL__AUTH__PUBLIC_KEY_FILES", "/a.pem,/b.pem"),
    ])
    .expect("right");
    let origins: Vec<String> = settings
        .server
        .allowed_origins
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(origins, ["https://a.example", "http://b.example:3000"]);
    assert_eq!(
        settings.auth.public_key_files,
        [PathBuf::from("/a.pem"), PathBuf::from("/b.pem")]
    );
}

#[test]
fn well_known_variables_are_honoured() {
    let settings = load(&[
        ("DATABASE_URL", "postgres://u:p@db/calls"),
        ("TURN_SERVER_HOST", "turn.example.com"),
        ("TURN_SERVER_PORT", "3479"),
        ("TURN_SECRET", "one, secret"),
        ("TURN_TTL", "600"),
    ])
    .expect("right");
    assert_eq!(settings.database.url.expose(), "postgres://u:p@db/calls");
    let uris: Vec<String> = settings.turn.uris.iter().map(ToString::to_string).collect();
    assert_eq!(
        uris,
        [
            "stun:turn.example.com:3479",
            "turn:turn.example.com:3479?transport=udp",
            "turn:turn.example.com:3479?transport=tcp",
        ]
    );
    assert!(!settings.turn.embedded, "the server elsewhere is enough");
    assert_eq!(settings.turn.secrets.len(), 1);
    assert_eq!(settings.turn.secrets[0].expose(), "one, secret");
    assert_eq!(settings.turn.ttl, Duration::from_mins(10));
}

#[test]
fn our_own_variables_win_over_well_known_ones() {
    let settings = load(&[
        ("DATABASE_URL", "postgres://u:p@db/calls"),
        ("CALL__DATABASE__URL", "sqlite://other.sqlite3"),
    ])
    .expect("right");
    assert_eq!(settings.database.url.expose(), "sqlite://other.sqlite3");
}

#[test]
fn empty_well_known_variables_count_as_unset() {
    let settings = load(&[
        ("DATABASE_URL", ""),
        ("TURN_SERVER_HOST", " "),
        ("TURN_SECRET", ""),
    ])
    .expect("right");
    assert_eq!(
        settings.database.url.expose(),
        "sqlite://data/calls.sqlite3"
    );
    assert!(settings.turn.uris.is_empty());
}

#[test]
fn an_unknown_key_names_the_nearest_known_one_and_its_source() {
    assert_eq!(
        lines(load(&[("CALL__POLICY__RING_TIMOUT", "3")])),
        [
            "policy.ring_timout: unknown key; did you mean policy.ring_timeout? \
          (environment variable CALL__POLICY__RING_TIMOUT)"
        ]
    );
    let (_folder, path) = file("[sever]\nport = 1\n");
    assert_eq!(
        lines(Settings::load_from(Some(&path), [])),
        [format!(
            "sever.port: unknown key; did you mean server.port? (file {})",
            path.display()
        )]
    );
}

#[test]
fn a_value_in_the_place_of_a_section_is_one_complaint() {
    assert_eq!(
        lines(load(&[("CALL__SERVER", "x")])),
        ["server: unknown key; did you mean server.port? (environment variable CALL__SERVER)"]
    );
}

#[test]
fn every_wrong_value_is_one_line_and_all_are_reported_together() {
    let (_folder, path) = file(
        "dev = \"maybe\"\n[server]\nport = 70000\nallowed_origins = [\"example.com\"]\n\
         [limits]\ninitiate_per_minute = 0\n[log]\nformat = \"xml\"\n",
    );
    let source = format!("(file {})", path.display());
    let complaints = lines(Settings::load_from(
        Some(&path),
        owned(&[
            ("CALL__POLICY__RING_TIMEOUT", "-1"),
            ("CALL__POLICY__BUSY", "later"),
            ("CALL__TURN__URIS", "http://turn.example.com"),
            ("CALL__DATABASE__URL", "mysql://db"),
            ("TURN_TTL", "soon"),
        ]),
    ));
    let expected = [
        format!("dev: must be true or false {source}"),
        format!("server.port: must be a whole number from 0 to 65535 {source}"),
        format!("server.allowed_origins: \"example.com\" is not of the form scheme://host[:port] {source}"),
        format!("limits.initiate_per_minute: must be a whole number from 1 to 1000000 {source}"),
        format!("log.format: must be one of \"human\", \"json\" {source}"),
        "policy.ring_timeout: must be a number of seconds above 0 \
         (environment variable CALL__POLICY__RING_TIMEOUT)".to_owned(),
        "policy.busy: must be one of \"reject\", \"waiting\" (environment variable CALL__POLICY__BUSY)".to_owned(),
        "database.url: must be sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME \
         (environment variable CALL__DATABASE__URL)".to_owned(),
        "turn.ttl: must be a number of seconds above 0 (environment variable TURN_TTL)".to_owned(),
    ];
    for line in expected {
        assert!(
            complaints.contains(&line),
            "{line:?} is missing in {complaints:#?}"
        );
    }
    assert!(
        complaints
            .iter()
            .any(|line| line.starts_with("turn.uris: `http://turn.example.com`"))
    );
    assert!(
        complaints.iter().all(|line| line.lines().count() == 1),
        "{complaints:#?}"
    );
}

#[test]
fn broken_toml_is_one_line_with_its_number_and_without_its_text() {
    let (_folder, path) = file("[auth]\nhs256_secrets = [\"do-not-show-this\n");
    let complaints = lines(Settings::load_from(Some(&path), []));
    assert_eq!(complaints.len(), 1);
    assert!(complaints[0].starts_with("line 2: "), "{complaints:?}");
    assert!(
        !complaints[0].contains("do-not-show-this"),
        "{complaints:?}"
    );
    assert_eq!(complaints[0].lines().count(), 1);
}

#[test]
fn a_missing_file_is_named() {
    let complaints = lines(Settings::load_from(Some("/no/such.toml".as_ref()), []));
    assert_eq!(complaints.len(), 1);
    assert!(
        complaints[0].starts_with("cannot be read: "),
        "{complaints:?}"
    );
    assert!(
        complaints[0].ends_with("(file /no/such.toml)"),
        "{complaints:?}"
    );
}

#[test]
fn dev_needs_loopback_or_force() {
    for host in ["127.0.0.1", "::1", "[::1]", "localhost"] {
        assert!(
            load(&[("CALL__DEV", "true"), ("CALL__SERVER__HOST", host)]).is_ok(),
            "{host}"
        );
    }
    let remote = [("CALL__DEV", "true"), ("CALL__SERVER__HOST", "0.0.0.0")];
    let complaints = lines(load(&remote));
    assert_eq!(complaints.len(), 1);
    assert!(
        complaints[0].starts_with("dev: hands tokens to anybody"),
        "{complaints:?}"
    );
    assert!(
        complaints[0].ends_with("(environment variable CALL__DEV)"),
        "{complaints:?}"
    );
    let forced = [remote[0], remote[1], ("CALL__DEV_ALLOW_REMOTE", "true")];
    assert!(load(&forced).is_ok());
}

#[test]
fn the_directory_follows_dev_unless_it_is_set() {
    let directory = |variables: &[(&str, &str)]| load(variables).expect("right").presence.directory;
    assert!(directory(&[("CALL__DEV", "true")]));
    assert!(!directory(&[
        ("CALL__DEV", "true"),
        ("CALL__PRESENCE__DIRECTORY", "off")
    ]));
    assert!(directory(&[("CALL__PRESENCE__DIRECTORY", "on")]));
}

#[test]
fn short_secrets_are_for_development_only() {
    let short = ("CALL__AUTH__HS256_SECRETS", "too-short");
    let complaints = lines(load(&[short]));
    assert_eq!(
        complaints,
        [
            "auth.hs256_secrets: secret 1 has 9 bytes; at least 32 are needed (openssl rand -base64 48) \
          (environment variable CALL__AUTH__HS256_SECRETS)"
        ]
    );
    let settings = load(&[short, ("CALL__DEV", "true")]).expect("allowed in development");
    assert!(
        settings
            .warnings()
            .iter()
            .any(|line| line.contains("shorter than 32 bytes"))
    );
}

#[test]
fn a_turn_server_needs_a_secret() {
    let complaints = lines(load(&[("TURN_SERVER_HOST", "turn.example.com")]));
    assert_eq!(complaints.len(), 1);
    assert!(
        complaints[0].starts_with("turn.secrets: "),
        "{complaints:?}"
    );
    assert!(load(&[("CALL__TURN__URIS", "stun:stun.example.com:3478")]).is_ok());
}

#[test]
fn secrets_are_never_shown() {
    let settings = load(&[
        ("DATABASE_URL", "postgres://user:hush-1@db/calls"),
        (
            "CALL__AUTH__HS256_SECRETS",
            "hush-2-hush-2-hush-2-hush-2-hush-2",
        ),
        ("TURN_SECRET", "hush-3"),
    ])
    .expect("right");
    assert!(!format!("{settings:?}").contains("hush"));
    let complaints = lines(load(&[
        ("CALL__DATABASE__URL", "hush://user:hush@db"),
        ("CALL__AUTH__HS256_SECRETS", "hush"),
        ("CALL__NO__KEY", "hush"),
    ]));
    assert_eq!(complaints.len(), 3);
    assert!(!complaints.concat().contains("hush"), "{complaints:?}");
}

#[test]
fn a_server_for_production_has_nothing_to_be_warned_of() {
    let settings = load(&[
        (
            "CALL__AUTH__HS256_SECRETS",
            "q8KkXqvUe5v0Yz3m1tqTQeYwB2nqXc9H",
        ),
        ("CALL__TURN__CERTIFICATE_FILE", "/etc/turn/chain.pem"),
        ("CALL__TURN__KEY_FILE", "/etc/turn/key.pem"),
        ("CALL__SERVER__PUBLIC_URL", "https://calls.example.com"),
        ("CALL__SERVER__ALLOWED_ORIGINS", "https://app.example.com"),
    ])
    .expect("right");
    assert_eq!(settings.warnings(), Vec::<String>::new());
}

#[test]
fn a_relay_that_few_reach_is_warned_of() {
    let warned = |variables: &[(&str, &str)]| {
        let warnings = load(variables).expect("right").warnings();
        let turn = warnings.iter().filter(|line| line.starts_with("turn."));
        turn.filter_map(|line| line.split_once(": ").map(|(key, _)| key.to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(warned(&[]), ["turn.listen", "turn.certificate_file"]);
    let public_url = ("CALL__SERVER__PUBLIC_URL", "https://calls.example.com");
    assert_eq!(warned(&[public_url]), ["turn.certificate_file"]);
    let everywhere = ("CALL__SERVER__HOST", "0.0.0.0");
    assert_eq!(warned(&[everywhere]), ["turn.certificate_file"]);
    assert!(warned(&[("CALL__DEV", "true")]).is_empty());
    let none = ("CALL__TURN__EMBEDDED", "false");
    assert_eq!(warned(&[none]), ["turn.embedded"]);
    let elsewhere = [
        none,
        ("CALL__TURN__EXTERNAL", "turn:turn.example.com:3478"),
        ("CALL__TURN__SECRETS", "Jw0m2hX5bVgkz0tA"),
    ];
    assert!(warned(&elsewhere).is_empty());
}

#[test]
fn an_sfu_that_nobody_reaches_is_warned_of() {
    let warned = |variables: &[(&str, &str)]| {
        let warnings = load(variables).expect("right").warnings();
        warnings.iter().any(|line| line.starts_with("sfu.listen: "))
    };
    assert!(warned(&[]));
    for variable in [
        ("CALL__DEV", "true"),
        ("CALL__SFU__ENABLED", "false"),
        ("CALL__SFU__LISTEN", "udp:192.0.2.1:7882"),
        ("CALL__SERVER__HOST", "0.0.0.0"),
        ("CALL__SERVER__PUBLIC_URL", "https://calls.example.com"),
    ] {
        assert!(!warned(&[variable]), "{variable:?}");
    }
}

#[test]
fn what_is_unfit_for_production_is_warned_of() {
    let settings = load(&[
        ("CALL__DEV", "true"),
        (
            "CALL__AUTH__HS256_SECRETS",
            "super-secret-jwt-token-with-at-least-32-characters-long",
        ),
        ("TURN_SECRET", "your-turn-secret-key"),
        ("CALL__SERVER__METRICS_PUBLIC", "true"),
    ])
    .expect("right");
    let warnings = settings.warnings();
    for beginning in [
        "dev:",
        "auth.hs256_secrets: contains a secret from a manual",
        "turn.secrets: contains a secret from a manual",
        "server.allowed_origins: empty",
        "server.metrics_public:",
    ] {
        assert!(
            warnings.iter().any(|line| line.starts_with(beginning)),
            "{beginning}: {warnings:#?}"
        );
    }
}
