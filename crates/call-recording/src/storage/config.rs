use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where recordings are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorageConfig {
    /// Where they were written.
    Local {
        /// The folder that holds a folder for each recording.
        folder: PathBuf,
    },
    /// In an object store that speaks S3.
    S3(S3Config),
}

/// An object store that speaks S3, and how to get in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Config {
    /// Which bucket, and where in it.
    pub location: S3Location,
    /// `https://host[:port]`, which is asked for `/<bucket>/<key>`; None: Amazon's own in the region.
    pub endpoint: Option<String>,
    /// The region that requests are signed for; empty: `us-east-1`, which is what most other stores expect.
    pub region: String,
    /// The id of the access key.
    pub access_key_id: String,
    /// The secret that belongs to it.
    pub secret_access_key: SecretKey,
    /// Whether an endpoint without TLS will do: what is stored can be read and changed on its way.
    pub allow_http: bool,
}

/// A bucket, and a place in it: `s3://bucket/prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Location {
    /// The bucket.
    pub bucket: String,
    /// What all keys begin with, without slashes around it; may be empty.
    pub prefix: String,
}

/// A secret that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(String);

/// Why settings describe no store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The store is not of the form `s3://bucket/prefix`.
    #[error(
        "recording.store must be empty or s3://bucket/prefix, of letters, digits, '.', '_' and '-'"
    )]
    Location,
    /// The endpoint is no URL of a host.
    #[error("recording.s3_endpoint must be https://host[:port], without a path")]
    Endpoint,
    /// The endpoint has no TLS.
    #[error("recording.s3_endpoint is without TLS; recording.s3_allow_http = true permits that")]
    Plaintext,
    /// A part of the credentials is missing.
    #[error("recording.store is in S3, so {0} must be set")]
    Missing(&'static str),
    /// The region cannot be part of a signature.
    #[error("recording.s3_region must be of letters, digits and '-'")]
    Region,
    /// The system has no certificates of authorities that TLS could trust.
    #[error("no certificates of authorities: install ca-certificates, or set SSL_CERT_FILE")]
    NoAuthorities,
    /// This program cannot speak S3.
    #[error("recording.store is in S3, but this program was built without the feature s3")]
    NoS3,
}

impl SecretKey {
    /// Wraps it.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[cfg_attr(not(feature = "s3"), expect(dead_code, reason = "only S3 asks for it"))]
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

impl fmt::Display for S3Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket)?;
        if self.prefix.is_empty() {
            return Ok(());
        }
        write!(f, "/{}", self.prefix)
    }
}

/// The longest prefix: with a key of ours it stays far below the 1024 bytes that a store must take.
const MAX_PREFIX: usize = 512;

impl FromStr for S3Location {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("s3://").ok_or(ConfigError::Location)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let is_plain = |text: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            !text.is_empty() && text != "." && text != ".." && text.bytes().all(plain)
        };
        // Amazon's rules (3 to 63 of lower case) are narrower than those of others.
        let is_bucket = is_plain(bucket) && (3..=255).contains(&bucket.len());
        let is_prefix = prefix.len() <= MAX_PREFIX && prefix.split('/').all(is_plain);
        if !is_bucket || !(prefix.is_empty() || is_prefix) {
            return Err(ConfigError::Location);
        }
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
        })
    }
}

impl S3Config {
    /// Whether they can be tried.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.access_key_id.is_empty() {
            return Err(ConfigError::Missing("recording.s3_access_key_id"));
        }
        if self.secret_access_key.is_empty() {
            return Err(ConfigError::Missing("recording.s3_secret_access_key"));
        }
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if !self.region.bytes().all(is_plain) || self.region.len() > 64 {
            return Err(ConfigError::Region);
        }
        let Some(endpoint) = &self.endpoint else {
            return Ok(());
        };
        let (is_tls, host) = match (
            endpoint.strip_prefix("https://"),
            endpoint.strip_prefix("http://"),
        ) {
            (Some(host), _) => (true, host),
            (None, Some(host)) => (false, host),
            (None, None) => return Err(ConfigError::Endpoint),
        };
        let host = host.strip_suffix('/').unwrap_or(host);
        let of_a_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
        if host.is_empty() || !host.bytes().all(of_a_host) {
            return Err(ConfigError::Endpoint);
        }
        if !is_tls && !self.allow_http {
            return Err(ConfigError::Plaintext);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn config(endpoint: &str) -> S3Config {
        S3Config {
            location: "s3://calls/recordings".parse().unwrap(),
            endpoint: Some(endpoint.to_owned()),
            region: "eu-central-1".to_owned(),
            access_key_id: "id".to_owned(),
            secret_access_key: SecretKey::new("hunter2"),
            allow_http: false,
        }
    }

    #[test]
    fn a_location_is_a_bucket_and_a_place_in_it() {
        for (text, bucket, prefix) in [
            ("s3://calls", "calls", ""),
            ("s3://calls/", "calls", ""),
            ("s3://calls/a", "calls", "a"),
            ("s3://my.calls/a/b.c_d-e/", "my.calls", "a/b.c_d-e"),
        ] {
            let location: S3Location = text.parse().unwrap();
            assert_eq!((&*location.bucket, &*location.prefix), (bucket, prefix));
            assert_eq!(location.to_string(), text.trim_end_matches('/'));
        }
        let long = format!("s3://calls/{}", "a".repeat(MAX_PREFIX + 1));
        for text in [
            "",
            "calls",
            "s3:calls",
            "s3://",
            "s3://ab",
            "s3:///a",
            "S3://calls",
            "s3://calls//a",
            "s3://calls/a//b",
            "s3://calls/../b",
            "s3://calls/a?b",
            "s3://id:secret@calls",
            &long,
        ] {
            assert_eq!(
                text.parse::<S3Location>(),
                Err(ConfigError::Location),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_missing_or_unsafe_is_said() {
        let changed = |change: fn(&mut S3Config)| {
            let mut config = config("https://s3.example.com:9000");
            change(&mut config);
            config.validate()
        };
        assert_eq!(changed(|_| {}), Ok(()));
        assert_eq!(changed(|c| c.endpoint = None), Ok(()));
        let missing = |key| Err(ConfigError::Missing(key));
        assert_eq!(
            changed(|c| c.access_key_id.clear()),
            missing("recording.s3_access_key_id")
        );
        assert_eq!(
            changed(|c| c.secret_access_key = SecretKey::new("")),
            missing("recording.s3_secret_access_key")
        );
        assert_eq!(
            changed(|c| c.region = "eu/1".to_owned()),
            Err(ConfigError::Region)
        );
        for endpoint in [
            "",
            "s3.example.com",
            "ftp://a",
            "https://",
            "https://a/b",
            "https://a?b",
            "https://u@a",
        ] {
            assert_eq!(
                config(endpoint).validate(),
                Err(ConfigError::Endpoint),
                "{endpoint}"
            );
        }
        let mut plain = config("http://127.0.0.1:9000/");
        assert_eq!(plain.validate(), Err(ConfigError::Plaintext));
        plain.allow_http = true;
        assert_eq!(plain.validate(), Ok(()));
    }

    #[test]
    fn the_secret_is_not_shown() {
        let shown = format!("{:?}", StorageConfig::S3(config("https://a")));
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(s3://)?[a-z./]{0,20}|\\PC{0,40}") {
            if let Ok(location) = text.parse::<S3Location>() {
                prop_assert_eq!(location.to_string().parse::<S3Location>(), Ok(location));
            }
        }
    }
}
