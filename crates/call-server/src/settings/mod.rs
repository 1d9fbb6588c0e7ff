//! What an operator may set.
//!
//! Defaults live in `config/default.toml` and nowhere else; a file goes over them, the environment
//! over both. Everything that is wrong is reported at once, one line each, with the key and the
//! source of the value.

mod complaint;
mod layers;
mod listen;
mod origin;
mod policy;
mod reader;
mod recording;
mod secret;
mod sfu;
mod turn;
mod warnings;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use call_domain::Policy;

pub use complaint::{Complaint, SettingsError};
pub use listen::ListenAddress;
pub use origin::Origin;
pub use recording::{MixLayout, MixSettings, RecordingSettings};
pub use secret::Secret;
pub use sfu::SfuSettings;
pub use turn::{RelaySettings, TurnSettings};

use layers::Layers;
use reader::Reader;

/// Bytes that an HS256 secret needs: as many as the hash has (RFC 7518 section 3.2).
pub const MIN_SECRET_BYTES: usize = 32;

/// What an operator may set; the keys are explained in `config/default.toml`.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // default.toml says it
pub struct Settings {
    pub dev: bool,
    pub server: ServerSettings,
    pub database: DatabaseSettings,
    pub auth: AuthSettings,
    pub turn: TurnSettings,
    pub sfu: SfuSettings,
    pub recording: RecordingSettings,
    /// Section `policy`, as calls know it, and what they know of `recording`: without an SFU every call is
    /// peer-to-peer.
    pub policy: Policy,
    pub limits: LimitSettings,
    pub presence: PresenceSettings,
    pub log: LogSettings,
}

/// Section `server`.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct ServerSettings {
    pub host: IpAddr,
    pub port: u16,
    pub allowed_origins: Vec<Origin>,
    pub public_url: Option<Origin>,
    pub metrics_public: bool,
    /// 0: one for each processor.
    pub workers: usize,
    pub drain_timeout: Duration,
}

/// Section `database`.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct DatabaseSettings {
    /// May contain a password.
    pub url: Secret,
    pub connections: u32,
}

/// Section `auth`.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct AuthSettings {
    pub hs256_secrets: Vec<Secret>,
    pub public_key_files: Vec<PathBuf>,
    pub jwks_file: Option<PathBuf>,
}

/// Section `limits`.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct LimitSettings {
    pub initiate_per_minute: u32,
    pub messages_per_second: u32,
}

/// Section `presence`.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct PresenceSettings {
    /// Whether users can see who is online, `"dev"` resolved.
    pub directory: bool,
}

/// Section `log`.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct LogSettings {
    pub format: LogFormat,
    pub level: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

impl Settings {
    /// Reads the defaults, a file and the environment of this process.
    pub fn load(file: Option<&Path>) -> Result<Self, SettingsError> {
        // Variables that are no Unicode can be none of ours.
        let environment = std::env::vars_os()
            .filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
        Self::load_from(file, environment)
    }

    /// Reads the defaults, a file and these variables.
    pub fn load_from(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(Layers::stack(file, environment)?);
        let settings = Self::read(&mut reader);
        let complaints = reader.finish();
        if complaints.is_empty() {
            Ok(settings)
        } else {
            Err(SettingsError { complaints })
        }
    }

    fn read(reader: &mut Reader) -> Self {
        let dev = reader.flag("dev");
        let dev_allow_remote = reader.flag("dev_allow_remote");
        let server = ServerSettings::read(reader);
        if dev && !dev_allow_remote && !server.host.is_loopback() {
            reader.complain(
                "dev",
                format!(
                    "hands tokens to anybody, and server.host {} is not a loopback address; \
                     set dev_allow_remote = true if that is meant",
                    server.host
                ),
            );
        }
        let sfu = SfuSettings::read(reader);
        let recording = RecordingSettings::read(reader);
        Self {
            dev,
            server,
            database: DatabaseSettings::read(reader),
            auth: AuthSettings::read(reader, dev),
            turn: TurnSettings::read(reader),
            policy: policy::read(reader, sfu.enabled, recording.enabled),
            sfu,
            recording,
            limits: LimitSettings {
                initiate_per_minute: reader.number("limits.initiate_per_minute", 1, 1_000_000),
                messages_per_second: reader.number("limits.messages_per_second", 1, 100_000),
            },
            presence: PresenceSettings {
                directory: reader.choice(
                    "presence.directory",
                    &[
                        ("dev", dev),
                        ("on", true),
                        ("off", false),
                        ("true", true),
                        ("false", false),
                    ],
                    false,
                ),
            },
            log: LogSettings {
                format: reader.choice(
                    "log.format",
                    &[("human", LogFormat::Human), ("json", LogFormat::Json)],
                    LogFormat::Human,
                ),
                level: reader.parsed("log.level", String::new(), |text| {
                    tracing_subscriber::EnvFilter::try_new(text)
                        .map(|_| text.to_owned())
                        .map_err(|error| format!("is no log level: {error}"))
                }),
            },
        }
    }

    /// The folder beside the database where small things are kept: `data` unless SQLite lives
    /// elsewhere.
    pub fn data_dir(&self) -> PathBuf {
        self.database
            .url
            .expose()
            .strip_prefix("sqlite://")
            .and_then(|path| Path::new(path).parent())
            .map_or_else(|| PathBuf::from("data"), Path::to_path_buf)
    }

    /// The folder that recordings are written to.
    pub fn recordings_dir(&self) -> PathBuf {
        let folder = self.recording.folder.clone();
        folder.unwrap_or_else(|| self.data_dir().join("recordings"))
    }
}

impl ServerSettings {
    fn read(reader: &mut Reader) -> Self {
        let unspecified = IpAddr::from([127, 0, 0, 1]);
        Self {
            host: reader.parsed("server.host", unspecified, |text| {
                if text.eq_ignore_ascii_case("localhost") {
                    return Ok(unspecified);
                }
                text.trim_start_matches('[')
                    .trim_end_matches(']')
                    .parse()
                    .map_err(|_| "must be an IP address or localhost".to_owned())
            }),
            port: u16::try_from(reader.number("server.port", 0, u32::from(u16::MAX)))
                .unwrap_or_default(),
            allowed_origins: {
                let texts = reader.list("server.allowed_origins");
                let mut origins = Vec::new();
                for text in texts {
                    match Origin::parse(&text) {
                        Some(origin) => origins.push(origin),
                        None => reader.complain(
                            "server.allowed_origins",
                            format!("{text:?} is not of the form scheme://host[:port]"),
                        ),
                    }
                }
                origins
            },
            public_url: reader.parsed("server.public_url", None, |text| {
                if text.is_empty() {
                    return Ok(None);
                }
                Origin::of_address(text)
                    .map(Some)
                    .ok_or_else(|| "must be an http or https address".to_owned())
            }),
            metrics_public: reader.flag("server.metrics_public"),
            workers: reader.number("server.workers", 0, 1024) as usize,
            drain_timeout: reader.seconds("server.drain_timeout"),
        }
    }
}

impl DatabaseSettings {
    fn read(reader: &mut Reader) -> Self {
        let url = reader.secret("database.url");
        let known = ["sqlite://", "postgres://", "postgresql://"]
            .iter()
            .any(|scheme| {
                url.expose()
                    .strip_prefix(scheme)
                    .is_some_and(|rest| !rest.is_empty())
            });
        if !known {
            reader.complain(
                "database.url",
                "must be sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME",
            );
        }
        Self {
            url,
            connections: reader.number("database.connections", 1, 1000),
        }
    }
}

impl AuthSettings {
    fn read(reader: &mut Reader, dev: bool) -> Self {
        let hs256_secrets = reader.secrets("auth.hs256_secrets");
        for (index, secret) in hs256_secrets.iter().enumerate() {
            if secret.len() < MIN_SECRET_BYTES && !dev {
                reader.complain(
                    "auth.hs256_secrets",
                    format!(
                        "secret {} has {} bytes; at least {MIN_SECRET_BYTES} are needed \
                         (openssl rand -base64 48)",
                        index + 1,
                        secret.len()
                    ),
                );
            }
        }
        Self {
            hs256_secrets,
            public_key_files: reader
                .list("auth.public_key_files")
                .into_iter()
                .map(PathBuf::from)
                .collect(),
            jwks_file: Some(reader.text("auth.jwks_file"))
                .filter(|path| !path.is_empty())
                .map(PathBuf::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_and_the_settings_have_the_same_keys() {
        let layers = Layers::stack(None, []).expect("the defaults are valid TOML");
        let known = layers.known.clone();
        let mut reader = Reader::new(layers);
        Settings::read(&mut reader);
        assert_eq!(
            reader.unread(),
            Vec::<String>::new(),
            "in the file, never read"
        );
        let unknown: Vec<_> = reader.reads().filter(|key| !known.contains(key)).collect();
        assert_eq!(unknown, Vec::<&String>::new(), "read, not in the file");
    }

    #[test]
    fn every_key_is_explained() {
        let mut explained = false;
        for line in layers::DEFAULTS.lines() {
            if line.contains(" = ") && !line.starts_with('#') {
                assert!(explained, "{line} has no comment above it");
            }
            explained = line.starts_with('#');
        }
    }
}
