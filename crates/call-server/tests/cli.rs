//! The command line, as an operator sees it.

// A test that cannot go on has failed: panicking says so.
#![allow(clippy::expect_used)]

use std::path::Path;
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use tempfile::TempDir;

const SECRET: &str = "q8KkXqvUe5v0Yz3m1tqTQeYwB2nqXc9H";

struct Operator {
    folder: TempDir,
}

impl Operator {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_call-server"))
            .args(arguments)
            .env_clear()
            .envs(variables.iter().copied())
            .current_dir(self.folder.path())
            .output()
            .expect("the binary runs")
    }
}

fn out(output: &Output) -> Vec<String> {
    lines(&output.stdout)
}

fn err(output: &Output) -> Vec<String> {
    lines(&output.stderr)
}

fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes)
        .lines()
        .map(str::to_owned)
        .collect()
}

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
}

#[test]
fn token_prints_a_token_and_nothing_else() {
    let operator = Operator::new();
    let output = operator.run(
        &[
            "token", "--user", "alice", "--name", "Alice", "--ttl", "2h", "--role", "admin",
        ],
        &[("CALL__AUTH__HS256_SECRETS", SECRET)],
    );
    assert!(output.status.success(), "{output:?}");
    let printed = out(&output);
    assert_eq!(printed.len(), 1);
    let claims = claims(&printed[0]);
    assert_eq!(claims["sub"], "alice");
    assert_eq!(claims["name"], "Alice");
    assert_eq!(claims["roles"], serde_json::json!(["admin"]));
    assert!(claims["exp"].is_u64());
}

#[test]
fn token_needs_a_secret_and_sound_arguments() {
    let operator = Operator::new();
    let without = operator.run(&["token", "--user", "alice"], &[]);
    assert_eq!(without.status.code(), Some(1));
    assert_eq!(
        err(&without),
        [
            "call-server: auth: no key is configured; set auth.hs256_secrets, auth.public_key_files or \
          auth.jwks_file"
        ]
    );
    let key = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/rsa-public.pem");
    let public = key.display().to_string();
    let public_only = operator.run(
        &["token", "--user", "alice"],
        &[("CALL__AUTH__PUBLIC_KEY_FILES", &public)],
    );
    assert_eq!(public_only.status.code(), Some(1));
    assert!(err(&public_only)[0].starts_with("call-server: there is no secret to sign with"));
    let secret = [("CALL__AUTH__HS256_SECRETS", SECRET)];
    for arguments in [
        &["token", "--user", "a b"][..],
        &["token", "--user", "alice", "--ttl", "1w"],
        &["token"],
    ] {
        assert_eq!(
            operator.run(arguments, &secret).status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
}

#[test]
fn in_development_tokens_outlive_a_restart() {
    let operator = Operator::new();
    let dev = [
        ("CALL__DEV", "true"),
        ("CALL__DATABASE__URL", "sqlite://kept/calls.sqlite3"),
    ];
    let signature = |output: Output| {
        assert!(output.status.success(), "{output:?}");
        let printed = out(&output).concat();
        let header_and_key = printed.rsplit_once('.').expect("three parts").0.to_owned();
        (header_and_key, printed)
    };
    signature(operator.run(&["token", "--user", "alice"], &dev));
    let path = operator.folder.path().join("kept/dev-secret");
    let secret = std::fs::read_to_string(&path).expect("kept");
    let (_, token) = signature(operator.run(&["token", "--user", "alice"], &dev));
    assert_eq!(std::fs::read_to_string(&path).expect("kept"), secret);
    assert!(!token.contains(&secret));
}

#[test]
fn wrong_settings_are_listed_one_in_a_line() {
    let operator = Operator::new();
    let file = operator.file(
        "calls.toml",
        "[policy]\nring_timeout = \"soon\"\nbusy = \"maybe\"\n",
    );
    let output = operator.run(&["serve", "--config", &file], &[("CALL__SEVER__PORT", "1")]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        err(&output),
        [
            "call-server: the configuration is wrong:".to_owned(),
            "  sever.port: unknown key; did you mean server.port? (environment variable \
             CALL__SEVER__PORT)"
                .to_owned(),
            format!("  policy.ring_timeout: must be a number of seconds above 0 (file {file})"),
            format!("  policy.busy: must be one of \"reject\", \"waiting\" (file {file})"),
        ]
    );
    assert_eq!(out(&output), Vec::<String>::new());
}

#[test]
fn migrate_goes_up_and_down() {
    let operator = Operator::new();
    let pending = out(&operator.run(&["migrate", "pending"], &[]));
    assert!(!pending.is_empty() && pending.iter().all(|line| line.starts_with("pending ")));
    let up = out(&operator.run(&["migrate"], &[]));
    assert_eq!(up.len(), pending.len());
    assert!(up.iter().all(|line| line.starts_with("ran ")), "{up:?}");
    assert_eq!(
        out(&operator.run(&["migrate", "up"], &[])),
        ["nothing to do"]
    );
    assert_eq!(
        out(&operator.run(&["migrate", "pending"], &[])),
        ["nothing pending"]
    );
    for _ in &up {
        let down = out(&operator.run(&["migrate", "down"], &[]));
        assert!(down[0].starts_with("reverted "), "{down:?}");
    }
    assert_eq!(
        out(&operator.run(&["migrate", "down"], &[])),
        ["nothing to do"]
    );
    assert_eq!(out(&operator.run(&["migrate", "pending"], &[])), pending);
}

#[test]
fn check_is_content_with_a_server_for_production() {
    let operator = Operator::new();
    let file = operator.file(
        "calls.toml",
        &format!(
            "[auth]\nhs256_secrets = [\"{SECRET}\"]\n\
             [server]\nallowed_origins = [\"https://app.example.com\"]\n\
             [turn]\nuris = [\"turn:turn.example.com:3478\"]\nsecrets = [\"Jw0m2hX5bVgkz0tA\"]\n"
        ),
    );
    assert!(
        operator
            .run(&["migrate", "--config", &file], &[])
            .status
            .success()
    );
    let output = operator.run(&["check", "--config", &file], &[]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        out(&output),
        [
            "ok: the settings are well formed",
            "ok: the keys for tokens can be read",
            "ok: the database is reached and up to date",
        ]
    );
}

#[test]
fn check_warns_of_what_is_unfit() {
    let operator = Operator::new();
    let output = operator.run(&["check"], &[("CALL__DEV", "true")]);
    assert!(output.status.success(), "{output:?}");
    let printed = out(&output);
    assert!(
        printed
            .iter()
            .any(|line| line.contains("migrations are pending")),
        "{printed:#?}"
    );
    for beginning in [
        "warning: dev: ",
        "warning: turn.secrets: no TURN",
        "warning: server.allowed_origins: empty",
    ] {
        assert!(
            printed.iter().any(|line| line.starts_with(beginning)),
            "{printed:#?}"
        );
    }
}

#[test]
fn check_fails_when_something_is_out_of_reach() {
    let operator = Operator::new();
    let output = operator.run(
        &["check"],
        &[
            (
                "CALL__DATABASE__URL",
                "postgres://calls:hush@127.0.0.1:1/calls",
            ),
            ("CALL__AUTH__PUBLIC_KEY_FILES", "/no/such.pem"),
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    let printed = out(&output);
    assert!(
        printed
            .iter()
            .any(|line| line
                .starts_with("error: auth.public_key_files: /no/such.pem cannot be read")),
        "{printed:#?}"
    );
    assert!(
        printed
            .iter()
            .any(|line| line.starts_with("error: database.url: ")),
        "{printed:#?}"
    );
    assert!(!format!("{output:?}").contains("hush"));
    assert_eq!(err(&output), ["call-server: 2 of the checks failed"]);
}

#[test]
fn a_taken_port_is_named() {
    let operator = Operator::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let output = operator.run(
        &["serve"],
        &[
            ("CALL__AUTH__HS256_SECRETS", SECRET),
            ("CALL__SERVER__PORT", &port),
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    let said = err(&output).concat();
    assert!(
        said.contains(&format!("cannot listen on 127.0.0.1:{port}: ")),
        "{said}"
    );
    assert!(
        !operator.folder.path().join("data").exists(),
        "and the database was left alone"
    );
}

#[test]
fn a_database_that_cannot_be_opened_is_named() {
    let operator = Operator::new();
    operator.file(
        "calls.sqlite3",
        "this is no database, but a text that is long enough to tell",
    );
    let output = operator.run(
        &["serve"],
        &[
            ("CALL__AUTH__HS256_SECRETS", SECRET),
            ("CALL__SERVER__PORT", "0"),
            ("DATABASE_URL", "sqlite://calls.sqlite3"),
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    let said = err(&output).concat();
    assert!(
        said.contains("call-server: database.url: ") || said.contains("the database"),
        "{said}"
    );
}
