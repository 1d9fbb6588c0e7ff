use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::{PATIENCE, Site};

/// The secret that test servers check tokens with.
const SECRET: &str = "a-secret-for-tests-only-0123456789abcdef";

/// A running server process with a data folder of its own.
#[derive(Debug)]
pub struct Server {
    child: Child,
    data: TempDir,
    launcher: Vec<String>,
    settings: Vec<(String, String)>,
    port: u16,
    site: Site,
}

impl Server {
    /// Starts a server on a free loopback port, on SQLite unless the settings name a database, and
    /// waits until it is ready. Settings are environment variables.
    ///
    /// # Panics
    /// When the server does not come up.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        Self::start_by(&[], settings).await
    }

    /// As [`Server::start`]; the launcher is a program and its arguments, which runs in the data folder, is given the server's
    /// command line, and becomes the server.
    ///
    /// # Panics
    /// When the server does not come up.
    pub async fn start_by(launcher: &[&str], settings: &[(&str, &str)]) -> Self {
        let launcher: Vec<_> = launcher.iter().map(|word| (*word).to_owned()).collect();
        let data = tempfile::tempdir().expect("a temporary folder");
        let settings: Vec<_> = settings
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        let port = free_port();
        let child = spawn(&data, port, &launcher, &settings);
        let mut server = Self {
            child,
            data,
            launcher,
            settings,
            port,
            site: Site::new(&format!("http://127.0.0.1:{port}"), SECRET),
        };
        server.wait_ready().await;
        server
    }

    /// Where it serves, such as `http://127.0.0.1:4711`.
    pub fn url(&self) -> String {
        self.site.url().to_owned()
    }

    /// Where its socket is.
    pub fn socket_url(&self) -> String {
        self.site.socket_url()
    }

    /// What its clients know.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The folder of its database and log.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.data.path().join("log")).unwrap_or_default()
    }

    /// A token that the server accepts for an hour.
    pub fn token(&self, user: &str) -> String {
        self.site.token(user)
    }

    /// A token with any claims, rightly signed.
    pub fn token_with(&self, claims: &serde_json::Value) -> String {
        self.site.token_with(claims)
    }

    /// Ends it as a crash would: no signal handler runs.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again on the same port and data.
    pub async fn start_again(&mut self) {
        self.kill();
        self.child = spawn(&self.data, self.port, &self.launcher, &self.settings);
        self.wait_ready().await;
    }

    /// Asks it to end (SIGTERM).
    pub fn terminate(&self) {
        let status = Command::new("kill")
            .args(["-TERM", &self.pid().to_string()])
            .status();
        assert!(
            status.is_ok_and(|s| s.success()),
            "the server is there to be terminated"
        );
    }

    /// Waits until the process has ended; `true` if it ended well.
    pub async fn ended_well(&mut self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return status.success();
            }
            assert!(Instant::now() < deadline, "the server did not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn wait_ready(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let ready = format!("{}/readyz", self.url());
        loop {
            if let Ok(response) = reqwest::get(&ready).await
                && response.status().is_success()
            {
                return;
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("the server ended at its start ({status}):\n{}", self.log());
            }
            assert!(
                Instant::now() < deadline,
                "the server is not ready:\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound address").port()
}

fn spawn(data: &TempDir, port: u16, launcher: &[String], settings: &[(String, String)]) -> Child {
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(data.path().join("log"))
        .expect("a log file");
    let database = format!("sqlite://{}", data.path().join("calls.sqlite3").display());
    let server = binary("call-server");
    let mut command = match launcher {
        [] => Command::new(server),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(server);
            command
        }
    };
    command
        .arg("serve")
        .current_dir(data.path())
        .env("CALL__SERVER__HOST", "127.0.0.1")
        .env("CALL__SERVER__PORT", port.to_string())
        .env("CALL__DATABASE__URL", database)
        .env("CALL__AUTH__HS256_SECRETS", SECRET)
        .env("CALL__TURN__LISTEN", "udp:127.0.0.1:0,tcp:127.0.0.1:0")
        .env("CALL__SFU__ENABLED", "false")
        .env("CALL__SFU__LISTEN", "udp:127.0.0.1:0,tcp:127.0.0.1:0")
        .env("CALL__TURN__SECRETS", "a-relay-secret-for-tests")
        .env("CALL__TURN__URIS", "turn:turn.example.com:3478")
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a log file"))
        .stderr(log);
    for (key, value) in settings {
        command.env(key, value);
    }
    command.spawn().expect("the server starts")
}

/// A program of this workspace, beside the running one; `CALL_SERVER_BIN` names another server.
///
/// # Panics
/// When it was not built.
pub fn binary(name: &str) -> PathBuf {
    if name == "call-server"
        && let Some(path) = std::env::var_os("CALL_SERVER_BIN")
    {
        return path.into();
    }
    let here = std::env::current_exe().expect("a running program has a path");
    let folder = here
        .ancestors()
        .find(|folder| folder.join(name).is_file())
        .unwrap_or_else(|| panic!("{name} is not built: run `cargo build -p {name}` first"));
    folder.join(name)
}
