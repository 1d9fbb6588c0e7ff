use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use call_turn::{RelayConfig, RelayLimits, Secret, Transport};

use crate::listen::usual_ips;
use crate::settings::{ListenAddress, Settings};

/// IANA's ports for STUN and TURN (RFC 8656 section 3.1).
const PORT: u16 = 3478;
const TLS_PORT: u16 = 5349;

/// What the relay of these settings is to be.
pub(crate) fn relay_config(settings: &Settings, secrets: Vec<Secret>) -> RelayConfig {
    let listeners = listeners(settings);
    let of = |transport: Transport| {
        let of_transport = listeners.iter().filter(|l| l.transport == transport);
        of_transport.map(|listener| listener.address).collect()
    };
    let relay = &settings.turn.relay;
    RelayConfig {
        udp: of(Transport::Udp),
        tcp: of(Transport::Tcp),
        tls: of(Transport::Tls),
        certificate: relay.certificate.clone(),
        relay_ips: Vec::new(),
        external_ips: relay.external_ip.clone(),
        ports: relay.relay_ports.clone(),
        realm: relay.realm.clone(),
        secrets,
        peers: relay.peers.clone(),
        limits: RelayLimits {
            max_age: oldest(settings.policy.max_duration),
            ..relay.limits
        },
        shards: None,
    }
}

/// No call ends because its allocation has become too old.
fn oldest(longest_call: Duration) -> Duration {
    RelayLimits::default().max_age.max(longest_call)
}

/// Where the relay listens, defaults filled in.
pub(crate) fn listeners(settings: &Settings) -> Vec<ListenAddress> {
    let relay = &settings.turn.relay;
    if !relay.listen.is_empty() {
        return relay.listen.clone();
    }
    let tls = relay.certificate.as_ref();
    let ports = [
        Some((Transport::Udp, PORT)),
        Some((Transport::Tcp, PORT)),
        tls.map(|_| (Transport::Tls, TLS_PORT)),
    ];
    let ips = usual_ips(&settings.server);
    let listener = |(transport, port)| {
        let address = move |ip: &IpAddr| SocketAddr::new(*ip, port);
        ips.iter().map(move |ip| ListenAddress {
            transport,
            address: address(ip),
        })
    };
    ports.into_iter().flatten().flat_map(listener).collect()
}

impl Settings {
    /// Whether nobody on another machine reaches the embedded relay.
    pub(crate) fn relay_listens_on_loopback_only(&self) -> bool {
        let listeners = listeners(self);
        listeners.iter().all(|l| l.address.ip().is_loopback())
    }
}
