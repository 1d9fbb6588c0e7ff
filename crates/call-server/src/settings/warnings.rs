use call_domain::RecordingPolicy;
use call_recording::storage::S3Config;

use super::{MIN_SECRET_BYTES, Secret, Settings};

impl Settings {
    /// What an operator should know before people rely on this server, one line each.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut warn = |condition: bool, line: &str| {
            if condition {
                warnings.push(line.to_owned());
            }
        };
        warn(
            self.dev,
            "dev: anybody can get a token for any user; never on in production",
        );
        warn(
            self.auth.hs256_secrets.iter().any(Secret::is_well_known),
            "auth.hs256_secrets: contains a secret from a manual; make one of your own \
             (openssl rand -base64 48)",
        );
        warn(
            self.auth
                .hs256_secrets
                .iter()
                .any(|secret| secret.len() < MIN_SECRET_BYTES),
            "auth.hs256_secrets: contains a secret shorter than 32 bytes, which only dev allows",
        );
        let elsewhere = !(self.turn.uris.is_empty() && self.turn.external.is_empty());
        warn(
            !self.turn.embedded && !elsewhere,
            "turn.embedded: false, and no other TURN server is configured; calls between people \
             behind strict NATs or firewalls will not connect",
        );
        let relay = self.turn.embedded && !self.dev;
        warn(
            relay && self.relay_listens_on_loopback_only(),
            "turn.listen: loopback addresses only; nobody on another machine reaches the relay",
        );
        warn(
            relay && self.turn.relay.certificate.is_none(),
            "turn.certificate_file: empty; without tls, people whose firewall lets nothing but \
             encrypted connections out do not reach the relay",
        );
        warn(
            self.sfu.enabled && !self.dev && self.sfu_listens_on_loopback_only(),
            "sfu.listen: loopback addresses only; group calls of people on other machines will not \
             have media",
        );
        let recording = &self.recording;
        let forever = recording.retention.is_none() && recording.retention_bytes.is_none();
        warn(
            self.policy.recording == RecordingPolicy::Force && forever,
            "recording.retention_days: 0 like recording.retention_bytes, and every call is recorded; \
             recordings are kept until the disk is full",
        );
        let allows_http = |s3: &S3Config| {
            let endpoint = s3.endpoint.as_deref().unwrap_or_default();
            endpoint.starts_with("http:")
        };
        warn(
            recording.s3.as_ref().is_some_and(allows_http),
            "recording.s3_endpoint: not encrypted; recordings can be read on their way to the store",
        );
        warn(
            self.turn.secrets.iter().any(Secret::is_well_known),
            "turn.secrets: contains a secret from a manual; make one of your own",
        );
        warn(
            self.server.allowed_origins.is_empty(),
            "server.allowed_origins: empty; only pages that this server serves can use it",
        );
        warn(
            self.server.metrics_public,
            "server.metrics_public: everybody who reaches /metrics can read it",
        );
        warnings
    }
}
