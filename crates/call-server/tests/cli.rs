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

/// For a relay that is in nobody's way.
const LISTEN: (&str, &str) = ("CALL__TURN__LISTEN", "udp:127.0.0.1:0,tcp:127.0.0.1:0");

/// For an SFU that is in nobody's way.
const SFU_LISTEN: (&str, &str) = ("CALL__SFU__LISTEN", "udp:127.0.0.1:0,tcp:127.0.0.1:0");

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
            .envs([SFU_LISTEN])
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
             [turn]\nembedded = false\nexternal = [\"turn:turn.example.com:3478\"]\n\
             secrets = [\"Jw0m2hX5bVgkz0tA\"]\n\
             [sfu]\nenabled = false\n"
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
    let output = operator.run(&["check"], &[("CALL__DEV", "true"), LISTEN]);
    assert!(output.status.success(), "{output:?}");
    let printed = out(&output);
    assert!(
        printed
            .iter()
            .any(|line| line.contains("migrations are pending")),
        "{printed:#?}"
    );
    for beginning in ["warning: dev: ", "warning: server.allowed_origins: empty"] {
        assert!(
            printed.iter().any(|line| line.starts_with(beginning)),
            "{printed:#?}"
        );
    }
}

/// Lines that `check` prints about the relay.
fn about_relay(output: &Output) -> Vec<String> {
    let lines = out(output).into_iter();
    lines
        .filter(|line| line.contains("relay") || line.contains("turn."))
        .collect()
}

#[test]
fn check_asks_the_relay() {
    let operator = Operator::new();
    let output = operator.run(&["check"], &[("CALL__DEV", "true"), LISTEN]);
    assert!(output.status.success(), "{output:?}");
    let said = about_relay(&output);
    assert_eq!(said.len(), 2, "{said:#?}");
    assert!(said[0].starts_with("ok: turn.listen: the relay answers at 127.0.0.1:"));
    assert!(
        said[0].ends_with("(udp)") && said[1].ends_with("(tcp)"),
        "{said:#?}"
    );
    assert!(
        !operator.folder.path().join("data/turn-secret").exists(),
        "nothing is made up for good"
    );
}

#[test]
fn check_warns_of_a_relay_that_is_not_reached_by_its_name() {
    let operator = Operator::new();
    let output = operator.run(
        &["check"],
        &[
            ("CALL__DEV", "true"),
            // An address of this host where nothing listens.
            ("CALL__TURN__LISTEN", "tcp:127.0.0.1:0"),
            ("CALL__TURN__EXTERNAL_IP", "127.9.9.9"),
        ],
    );
    assert!(output.status.success(), "{output:?}");
    let said = about_relay(&output);
    assert_eq!(said.len(), 2, "{said:#?}");
    assert!(
        said[1].starts_with("warning: the relay is not reached from here at 127.9.9.9:"),
        "{said:#?}"
    );
}

#[test]
fn check_tells_a_relay_that_runs_from_others() {
    let operator = Operator::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let listen = format!("tcp:{}", taken.local_addr().expect("an address"));
    let dev = ("CALL__DEV", "true");
    let settings = [dev, ("CALL__TURN__LISTEN", listen.as_str())];
    // Somebody who takes connections and then hangs up.
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stopped = std::sync::Arc::clone(&stop);
    let address = taken.local_addr().expect("an address");
    let mute = std::thread::spawn(move || {
        for connection in taken.incoming() {
            drop(connection);
            if stopped.load(std::sync::atomic::Ordering::Acquire) {
                return;
            }
        }
    });
    let output = operator.run(&["check"], &settings);
    stop.store(true, std::sync::atomic::Ordering::Release);
    drop(std::net::TcpStream::connect(address));
    mute.join().expect("ended");
    assert_eq!(output.status.code(), Some(1));
    let said = about_relay(&output);
    assert!(
        said[0].starts_with(&format!(
            "error: turn.listen: cannot listen on {address} (tcp): "
        )),
        "{said:#?}"
    );
    let secret = call_turn::Secret::new("a relay that runs").expect("a secret");
    let relay = call_turn::RelayServer::start(&call_turn::RelayConfig {
        tcp: vec!["127.0.0.1:0".parse().expect("an address")],
        secrets: vec![secret],
        ..call_turn::RelayConfig::default()
    })
    .expect("it runs");
    let address = relay.addresses()[0].bound;
    let listen = format!("tcp:{address}");
    let output = operator.run(&["check"], &[dev, ("CALL__TURN__LISTEN", &listen)]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        about_relay(&output)[0],
        format!(
            "ok: turn.listen: {address} (tcp) is in use and answers: by this server, if it runs"
        )
    );
}

/// Lines that `check` prints about the SFU.
fn about_sfu(output: &Output) -> Vec<String> {
    let lines = out(output).into_iter();
    lines
        .filter(|line| line.contains("SFU") || line.contains("sfu."))
        .collect()
}

#[test]
fn check_tries_the_sfu() {
    let operator = Operator::new();
    let dev = ("CALL__DEV", "true");
    let output = operator.run(&["check"], &[dev, LISTEN]);
    assert!(output.status.success(), "{output:?}");
    let said = about_sfu(&output);
    assert_eq!(said.len(), 2, "{said:#?}");
    assert!(said[0].starts_with("ok: sfu.listen: the SFU can listen on 127.0.0.1:"));
    assert!(
        said[0].ends_with("(udp)") && said[1].ends_with("(tcp)"),
        "{said:#?}"
    );
    let outside = ("CALL__SFU__EXTERNAL_IP", "127.9.9.9");
    let output = operator.run(&["check"], &[dev, LISTEN, outside]);
    assert!(output.status.success(), "{output:?}");
    let said = about_sfu(&output);
    assert!(
        said[2].starts_with("warning: the SFU is not reached from here at 127.9.9.9:"),
        "{said:#?}"
    );
}

#[test]
fn check_tells_taken_ports_of_the_sfu_from_impossible_ones() {
    let operator = Operator::new();
    let dev = ("CALL__DEV", "true");
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    let listen = format!("udp:{address}");
    let output = operator.run(&["check"], &[dev, LISTEN, ("CALL__SFU__LISTEN", &listen)]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        about_sfu(&output),
        [format!(
            "ok: sfu.listen: {address} (udp) is in use: by this server, if it runs"
        )]
    );
    // No host has an address of the documentation.
    let nowhere = ("CALL__SFU__LISTEN", "udp:192.0.2.1:7882");
    let output = operator.run(&["check"], &[dev, LISTEN, nowhere]);
    assert_eq!(output.status.code(), Some(1));
    let said = about_sfu(&output);
    let expected = "error: sfu.listen: cannot listen on 192.0.2.1:7882 (udp): ";
    assert!(said[0].starts_with(expected), "{said:#?}");
}

#[test]
fn a_taken_port_of_the_sfu_is_named() {
    let udp = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    for (protocol, address) in [
        ("udp", udp.local_addr().expect("an address")),
        ("tcp", tcp.local_addr().expect("an address")),
    ] {
        let operator = Operator::new();
        let listen = format!("{protocol}:{address}");
        let output = operator.run(
            &["serve"],
            &[
                ("CALL__AUTH__HS256_SECRETS", SECRET),
                ("CALL__SERVER__PORT", "0"),
                ("CALL__SFU__LISTEN", &listen),
                LISTEN,
            ],
        );
        assert_eq!(output.status.code(), Some(1));
        let said = err(&output).concat();
        let expected = format!("sfu.listen: cannot listen on {address} ({protocol}): ");
        assert!(said.contains(&expected), "{said}");
        assert!(said.contains("or set sfu.enabled = false"), "{said}");
        assert!(
            !operator.folder.path().join("data").exists(),
            "and nothing was written"
        );
    }
}

/// Lines that `check` prints about recordings.
fn about_recordings(output: &Output) -> Vec<String> {
    let lines = out(output).into_iter();
    lines.filter(|line| line.contains("recording.")).collect()
}

#[test]
fn check_says_whether_calls_can_be_recorded() {
    let operator = Operator::new();
    let dev = ("CALL__DEV", "true");
    let no_ffmpeg = ("CALL__RECORDING__FFMPEG", "no-such-program");
    let output = operator.run(&["check"], &[dev, LISTEN, no_ffmpeg]);
    assert!(output.status.success(), "{output:?}");
    let said = about_recordings(&output);
    assert!(
        said[0].starts_with("ok: recording.folder: ") && said[0].ends_with(" can be written"),
        "{said:#?}"
    );
    let ffmpeg = said.last().expect("about ffmpeg");
    assert!(
        ffmpeg.starts_with("warning: recording.ffmpeg: ffmpeg cannot be run"),
        "{said:#?}"
    );
    let mixed = [
        ("CALL__RECORDING__POLICY", "force"),
        ("CALL__RECORDING__MODE", "mixed"),
    ];
    let all = [dev, LISTEN, no_ffmpeg, mixed[0], mixed[1]];
    let output = operator.run(&["check"], &all);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = about_recordings(&output);
    assert!(
        said.iter()
            .any(|line| line.starts_with("error: recording.ffmpeg: ")),
        "{said:#?}"
    );
}

#[test]
fn check_tries_the_folder_and_the_store_of_recordings() {
    let operator = Operator::new();
    let dev = ("CALL__DEV", "true");
    let no_folder = operator.file("no-folder", "a file");
    let output = operator.run(
        &["check"],
        &[
            dev,
            LISTEN,
            ("CALL__RECORDING__FOLDER", no_folder.as_str()),
            ("CALL__RECORDING__STORE", "s3://calls/recordings"),
            // Nothing listens there.
            ("CALL__RECORDING__S3_ENDPOINT", "http://127.0.0.1:1"),
            ("CALL__RECORDING__S3_ALLOW_HTTP", "true"),
            ("CALL__RECORDING__S3_ACCESS_KEY_ID", "id"),
            ("CALL__RECORDING__S3_SECRET_ACCESS_KEY", "never-to-be-shown"),
        ],
    );
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = about_recordings(&output);
    for beginning in [
        "error: recording.folder: ",
        "error: recording.store: s3://calls/recordings: ",
        "warning: recording.s3_endpoint: not encrypted",
    ] {
        assert!(
            said.iter().any(|line| line.starts_with(beginning)),
            "{said:#?}"
        );
    }
    assert!(!format!("{output:?}").contains("never-to-be-shown"));
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
            LISTEN,
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

/// Every kind of socket: the relay shares its addresses between its threads, and a second relay
/// must not share them, too.
#[test]
fn a_taken_port_of_the_relay_is_named() {
    let secret = call_turn::Secret::new("a relay that runs").expect("a secret");
    let relay = call_turn::RelayServer::start(&call_turn::RelayConfig {
        udp: vec!["127.0.0.1:0".parse().expect("an address")],
        tcp: vec!["127.0.0.1:0".parse().expect("an address")],
        secrets: vec![secret],
        ..call_turn::RelayConfig::default()
    })
    .expect("it runs");
    for listener in relay.addresses() {
        let operator = Operator::new();
        let (transport, address) = (listener.transport.as_str(), listener.bound);
        let listen = format!("{transport}:{address}");
        let output = operator.run(
            &["serve"],
            &[
                ("CALL__AUTH__HS256_SECRETS", SECRET),
                ("CALL__SERVER__PORT", "0"),
                ("CALL__TURN__LISTEN", &listen),
            ],
        );
        assert_eq!(output.status.code(), Some(1));
        let said = err(&output).concat();
        let expected = format!("turn.listen: cannot listen on {address} ({transport}): ");
        assert!(said.contains(&expected), "{said}");
        assert!(said.contains("or set turn.embedded = false"), "{said}");
        assert!(
            !operator.folder.path().join("data").exists(),
            "and nothing was written"
        );
    }
}

#[test]
fn a_certificate_that_cannot_be_read_is_named() {
    let operator = Operator::new();
    let output = operator.run(
        &["serve"],
        &[
            ("CALL__AUTH__HS256_SECRETS", SECRET),
            ("CALL__SERVER__PORT", "0"),
            ("CALL__TURN__LISTEN", "tls:127.0.0.1:0"),
            ("CALL__TURN__CERTIFICATE_FILE", "/no/chain.pem"),
            ("CALL__TURN__KEY_FILE", "/no/key.pem"),
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    let said = err(&output).concat();
    assert!(
        said.contains("turn.certificate_file: cannot read /no/chain.pem: "),
        "{said}"
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
            LISTEN,
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    let said = err(&output).concat();
    assert!(
        said.contains("call-server: database.url: ") || said.contains("the database"),
        "{said}"
    );
}
