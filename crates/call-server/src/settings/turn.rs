use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use call_turn::{
    CertificateFiles, IceUri, InvalidTurnConfig, PeerPolicy, RelayLimits, Transport, TurnAuthority,
};
use ipnet::IpNet;

use super::Secret;
use super::listen::{ListenAddress, external_ip};
use super::reader::Reader;

/// Section `turn`.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // default.toml says it
pub struct TurnSettings {
    pub embedded: bool,
    pub relay: RelaySettings,
    pub secrets: Vec<Secret>,
    pub external: Vec<IceUri>,
    pub uris: Vec<IceUri>,
    pub ttl: Duration,
}

/// What section `turn` says of the embedded relay.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // default.toml says it
pub struct RelaySettings {
    pub listen: Vec<ListenAddress>,
    pub external_ip: Vec<IpAddr>,
    pub host: Option<String>,
    pub certificate: Option<CertificateFiles>,
    pub relay_ports: RangeInclusive<u16>,
    pub realm: String,
    /// `allow_peers` and `deny_peers`.
    pub peers: PeerPolicy,
    pub limits: RelayLimits,
}

impl TurnSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let settings = Self {
            embedded: reader.flag("turn.embedded"),
            relay: RelaySettings::read(reader),
            secrets: reader.secrets("turn.secrets"),
            external: reader.items("turn.external", ice_uri),
            uris: reader.items("turn.uris", ice_uri),
            ttl: reader.seconds("turn.ttl"),
        };
        if let Err(error) = settings.check() {
            let key = match error {
                InvalidTurnConfig::NoSecret { .. } => "turn.secrets",
                InvalidTurnConfig::TooShort => "turn.ttl",
            };
            reader.complain(key, error.to_string());
        }
        settings
    }

    /// Servers elsewhere need a secret that they know; the embedded relay has one in any case.
    fn check(&self) -> Result<(), InvalidTurnConfig> {
        let own = self.uris.iter().filter(|_| !self.embedded);
        let elsewhere = own.chain(&self.external).cloned().collect();
        // Any secret will do here: only whether there is one matters.
        let secrets = self.secrets.iter().take(1);
        let secrets = secrets.filter_map(|secret| call_turn::Secret::new(secret.expose()).ok());
        TurnAuthority::new(secrets.collect(), elsewhere, self.ttl).map(drop)
    }
}

impl RelaySettings {
    fn read(reader: &mut Reader) -> Self {
        let certificate = certificate(reader);
        let listen: Vec<ListenAddress> = reader.items("turn.listen", str::parse);
        let tls = |listener: &ListenAddress| listener.transport == Transport::Tls;
        if certificate.is_none() && listen.iter().any(tls) {
            reader.complain("turn.certificate_file", "is needed to listen for tls");
        }
        Self {
            listen,
            external_ip: external_ip(reader, "turn.external_ip"),
            host: reader.parsed("turn.host", None, |text| {
                if text.is_empty() {
                    return Ok(None);
                }
                // As a whole URI, so that what is accepted here fits into one.
                let uri = format!("stun:{text}:1").parse::<IceUri>();
                uri.map(|_| Some(text.to_owned()))
                    .map_err(|_| "must be a host name or an address, IPv6 in brackets".to_owned())
            }),
            certificate,
            relay_ports: reader.parsed("turn.relay_ports", 1..=1, ports),
            realm: reader.parsed("turn.realm", String::new(), |text| {
                // RFC 8489 section 14.9, and what fits into quotes.
                let fits = (1..=127).contains(&text.len());
                if fits
                    && text
                        .bytes()
                        .all(|byte| byte.is_ascii_graphic() && byte != b'"')
                {
                    Ok(text.to_owned())
                } else {
                    Err("must have 1 to 127 printable ASCII characters, and no spaces".to_owned())
                }
            }),
            peers: PeerPolicy {
                allow: reader.items("turn.allow_peers", network),
                deny: reader.items("turn.deny_peers", network),
                services: Vec::new(),
            },
            limits: limits(reader),
        }
    }
}

fn certificate(reader: &mut Reader) -> Option<CertificateFiles> {
    let chain = reader.text("turn.certificate_file");
    let key = reader.text("turn.key_file");
    match (chain.is_empty(), key.is_empty()) {
        (true, true) => None,
        (false, false) => Some(CertificateFiles {
            chain: chain.into(),
            key: key.into(),
        }),
        (true, false) => {
            reader.complain("turn.certificate_file", "is needed beside turn.key_file");
            None
        }
        (false, true) => {
            reader.complain("turn.key_file", "is needed beside turn.certificate_file");
            // So that nothing else complains of a certificate that is missing.
            Some(CertificateFiles {
                chain: chain.into(),
                key: PathBuf::new(),
            })
        }
    }
}

fn limits(reader: &mut Reader) -> RelayLimits {
    const MAX_LIFETIME: &str = "turn.max_lifetime";
    const SHORTEST: Duration = Duration::from_mins(1);
    let max_lifetime = reader.seconds(MAX_LIFETIME);
    if !max_lifetime.is_zero() && max_lifetime < SHORTEST {
        reader.complain(MAX_LIFETIME, "must be at least 60");
    }
    let bandwidth = reader.number("turn.bandwidth_per_user", 0, u32::MAX);
    RelayLimits {
        allocations: reader.number("turn.allocations_max", 1, 1_000_000) as usize,
        allocations_per_user: reader.number("turn.allocations_per_user", 1, 1_000_000) as usize,
        bytes_per_second_per_user: (bandwidth > 0).then(|| u64::from(bandwidth)),
        max_lifetime,
        ..RelayLimits::default()
    }
}

fn ice_uri(text: &str) -> Result<IceUri, String> {
    text.parse()
        .map_err(|error: call_turn::InvalidIceUri| error.to_string())
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse::<IpNet>()
        .or_else(|_| address())
        .map_err(|_| format!("{text:?} is no network such as 10.1.0.0/16, and no address"))
}

fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let bounds = text.split_once('-').and_then(|(first, last)| {
        let first: u16 = first.trim().parse().ok()?;
        Some(first..=last.trim().parse().ok()?)
    });
    // Browsers ask for no port in particular; those below 1024 belong to others.
    bounds
        .filter(|ports| *ports.start() >= 1024 && !ports.is_empty())
        .ok_or_else(|| "must be of the form FIRST-LAST, from 1024 to 65535".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn turn(variables: &[(&str, &str)]) -> Result<TurnSettings, Vec<String>> {
        let variables = variables
            .iter()
            .map(|(key, text)| (format!("CALL__TURN__{key}"), (*text).to_owned()));
        let settings = Settings::load_from(None, variables);
        settings.map(|settings| settings.turn).map_err(|error| {
            let complaints = error.complaints.iter();
            complaints
                .map(|complaint| format!("{}: {}", complaint.key, complaint.what))
                .collect()
        })
    }

    #[test]
    fn the_defaults_are_those_of_the_relay() {
        let turn = turn(&[]).expect("right");
        assert!(turn.embedded);
        let usual = call_turn::RelayConfig::default();
        assert_eq!(turn.relay.limits, usual.limits);
        assert_eq!(turn.relay.relay_ports, usual.ports);
        assert_eq!(turn.relay.realm, usual.realm);
        assert!(turn.relay.peers.allow.is_empty() && turn.relay.peers.deny.is_empty());
        assert!(turn.uris.is_empty() && turn.external.is_empty());
    }

    #[test]
    fn everything_can_be_set() {
        let turn = turn(&[
            ("LISTEN", "udp:192.0.2.1:3478, tls:[2001:db8::1]:443"),
            ("EXTERNAL_IP", "198.41.0.4,2001:db8::2"),
            ("CERTIFICATE_FILE", "/chain.pem"),
            ("KEY_FILE", "/key.pem"),
            ("RELAY_PORTS", "50000-50099"),
            ("REALM", "example.com"),
            ("HOST", "turn.example.com"),
            ("ALLOW_PEERS", "10.1.0.0/16,2001:db8::/32"),
            ("DENY_PEERS", "10.1.2.3"),
            ("ALLOCATIONS_PER_USER", "3"),
            ("ALLOCATIONS_MAX", "30"),
            ("BANDWIDTH_PER_USER", "0"),
            ("MAX_LIFETIME", "600"),
        ])
        .expect("right");
        let relay = turn.relay;
        assert_eq!(
            relay.listen,
            [
                ListenAddress {
                    transport: Transport::Udp,
                    address: "192.0.2.1:3478".parse().expect("an address"),
                },
                ListenAddress {
                    transport: Transport::Tls,
                    address: "[2001:db8::1]:443".parse().expect("an address"),
                },
            ]
        );
        assert_eq!(relay.external_ip.len(), 2);
        let certificate = relay.certificate.expect("a certificate");
        assert_eq!(certificate.chain, PathBuf::from("/chain.pem"));
        assert_eq!(certificate.key, PathBuf::from("/key.pem"));
        assert_eq!(relay.relay_ports, 50_000..=50_099);
        assert_eq!(relay.realm, "example.com");
        assert_eq!(relay.host.as_deref(), Some("turn.example.com"));
        let written = |nets: &[IpNet]| nets.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            written(&relay.peers.allow),
            ["10.1.0.0/16", "2001:db8::/32"]
        );
        assert_eq!(written(&relay.peers.deny), ["10.1.2.3/32"]);
        assert_eq!(relay.limits.allocations_per_user, 3);
        assert_eq!(relay.limits.allocations, 30);
        assert_eq!(relay.limits.bytes_per_second_per_user, None);
        assert_eq!(relay.limits.max_lifetime, Duration::from_mins(10));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_key() {
        for (key, text, beginning) in [
            ("LISTEN", "3478", "turn.listen: \"3478\" is not of the form"),
            ("LISTEN", "udp:3478", "turn.listen: \"udp:3478\" is not of"),
            ("LISTEN", "dtls:127.0.0.1:1", "turn.listen: \"dtls:"),
            (
                "LISTEN",
                "tls:127.0.0.1:5349",
                "turn.certificate_file: is needed",
            ),
            ("CERTIFICATE_FILE", "/chain.pem", "turn.key_file: is needed"),
            ("KEY_FILE", "/key.pem", "turn.certificate_file: is needed"),
            (
                "EXTERNAL_IP",
                "example.com",
                "turn.external_ip: \"example.com\" is no",
            ),
            (
                "EXTERNAL_IP",
                "0.0.0.0",
                "turn.external_ip: 0.0.0.0 cannot be",
            ),
            (
                "EXTERNAL_IP",
                "198.41.0.4,198.41.0.5",
                "turn.external_ip: may have one",
            ),
            (
                "HOST",
                "https://turn.example.com",
                "turn.host: must be a host name",
            ),
            (
                "RELAY_PORTS",
                "50000",
                "turn.relay_ports: must be of the form",
            ),
            (
                "RELAY_PORTS",
                "50001-50000",
                "turn.relay_ports: must be of the form",
            ),
            (
                "RELAY_PORTS",
                "80-90",
                "turn.relay_ports: must be of the form",
            ),
            ("REALM", "", "turn.realm: must have 1 to 127"),
            ("REALM", "a realm", "turn.realm: must have 1 to 127"),
            (
                "ALLOW_PEERS",
                "10.1.0.0/33",
                "turn.allow_peers: \"10.1.0.0/33\" is no",
            ),
            (
                "DENY_PEERS",
                "home",
                "turn.deny_peers: \"home\" is no network",
            ),
            (
                "ALLOCATIONS_MAX",
                "0",
                "turn.allocations_max: must be a whole",
            ),
            (
                "MAX_LIFETIME",
                "59",
                "turn.max_lifetime: must be at least 60",
            ),
            (
                "EXTERNAL",
                "turn.example.com",
                "turn.external: `turn.example.com` begins",
            ),
            (
                "EXTERNAL",
                "turn:turn.example.com",
                "turn.secrets: `turn:turn.example.com` needs",
            ),
            ("TTL", "0.5", "turn.ttl: credentials must live"),
        ] {
            let complaints = turn(&[(key, text)]).expect_err("wrong");
            assert_eq!(complaints.len(), 1, "{complaints:?}");
            assert!(complaints[0].starts_with(beginning), "{complaints:?}");
        }
    }

    #[test]
    fn names_for_the_embedded_relay_need_no_secret() {
        let uri = ("URIS", "turns:calls.example.com:443?transport=tcp");
        assert!(turn(&[uri]).is_ok());
        assert!(turn(&[uri, ("EMBEDDED", "false")]).is_err());
        assert!(turn(&[("EXTERNAL", "stun:stun.example.com")]).is_ok());
    }
}
