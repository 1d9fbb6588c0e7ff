use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// The address of a STUN or TURN server as browsers take it (RFC 7064, RFC 7065):
/// `turn:host:port?transport=udp`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IceUri {
    scheme: IceScheme,
    text: String,
}

/// What kind of server an [`IceUri`] names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IceScheme {
    /// STUN over UDP or TCP: no credentials.
    Stun,
    /// STUN over TLS: no credentials.
    Stuns,
    /// TURN over UDP or TCP.
    Turn,
    /// TURN over TLS or DTLS.
    Turns,
}

/// Why a text is no [`IceUri`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIceUri {
    /// Begins with none of the four schemes.
    #[error("`{0}` begins with none of stun:, stuns:, turn:, turns:")]
    Scheme(String),
    /// The host is missing or no host name or address.
    #[error("`{0}` has no valid host")]
    Host(String),
    /// The port is no number from 1 to 65535.
    #[error("`{0}` has no valid port")]
    Port(String),
    /// The query is not `transport=udp` or `transport=tcp`, or the scheme is STUN.
    #[error("`{0}` may only be followed by ?transport=udp or ?transport=tcp, and only for TURN")]
    Query(String),
}

impl IceUri {
    /// What kind of server this is.
    pub fn scheme(&self) -> IceScheme {
        self.scheme
    }

    /// The whole URI.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl IceScheme {
    /// Servers of this kind ask for a username and a password.
    pub fn needs_credential(self) -> bool {
        match self {
            Self::Stun | Self::Stuns => false,
            Self::Turn | Self::Turns => true,
        }
    }
}

impl fmt::Display for IceUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for IceUri {
    type Err = InvalidIceUri;

    fn from_str(text: &str) -> Result<Self, InvalidIceUri> {
        let (scheme, rest) = match text.split_once(':') {
            Some(("stun", rest)) => (IceScheme::Stun, rest),
            Some(("stuns", rest)) => (IceScheme::Stuns, rest),
            Some(("turn", rest)) => (IceScheme::Turn, rest),
            Some(("turns", rest)) => (IceScheme::Turns, rest),
            Some(_) | None => return Err(InvalidIceUri::Scheme(text.to_owned())),
        };
        let (server, query) = match rest.split_once('?') {
            Some((server, query)) => (server, Some(query)),
            None => (rest, None),
        };
        let (host, port) = split_port(server);
        if !is_host(host) {
            return Err(InvalidIceUri::Host(text.to_owned()));
        }
        if port.is_some_and(|port| !is_port(port)) {
            return Err(InvalidIceUri::Port(text.to_owned()));
        }
        let legal = match query {
            None => true,
            Some("transport=udp" | "transport=tcp") => scheme.needs_credential(),
            Some(_) => false,
        };
        if !legal {
            return Err(InvalidIceUri::Query(text.to_owned()));
        }
        Ok(Self {
            scheme,
            text: text.to_owned(),
        })
    }
}

/// Host and port; an IPv6 address stands in brackets, whose colons are not the port's.
fn split_port(server: &str) -> (&str, Option<&str>) {
    let after_host = server.rfind(']').map_or(0, |bracket| bracket + 1);
    match server[after_host..].find(':') {
        Some(colon) => {
            let colon = after_host + colon;
            (&server[..colon], Some(&server[colon + 1..]))
        }
        None => (server, None),
    }
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    // RFC 3986 `reg-name`, without percent encoding: what DNS names and IPv4 addresses use.
    !host.is_empty()
        && host.len() <= 253
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_the_forms_of_rfc_7064_and_rfc_7065() {
        for (text, scheme) in [
            ("stun:stun.example.com", IceScheme::Stun),
            ("stuns:stun.example.com:5349", IceScheme::Stuns),
            ("turn:192.0.2.1:3478", IceScheme::Turn),
            ("turn:[2001:db8::1]:3478?transport=tcp", IceScheme::Turn),
            ("turns:turn.example.com:443?transport=tcp", IceScheme::Turns),
            ("turn:[2001:db8::1]", IceScheme::Turn),
        ] {
            let uri: IceUri = text.parse().expect(text);
            assert_eq!((uri.scheme(), uri.as_str()), (scheme, text));
        }
    }

    #[test]
    fn names_what_is_wrong() {
        type Make = fn(String) -> InvalidIceUri;
        let cases: [(&str, Make); 11] = [
            ("http:turn.example.com", InvalidIceUri::Scheme),
            ("turn.example.com", InvalidIceUri::Scheme),
            ("turn:", InvalidIceUri::Host),
            ("turn://turn.example.com", InvalidIceUri::Host),
            ("turn:a b", InvalidIceUri::Host),
            ("turn:[::zz]:3478", InvalidIceUri::Host),
            ("turn:host:0", InvalidIceUri::Port),
            ("turn:host:65536", InvalidIceUri::Port),
            ("turn:host:+1", InvalidIceUri::Port),
            ("turn:host?transport=quic", InvalidIceUri::Query),
            ("stun:host?transport=udp", InvalidIceUri::Query),
        ];
        for (text, error) in cases {
            assert_eq!(text.parse::<IceUri>(), Err(error(text.to_owned())));
        }
    }
}
