//! Temporary PostgreSQL servers, for tests of this crate and of those that build on it.
//!
//! ```no_run
//! let server = call_store::testing::PostgresServer::shared();
//! let url = server.create_database();
//! ```
//!
//! The server's binaries are looked for on `PATH` and where Debian keeps them. It listens on a free
//! port of 127.0.0.1, keeps everything in a temporary folder, and is stopped when the test process
//! ends in whatever way: a small shell waits for that at the other end of a pipe.
//!
//! Everything here panics with a plain message when it fails: it is for tests.
#![allow(clippy::missing_panics_doc, clippy::panic)]

use std::io;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

/// A PostgreSQL server of its own, gone when dropped or when the process ends.
pub struct PostgresServer {
    port: u16,
    /// Stops the server once its standard input is closed.
    guard: Child,
}

/// Names databases, and tells apart the folders of several servers.
static COUNTER: AtomicU32 = AtomicU32::new(0);

/// How often a server is started anew because somebody else was given its port.
const ATTEMPTS: u32 = 5;

impl PostgresServer {
    /// The server that all tests of a process share; started by the first.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<PostgresServer> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Starts a server.
    pub fn start() -> Self {
        let programs = programs();
        let account = Account::of_this_process();
        let folder = std::env::temp_dir().join(format!(
            "call-store-postgres-{}-{}",
            std::process::id(),
            COUNTER.fetch_add(1, Ordering::Relaxed)
        ));
        account.own(&folder);
        let data = folder.join("data");
        account.run(
            Command::new(programs.join("initdb"))
                .arg("--pgdata")
                .arg(&data)
                .args(["--username=postgres", "--auth=trust", "--encoding=UTF8"])
                .args(["--locale=C", "--no-sync", "--no-instructions"]),
        );

        let guard = account.guard(&programs, &folder);
        for attempt in 1.. {
            let port = free_port();
            let options = format!(
                "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={} \
                 -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
                 -c shared_buffers=32MB -c max_connections=100 -c timezone=Asia/Kathmandu",
                folder.display()
            );
            let started = account.try_run(
                Command::new(programs.join("pg_ctl"))
                    .args(["start", "--wait", "--silent"])
                    .arg("--pgdata")
                    .arg(&data)
                    .arg("--log")
                    .arg(folder.join("log"))
                    .args(["--options", &options]),
            );
            match started {
                Ok(()) => return Self { port, guard },
                Err(message) if attempt == ATTEMPTS => {
                    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
                    panic!("PostgreSQL does not start: {message}\n{log}");
                }
                Err(_) => {}
            }
        }
        unreachable!("the last attempt returns or panics")
    }

    /// Makes an empty database and returns its URL.
    pub fn create_database(&self) -> String {
        let name = format!(
            "calls_{}_{}",
            std::process::id(),
            COUNTER.fetch_add(1, Ordering::Relaxed)
        );
        let mut connection = match PgConnection::establish(&self.url("postgres")) {
            Ok(connection) => connection,
            Err(error) => panic!("the temporary PostgreSQL cannot be reached: {error}"),
        };
        if let Err(error) = connection.batch_execute(&format!("CREATE DATABASE {name}")) {
            panic!("no database in the temporary PostgreSQL: {error}");
        }
        self.url(&name)
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// PostgreSQL refuses to run as root; then everything runs as the user that Debian made for it.
struct Account(Option<(u32, u32)>);

impl Account {
    fn of_this_process() -> Self {
        // The owner of /proc/self is the effective user; where there is none, nobody is root.
        let root = std::fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0);
        if !root {
            return Self(None);
        }
        match (id_of_postgres("-u"), id_of_postgres("-g")) {
            (Some(user), Some(group)) => Self(Some((user, group))),
            _ => panic!(
                "PostgreSQL does not run as root, and there is no user `postgres`: \
                 apt install postgresql"
            ),
        }
    }

    /// Makes a folder that belongs to the account.
    fn own(&self, folder: &Path) {
        let made = std::fs::create_dir_all(folder).and_then(|()| match self.0 {
            Some((user, group)) => chown(folder, Some(user), Some(group)),
            None => Ok(()),
        });
        if let Err(error) = made {
            panic!("cannot make {}: {error}", folder.display());
        }
    }

    fn as_account<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
        // Where the account may be: the folder of the tests may be closed to it.
        command.current_dir("/")
    }

    fn try_run(&self, command: &mut Command) -> Result<(), String> {
        let output = self
            .as_account(command)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    fn run(&self, command: &mut Command) {
        if let Err(message) = self.try_run(command) {
            panic!("{command:?} failed: {message}");
        }
    }

    /// Starts the shell that cleans up. In a process group of its own, so that an interrupt from
    /// the terminal leaves it to its work.
    fn guard(&self, programs: &Path, folder: &Path) -> Child {
        const CLEAN_UP: &str =
            r#"read -r _; "$1" stop --pgdata "$2/data" --mode immediate --silent; rm -rf "$2""#;
        let guard: io::Result<Child> = self
            .as_account(
                Command::new("/bin/sh")
                    .args(["-c", CLEAN_UP, "sh"])
                    .arg(programs.join("pg_ctl"))
                    .arg(folder),
            )
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match guard {
            Ok(guard) => guard,
            Err(error) => panic!("no shell to clean up after PostgreSQL: {error}"),
        }
    }
}

fn id_of_postgres(which: &str) -> Option<u32> {
    let output = Command::new("id").args([which, "postgres"]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn free_port() -> u16 {
    match TcpListener::bind(("127.0.0.1", 0)).and_then(|socket| socket.local_addr()) {
        Ok(address) => address.port(),
        Err(error) => panic!("no free port on 127.0.0.1: {error}"),
    }
}

/// The folder of `initdb` and `pg_ctl`: the newest of Debian's, else the first on `PATH`.
fn programs() -> PathBuf {
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let folder = entry.ok()?.path();
            let version: u32 = folder.file_name()?.to_str()?.parse().ok()?;
            Some((version, folder.join("bin")))
        })
        .filter(|(_, folder)| folder.join("initdb").exists())
        .max()
        .map(|(_, folder)| folder);
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian
        .or_else(|| std::env::split_paths(&path).find(|folder| folder.join("initdb").exists()))
        .unwrap_or_else(|| {
            panic!("no PostgreSQL server found, the tests start one: apt install postgresql")
        })
}
