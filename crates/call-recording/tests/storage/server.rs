use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use call_recording::storage::{S3Config, SecretKey, Storage, StorageConfig};
use serde_json::{Value, json};

pub(crate) const SECRET: &str = "a secret of a test";
pub(crate) const KEY_ID: &str = "a-key-of-a-test";

/// An interpreter starts on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// `tests/peers/s3_server.py`, with a bucket `calls`.
pub(crate) struct Server {
    child: Child,
    input: ChildStdin,
    lines: Receiver<Value>,
    pub(crate) port: u16,
    /// What it answered since it was asked last.
    answered: Vec<Request>,
}

/// What it keeps.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) objects: Vec<String>,
    /// Uploads that are not complete.
    pub(crate) uploads: u64,
}

/// A request that it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Counted from 1, as S3 does.
    pub(crate) part: Option<u64>,
    pub(crate) status: u64,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// It speaks TLS, with a certificate that it writes there.
    pub(crate) fn with_tls(certificate: &Path) -> Self {
        Self::with(&["--tls".as_ref(), certificate.as_os_str()])
    }

    fn with(options: &[&std::ffi::OsStr]) -> Self {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let python = top.join("target/peers/bin/python");
        assert!(
            python.exists(),
            "no {}: `cargo xtask test --only packages,peers` makes it",
            python.display()
        );
        let mut child = Command::new(python)
            .arg(top.join("tests/peers/s3_server.py"))
            .args(["--bucket", "calls", "--key-id", KEY_ID, "--secret", SECRET])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        let (teller, lines) = channel();
        std::thread::spawn(move || {
            for line in output.map_while(Result::ok) {
                let line: Value = serde_json::from_str(&line).expect("JSON");
                if teller.send(line).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take().unwrap();
        let first = lines.recv_timeout(PATIENCE).expect("it starts");
        let port = first["port"].as_u64().unwrap();
        Self {
            child,
            input,
            lines,
            port: u16::try_from(port).unwrap(),
            answered: Vec::new(),
        }
    }

    /// The requests that it answered since it was asked last.
    pub(crate) fn requests(&mut self) -> Vec<Request> {
        self.command(&json!({}));
        std::mem::take(&mut self.answered)
    }

    pub(crate) fn kept(&mut self) -> Kept {
        self.command(&json!({}))
    }

    /// Its clock is so far ahead.
    pub(crate) fn move_clock(&mut self, by: Duration) {
        self.command(&json!({"clock": by.as_secs()}));
    }

    /// It throws away uploads that are not complete.
    pub(crate) fn forget_uploads(&mut self) {
        self.command(&json!({"forget": true}));
    }

    fn command(&mut self, command: &Value) -> Kept {
        writeln!(self.input, "{command}").unwrap();
        loop {
            let line = self.lines.recv_timeout(PATIENCE).expect("it answers");
            if line["objects"].is_null() {
                self.answered.push(Request {
                    method: line["method"].as_str().unwrap().to_owned(),
                    part: line["part"].as_u64(),
                    status: line["status"].as_u64().unwrap(),
                });
                continue;
            }
            let objects = line["objects"].as_array().unwrap().iter();
            return Kept {
                objects: objects.map(|key| key.as_str().unwrap().into()).collect(),
                uploads: line["uploads"].as_u64().unwrap(),
            };
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How to reach a server on that port.
pub(crate) fn config(port: u16) -> S3Config {
    S3Config {
        location: "s3://calls/some/where".parse().unwrap(),
        endpoint: Some(format!("http://127.0.0.1:{port}")),
        region: String::new(),
        access_key_id: KEY_ID.to_owned(),
        secret_access_key: SecretKey::new(SECRET),
        allow_http: true,
    }
}

pub(crate) fn storage(config: S3Config) -> Storage {
    Storage::new(&StorageConfig::S3(config)).unwrap()
}

/// A file with bytes of no pattern.
pub(crate) fn file_of(folder: &Path, length: usize) -> (PathBuf, Vec<u8>) {
    let mut state = 1u32;
    let content: Vec<u8> = std::iter::repeat_with(|| {
        // Numerical Recipes' generator: its upper bits will do.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(length)
    .collect();
    let path = folder.join("file");
    std::fs::write(&path, &content).unwrap();
    (path, content)
}
