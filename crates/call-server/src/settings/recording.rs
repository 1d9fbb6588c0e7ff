use std::path::PathBuf;
use std::time::Duration;

use super::reader::Reader;
use super::{Origin, Secret};

/// Section `recording`, but for what calls themselves know of it ([`call_domain::Policy`]).
#[derive(Debug, Clone)]
#[allow(missing_docs)] // default.toml says it
pub struct RecordingSettings {
    pub enabled: bool,
    /// `None`: `recordings` beside the database.
    pub folder: Option<PathBuf>,
    /// `None`: recordings stay in the folder.
    pub s3: Option<S3Settings>,
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

/// Where an S3-compatible store is, and what opens it.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // default.toml says it
pub struct S3Settings {
    pub bucket: String,
    /// Without slashes at its ends; empty for the bucket's top.
    pub prefix: String,
    /// `None`: that of Amazon in the region.
    pub endpoint: Option<String>,
    pub region: String,
    /// `None`: what the environment or the machine's role gives.
    pub key: Option<S3Key>,
    pub allow_http: bool,
}

/// A key of an S3-compatible store.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // default.toml says it
pub struct S3Key {
    pub id: String,
    pub secret: Secret,
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

impl S3Settings {
    /// The origin that browsers load files from, if it is known.
    pub fn origin(&self) -> Option<Origin> {
        match &self.endpoint {
            Some(endpoint) => Origin::of_address(endpoint),
            None => Origin::of_address(&format!("https://s3.{}.amazonaws.com", self.region)),
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
    const LONGEST: Duration = Duration::from_secs(7 * 86_400);
    let ttl = reader.seconds(KEY);
    if ttl > LONGEST || ttl < Duration::from_secs(1) {
        reader.complain(KEY, "must be from 1 second to a week");
    }
    ttl
}

fn s3(reader: &mut Reader) -> Option<S3Settings> {
    let place = reader.parsed("recording.store", None, |text| {
        if text.is_empty() {
            return Ok(None);
        }
        s3_place(text)
            .map(Some)
            .ok_or_else(|| "must be s3://BUCKET or s3://BUCKET/PREFIX, or empty".to_owned())
    });
    let endpoint = reader.parsed("recording.s3_endpoint", None, |text| {
        if text.is_empty() {
            return Ok(None);
        }
        match Origin::of_address(text) {
            Some(_) => Ok(Some(text.trim_end_matches('/').to_owned())),
            None => Err("must be an http or https address".to_owned()),
        }
    });
    let region = reader.text("recording.s3_region");
    let id = reader.text("recording.s3_access_key_id");
    let secret = reader.secret("recording.s3_secret_access_key");
    let allow_http = reader.flag("recording.s3_allow_http");
    let (bucket, prefix) = place?;
    match (id.is_empty(), secret.is_empty()) {
        (true, false) => reader.complain(
            "recording.s3_access_key_id",
            "is needed beside recording.s3_secret_access_key",
        ),
        (false, true) => reader.complain(
            "recording.s3_secret_access_key",
            "is needed beside recording.s3_access_key_id",
        ),
        (true, true) | (false, false) => {}
    }
    let plain = endpoint.as_deref().is_some_and(|e| e.starts_with("http:"));
    if plain && !allow_http {
        reader.complain(
            "recording.s3_endpoint",
            "is not encrypted; set recording.s3_allow_http = true if that is meant",
        );
    }
    if region.is_empty() && endpoint.is_none() {
        reader.complain(
            "recording.s3_region",
            "is needed where recording.s3_endpoint is empty",
        );
    }
    Some(S3Settings {
        bucket,
        prefix,
        endpoint,
        // What stores that know no regions expect to be signed.
        region: if region.is_empty() {
            "us-east-1".to_owned()
        } else {
            region
        },
        key: (!id.is_empty()).then_some(S3Key { id, secret }),
        allow_http,
    })
}

fn s3_place(text: &str) -> Option<(String, String)> {
    let rest = text.strip_prefix("s3://")?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let in_bucket = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    let bucket_fits = (3..=63).contains(&bucket.len()) && bucket.bytes().all(in_bucket);
    let prefix = prefix.trim_matches('/');
    let in_part = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let part_fits =
        |part: &str| !part.is_empty() && part != "." && part != ".." && part.bytes().all(in_part);
    let prefix_fits = prefix.is_empty() || prefix.split('/').all(part_fits);
    (bucket_fits && prefix_fits && prefix.len() <= 512)
        .then(|| (bucket.to_owned(), prefix.to_owned()))
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
        assert_eq!(recording.url_ttl, Duration::from_secs(300));
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
        let s3 = recording.s3.expect("a store");
        assert_eq!(
            (s3.bucket.as_str(), s3.prefix.as_str()),
            ("calls", "of/2026")
        );
        assert_eq!(s3.endpoint.as_deref(), Some("http://127.0.0.1:9000"));
        assert_eq!(s3.region, "us-east-1");
        let origin = s3.origin().map(|origin| origin.to_string());
        assert_eq!(origin.as_deref(), Some("http://127.0.0.1:9000"));
        assert_eq!(s3.key.map(|key| key.id).as_deref(), Some("id"));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_key() {
        let store = ("STORE", "s3://calls");
        for (variables, beginning) in [
            (
                &[("STORE", "/srv/files")][..],
                "recording.store: must be s3://",
            ),
            (
                &[("STORE", "s3://calls/../etc")],
                "recording.store: must be",
            ),
            (&[store], "recording.s3_region: is needed where"),
            (
                &[
                    store,
                    ("S3_REGION", "eu-west-1"),
                    ("S3_ACCESS_KEY_ID", "id"),
                ],
                "recording.s3_secret_access_key: is needed beside",
            ),
            (
                &[store, ("S3_ENDPOINT", "http://127.0.0.1:9000")],
                "recording.s3_endpoint: is not encrypted",
            ),
            (
                &[store, ("S3_ENDPOINT", "nonsense")],
                "recording.s3_endpoint: must be an http",
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
