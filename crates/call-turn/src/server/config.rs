use std::net::{IpAddr, SocketAddr};
use std::num::NonZero;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use crate::{PeerPolicy, RelayLimits, Secret};

/// What a [`RelayServer`](super::RelayServer) listens on, and what it gives to whom.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    /// UDP listeners. An unspecified address takes all of its family.
    pub udp: Vec<SocketAddr>,
    /// TCP listeners.
    pub tcp: Vec<SocketAddr>,
    /// TLS listeners; they need `certificate`.
    pub tls: Vec<SocketAddr>,
    /// What TLS listeners show.
    pub certificate: Option<CertificateFiles>,
    /// To which addresses relay sockets are bound, one per family at most. When empty: the first
    /// listeners of each family, or, where these are unspecified, what the system's routes say.
    pub relay_ips: Vec<IpAddr>,
    /// What the host is called outside of a 1:1 NAT, one per family at most.
    pub external_ips: Vec<IpAddr>,
    /// Ports of relayed addresses.
    pub ports: RangeInclusive<u16>,
    /// The realm of the credentials: 1 to 127 bytes, the shorter the smaller the answers.
    pub realm: String,
    /// Secrets that credentials may have been made with, newest first.
    pub secrets: Vec<Secret>,
    /// To whom data may be relayed.
    pub peers: PeerPolicy,
    /// How much is given.
    pub limits: RelayLimits,
    /// Threads, each with its own sockets. Default: one per processor.
    pub shards: Option<NonZero<usize>>,
}

/// PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate and those that vouch for it, in this order.
    pub chain: PathBuf,
    /// Its private key (PKCS#8, PKCS#1 or SEC1).
    pub key: PathBuf,
}

impl Default for RelayConfig {
    fn default() -> Self {
        Self {
            udp: Vec::new(),
            tcp: Vec::new(),
            tls: Vec::new(),
            certificate: None,
            relay_ips: Vec::new(),
            external_ips: Vec::new(),
            ports: 49152..=65535,
            realm: "call".to_owned(),
            secrets: Vec::new(),
            peers: PeerPolicy::default(),
            limits: RelayLimits::default(),
            shards: None,
        }
    }
}
