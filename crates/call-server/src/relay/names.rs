//! What browsers are told of the relay.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use call_turn::{IceUri, Listener, Transport};

use crate::settings::Settings;

/// How browsers name a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) transport: Transport,
    /// A host name or an address, IPv6 in brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// The names of these listeners, each once. Of a listener whose address nobody knows there is none.
pub(crate) fn names(settings: &Settings, listeners: &[Listener]) -> Vec<Name> {
    let mut names = Vec::new();
    let needed = |listener: &&Listener| !is_superfluous(listener, listeners);
    for listener in listeners.iter().filter(needed) {
        let name = host(settings, listener).map(|host| Name {
            transport: listener.transport,
            host,
            port: listener.external.port(),
        });
        if let Some(name) = name.filter(|name| !names.contains(name)) {
            names.push(name);
        }
    }
    names
}

impl Name {
    /// The name of an address.
    pub(crate) fn of(transport: Transport, address: SocketAddr) -> Self {
        Self {
            transport,
            host: written(address.ip()),
            port: address.port(),
        }
    }

    /// As in `iceServers` (RFC 7064, RFC 7065).
    pub(super) fn uris(&self) -> Vec<IceUri> {
        let Self { host, port, .. } = self;
        let uris = match self.transport {
            Transport::Udp => vec![
                format!("stun:{host}:{port}"),
                format!("turn:{host}:{port}?transport=udp"),
            ],
            Transport::Tcp => vec![format!("turn:{host}:{port}?transport=tcp")],
            Transport::Tls => vec![format!("turns:{host}:{port}?transport=tcp")],
        };
        // Hosts come from addresses, from `turn.host`, which was tried, and from `public_url`.
        uris.iter().filter_map(|uri| uri.parse().ok()).collect()
    }
}

/// An inner address of IPv6 beside one of IPv4: browsers give up on one server after the other, and
/// this one only costs them time.
fn is_superfluous(listener: &Listener, listeners: &[Listener]) -> bool {
    let ip = listener.external.ip();
    let beside = |other: &Listener| {
        other.transport == listener.transport
            && other.external.is_ipv4()
            && !other.external.ip().is_unspecified()
    };
    ip.is_ipv6() && is_inner(ip) && listeners.iter().any(beside)
}

/// In the order that `turn.host` in config/default.toml says.
fn host(settings: &Settings, listener: &Listener) -> Option<String> {
    let relay = &settings.turn.relay;
    if let Some(host) = &relay.host {
        return Some(host.clone());
    }
    let ip = listener.external.ip();
    let by_address = || (!ip.is_unspecified()).then(|| written(ip));
    let public_host = settings.server.public_url.as_ref();
    let public_host = public_host.map(|url| url.host().to_owned());
    let reachable = relay.external_ip.contains(&ip) || !is_inner(ip);
    match listener.transport {
        Transport::Udp | Transport::Tcp if reachable => by_address(),
        // A certificate is for a name.
        Transport::Udp | Transport::Tcp | Transport::Tls => public_host.or_else(by_address),
    }
}

fn written(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// Whether an address means something on its own host or network only.
pub(crate) fn is_inner(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            ip.is_unspecified()
                || ip.is_loopback()
                || ip.is_private()
                || ip.is_link_local()
                || is_shared(ip)
        }
        IpAddr::V6(ip) => {
            ip.is_unspecified()
                || ip.is_loopback()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
        }
    }
}

/// Between carriers and their customers (RFC 6598), 100.64.0.0/10.
fn is_shared(ip: Ipv4Addr) -> bool {
    matches!(ip.octets(), [100, 64..=127, _, _])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let variables = variables
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Settings::load_from(None, variables).expect("right")
    }

    fn listener(transport: Transport, bound: &str, external: &str) -> Listener {
        Listener {
            transport,
            bound: bound.parse().expect("an address"),
            external: external.parse().expect("an address"),
        }
    }

    fn uris(variables: &[(&str, &str)], listeners: &[Listener]) -> Vec<String> {
        let names = names(&settings(variables), listeners);
        let uris = names.iter().flat_map(Name::uris);
        uris.map(|uri| uri.to_string()).collect()
    }

    #[test]
    fn a_public_address_speaks_for_itself() {
        let listeners = [
            listener(Transport::Udp, "0.0.0.0:3478", "8.8.4.4:3478"),
            listener(Transport::Tcp, "[::]:3478", "[2600::1]:3478"),
            listener(Transport::Tls, "0.0.0.0:5349", "8.8.4.4:5349"),
        ];
        let public_url = ("CALL__SERVER__PUBLIC_URL", "https://calls.example.com:444");
        assert_eq!(
            uris(&[public_url], &listeners),
            [
                "stun:8.8.4.4:3478",
                "turn:8.8.4.4:3478?transport=udp",
                "turn:[2600::1]:3478?transport=tcp",
                "turns:calls.example.com:5349?transport=tcp",
            ]
        );
    }

    #[test]
    fn an_inner_address_gives_way_to_a_name() {
        let listeners = [
            listener(Transport::Udp, "0.0.0.0:3478", "10.0.0.7:3478"),
            listener(Transport::Udp, "[::]:3478", "[::]:3478"),
        ];
        let public_url = ("CALL__SERVER__PUBLIC_URL", "https://calls.example.com");
        let by_name = [
            "stun:calls.example.com:3478",
            "turn:calls.example.com:3478?transport=udp",
        ];
        assert_eq!(uris(&[public_url], &listeners), by_name);
        let host = ("CALL__TURN__HOST", "turn.example.com");
        assert_eq!(
            uris(&[public_url, host], &listeners),
            by_name.map(|uri| uri.replace("calls.", "turn."))
        );
        // An unspecified address is never told.
        assert_eq!(
            uris(&[], &listeners),
            ["stun:10.0.0.7:3478", "turn:10.0.0.7:3478?transport=udp"]
        );
    }

    #[test]
    fn an_inner_ipv6_address_beside_an_ipv4_address_is_left_out() {
        let ipv4 = listener(Transport::Udp, "0.0.0.0:3478", "8.8.4.4:3478");
        let ipv6 = listener(Transport::Udp, "[::]:3478", "[fd00::2]:3478");
        let tcp = listener(Transport::Tcp, "[::]:3478", "[fd00::2]:3478");
        assert_eq!(
            uris(&[], &[ipv4, ipv6, tcp]),
            [
                "stun:8.8.4.4:3478",
                "turn:8.8.4.4:3478?transport=udp",
                "turn:[fd00::2]:3478?transport=tcp",
            ]
        );
    }

    #[test]
    fn an_external_ip_is_believed_whatever_it_is() {
        let listeners = [listener(Transport::Udp, "0.0.0.0:3478", "10.9.0.7:3478")];
        let told = uris(
            &[
                ("CALL__TURN__EXTERNAL_IP", "10.9.0.7"),
                ("CALL__SERVER__PUBLIC_URL", "https://calls.example.com"),
            ],
            &listeners,
        );
        assert_eq!(told[0], "stun:10.9.0.7:3478");
    }

    #[test]
    fn inner_addresses_are_known() {
        for ip in [
            "0.0.0.0",
            "127.0.0.1",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "::",
            "::1",
            "fd00::1",
            "fe80::1",
        ] {
            assert!(is_inner(ip.parse().expect("an address")), "{ip}");
        }
        for ip in [
            "8.8.8.8",
            "100.63.0.1",
            "100.128.0.1",
            "172.32.0.1",
            "2600::1",
        ] {
            assert!(!is_inner(ip.parse().expect("an address")), "{ip}");
        }
    }
}
