use std::fmt;

use actix_web::http::Uri;

/// A web origin (RFC 6454): scheme, host and port, as a browser sends it in `Origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    /// Host in lower case, and the port if it is not the scheme's own.
    authority: String,
}

impl Origin {
    /// Reads `scheme://host[:port]`; nothing may follow but a slash.
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return None;
        }
        Self::of(&uri)
    }

    /// The origin of an address that may have a path.
    pub fn of_address(text: &str) -> Option<Self> {
        Self::of(&text.parse().ok()?)
    }

    fn of(uri: &Uri) -> Option<Self> {
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let usual_port = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let host = uri.host().filter(|host| !host.is_empty())?;
        if uri.authority()?.as_str().contains('@') {
            return None;
        }
        let host = host.to_ascii_lowercase();
        let authority = match uri.port_u16() {
            Some(port) if port != usual_port => format!("{host}:{port}"),
            _ => host,
        };
        Some(Self { scheme, authority })
    }

    /// The host, an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        let after_address = self.authority.rfind(']').map_or(0, |bracket| bracket + 1);
        match self.authority[after_address..].find(':') {
            Some(colon) => &self.authority[..after_address + colon],
            None => &self.authority,
        }
    }

    /// Whether a page of this origin was served under the name in a `Host` header. The scheme is
    /// left out: behind a proxy that ends TLS, a server does not know it.
    pub fn is_served_as(&self, host: &str) -> bool {
        Self::of_address(&format!("{}://{host}", self.scheme))
            .is_some_and(|served| served.authority == self.authority)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_ports_and_letter_case_do_not_matter() {
        assert_eq!(
            Origin::parse("https://Example.com:443/"),
            Origin::parse("https://example.com")
        );
        assert_ne!(
            Origin::parse("https://example.com"),
            Origin::parse("http://example.com")
        );
    }

    #[test]
    fn a_host_has_no_port() {
        for (text, host) in [
            ("https://Calls.example.com", "calls.example.com"),
            ("http://127.0.0.1:8080", "127.0.0.1"),
            ("http://[2001:db8::1]:8080", "[2001:db8::1]"),
            ("https://[2001:db8::1]", "[2001:db8::1]"),
        ] {
            let origin = Origin::parse(text).expect("an origin");
            assert_eq!(origin.host(), host);
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "",
            "*",
            "null",
            "example.com",
            "ftp://example.com",
            "https://",
            "https://example.com/app",
            "https://example.com?x",
            "https://user@example.com",
        ] {
            assert_eq!(Origin::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_page_is_of_this_server_when_host_and_port_agree() {
        let origin = Origin::parse("https://calls.example.com").expect("an origin");
        assert!(origin.is_served_as("calls.example.com"));
        assert!(origin.is_served_as("calls.example.com:443"));
        assert!(!origin.is_served_as("calls.example.com:8080"));
        assert!(!origin.is_served_as("evil.example.com"));
    }
}
