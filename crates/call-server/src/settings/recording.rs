use std::path::PathBuf;
use std::time::Duration;

use call_recording::storage::{ConfigError, S3Config, S3Location, SecretKey};

use super::Origin;
use super::reader::Reader;

/// Section `recording`, but for what calls themselves know of it ([`call_domain::Policy`]).
#[derive(Debug, Clone)]
#[allow(missing_docs)] // default.toml says it
pub struct RecordingSettings {
    pub enabled: bool,
    /// `None`: `recordings` beside the database.
    pub folder: Option<PathBuf>,
    /// `None`: recordings stay in the folder.
    pub s3: Option<S3Config>,
    /// `None`: for ever.
    pub retention: Option<Duration>,
    /// `None`: as much as there is room for.
    pub retention_bytes: Option<u64>,
    pub min_free_bytes: u64,
    pub ffmpeg: PathBuf,
    pub mix: MixSettings,
    pub url_ttl: Duration,
    pub max_active: usize,
}

/// What a mix is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // default.toml says it
pub struct MixSettings {
    pub layout: MixLayout,
    pub width: u32,
    pub height: u32,
    pub threads: u32,
}

/// How a mix shows people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MixLayout {
    /// All of the same size.
    Grid,
    /// Whoever speaks is large.
    Speaker,
}

impl RecordingSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            enabled: reader.flag("recording.enabled"),
            folder: Some(reader.text("recording.folder"))
                .filter(|path| !path.is_empty())
                .map(PathBuf::from),
            s3: s3(reader),
            retention: match reader.number("recording.retention_days", 0, 36_500) {
                0 => None,
                days => Some(Duration::from_secs(u64::from(days) * 86_400)),
            },
            retention_bytes: match reader.bytes("recording.retention_bytes") {
                0 => None,
                bytes => Some(bytes),
            },
            min_free_bytes: reader.bytes("recording.min_free_bytes"),
            ffmpeg: reader.parsed("recording.ffmpeg", PathBuf::new(), |text| {
                if text.is_empty() {
                    Err("must be a program's name or path".to_owned())
                } else {
                    Ok(PathBuf::from(text))
                }
            }),
            mix: mix(reader),
            url_ttl: url_ttl(reader),
            max_active: reader.number("recording.max_active", 1, 1000) as usize,
        }
    }
}

impl RecordingSettings {
    /// The origin that browsers load recordings from, if it is another one than this server's.
    pub fn media_origin(&self) -> Option<Origin> {
        let s3 = self.s3.as_ref()?;
        match &s3.endpoint {
            Some(endpoint) => Origin::of_address(endpoint),
            // Amazon's own hosts: one for each bucket, where their certificate allows it.
            None if s3.location.bucket.contains('.') => {
                Origin::of_address(&format!("https://s3.{}.amazonaws.com", s3.region))
            }
            None => Origin::of_address(&format!(
                "https://{}.s3.{}.amazonaws.com",
                s3.location.bucket, s3.region
            )),
        }
    }
}

fn mix(reader: &mut Reader) -> MixSettings {
    let (width, height) = reader.parsed("recording.mix_size", (0, 0), |text| {
        size(text).ok_or_else(|| {
            "must be WIDTHxHEIGHT in even numbers from 160x90 to 3840x2160, such as 1280x720"
                .to_owned()
        })
    });
    MixSettings {
        layout: reader.choice(
            "recording.mix_layout",
            &[("grid", MixLayout::Grid), ("speaker", MixLayout::Speaker)],
            MixLayout::Grid,
        ),
        width,
        height,
        threads: reader.number("recording.mix_threads", 1, 64),
    }
}

/// Encoders take even numbers of pixels.
fn size(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once('x')?;
    let (width, height): (u32, u32) = (width.parse().ok()?, height.parse().ok()?);
    let fits = (160..=3840).contains(&width) && (90..=2160).contains(&height);
    (fits && width % 2 == 0 && height % 2 == 0).then_some((width, height))
}

/// S3 itself signs for a week at most.
fn url_ttl(reader: &mut Reader) -> Duration {
    const KEY: &str = "recording.url_ttl";
    const LONGEST: Duration = Duration::from_hours(7 * 24);
    let ttl = reader.seconds(KEY);
    if ttl > LONGEST || ttl < Duration::from_secs(1) {
        reader.complain(KEY, "must be from 1 second to a week");
    }
    ttl
}

fn s3(reader: &mut Reader) -> Option<S3Config> {
    let location = reader.parsed("recording.store", None, |text| {
        if text.is_empty() {
            return Ok(None);
        }
        text.parse::<S3Location>().map(Some).map_err(|_| {
            "must be empty, or s3://BUCKET/PREFIX of letters, digits, '.', '_' and '-'".to_owned()
        })
    });
    let endpoint = reader.text("recording.s3_endpoint");
    let region = reader.text("recording.s3_region");
    let access_key_id = reader.text("recording.s3_access_key_id");
    let secret = reader.secret("recording.s3_secret_access_key");
    let allow_http = reader.flag("recording.s3_allow_http");
    let config = S3Config {
        location: location?,
        endpoint: (!endpoint.is_empty()).then(|| endpoint.trim_end_matches('/').to_owned()),
        region,
        access_key_id,
        secret_access_key: SecretKey::new(secret.expose()),
        allow_http,
    };
    if config.region.is_empty() && config.endpoint.is_none() {
        reader.complain(
            "recording.s3_region",
            "is needed where recording.s3_endpoint is empty",
        );
    }
    match config.validate() {
        Ok(()) => {}
        Err(ConfigError::Missing(key)) => reader.complain(key, "is needed for recording.store"),
        Err(ConfigError::Endpoint) => reader.complain(
            "recording.s3_endpoint",
            "must be https://HOST or https://HOST:PORT",
        ),
        Err(ConfigError::Plaintext) => reader.complain(
            "recording.s3_endpoint",
            "is not encrypted; set recording.s3_allow_http = true if that is meant",
        ),
        Err(ConfigError::Region) => {
            reader.complain("recording.s3_region", "must be of letters, digits and '-'");
        }
        Err(other) => reader.complain("recording.store", other.to_string()),
    }
    Some(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn recording(variables: &[(&str, &str)]) -> Result<RecordingSettings, Vec<String>> {
        let variables = variables
            .iter()
            .map(|(key, text)| (format!("CALL__RECORDING__{key}"), (*text).to_owned()));
        let settings = Settings::load_from(None, variables);
        settings
            .map(|settings| settings.recording)
            .map_err(|error| {
                let complaints = error.complaints.iter();
                complaints
                    .map(|complaint| format!("{}: {}", complaint.key, complaint.what))
                    .collect()
            })
    }

    #[test]
    fn nothing_leaves_the_host_and_nothing_is_thrown_away_by_default() {
        let recording = recording(&[]).expect("right");
        assert!(recording.enabled && recording.s3.is_none() && recording.folder.is_none());
        assert!(recording.retention.is_none() && recording.retention_bytes.is_none());
        assert_eq!(recording.min_free_bytes, 1 << 30);
        assert_eq!(recording.url_ttl, Duration::from_mins(5));
        let mix = recording.mix;
        assert_eq!((mix.layout, mix.threads), (MixLayout::Grid, 1));
        assert_eq!((mix.width, mix.height), (1280, 720));
    }

    #[test]
    fn everything_can_be_set() {
        let recording = recording(&[
            ("ENABLED", "false"),
            ("FOLDER", "/srv/recordings"),
            ("STORE", "s3://calls/of/2026/"),
            ("S3_ENDPOINT", "http://127.0.0.1:9000/"),
            ("S3_ACCESS_KEY_ID", "id"),
            ("S3_SECRET_ACCESS_KEY", "not-to-be-shown"),
            ("S3_ALLOW_HTTP", "true"),
            ("RETENTION_DAYS", "30"),
            ("RETENTION_BYTES", "5000000000000"),
            ("MIN_FREE_BYTES", "0"),
            ("FFMPEG", "/opt/ffmpeg"),
            ("MIX_LAYOUT", "speaker"),
            ("MIX_SIZE", "1920x1080"),
            ("MIX_THREADS", "4"),
            ("URL_TTL", "60"),
            ("MAX_ACTIVE", "3"),
        ])
        .expect("right");
        assert!(!recording.enabled);
        assert_eq!(recording.folder, Some("/srv/recordings".into()));
        assert_eq!(recording.retention.map(|r| r.as_secs()), Some(2_592_000));
        assert_eq!(recording.retention_bytes, Some(5_000_000_000_000));
        assert_eq!((recording.min_free_bytes, recording.max_active), (0, 3));
        assert_eq!(recording.mix.layout, MixLayout::Speaker);
        assert_eq!((recording.mix.width, recording.mix.height), (1920, 1080));
        assert!(!format!("{recording:?}").contains("not-to-be-shown"));
        let origin = recording.media_origin().map(|origin| origin.to_string());
        assert_eq!(origin.as_deref(), Some("http://127.0.0.1:9000"));
        let s3 = recording.s3.expect("a store");
        assert_eq!(s3.location.to_string(), "s3://calls/of/2026");
        assert_eq!(s3.endpoint.as_deref(), Some("http://127.0.0.1:9000"));
        assert_eq!((s3.access_key_id.as_str(), s3.allow_http), ("id", true));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_key() {
        let store = ("STORE", "s3://calls");
        let (id, key) = (("S3_ACCESS_KEY_ID", "id"), ("S3_SECRET_ACCESS_KEY", "key"));
        for (variables, beginning) in [
            (
                &[("STORE", "/srv/files")][..],
                "recording.store: must be empty",
            ),
            (
                &[("STORE", "s3://calls/../etc")],
                "recording.store: must be",
            ),
            (&[store], "recording.s3_region: is needed where"),
            (&[store], "recording.s3_access_key_id: is needed for"),
            (&[store, id], "recording.s3_secret_access_key: is needed"),
            (
                &[store, id, key, ("S3_ENDPOINT", "http://127.0.0.1:9000")],
                "recording.s3_endpoint: is not encrypted",
            ),
            (
                &[store, id, key, ("S3_ENDPOINT", "nonsense")],
                "recording.s3_endpoint: must be https",
            ),
            (
                &[store, id, key, ("S3_REGION", "eu/1")],
                "recording.s3_region: must be of letters",
            ),
            (&[("RETENTION_BYTES", "-1")], "recording.retention_bytes: "),
            (&[("MIX_SIZE", "1281x720")], "recording.mix_size: must be"),
            (&[("MIX_SIZE", "9999x720")], "recording.mix_size: must be"),
            (&[("MIX_LAYOUT", "pile")], "recording.mix_layout: must be"),
            (&[("URL_TTL", "700000")], "recording.url_ttl: must be from"),
            (&[("MAX_ACTIVE", "0")], "recording.max_active: must be"),
            (&[("FFMPEG", "")], "recording.ffmpeg: must be"),
        ] {
            let complaints = recording(variables).expect_err("wrong");
            assert!(
                complaints.iter().any(|c| c.starts_with(beginning)),
                "{variables:?}: {complaints:?}"
            );
        }
    }
}
