use std::io;
use std::net::{IpAddr, SocketAddr};

/// The addresses to bind for what was asked: an unspecified address stands for every address of the host of that family, each
/// with a socket of its own, so that answers leave from where they were asked.
pub(super) fn expand(asked: &[SocketAddr]) -> io::Result<Vec<SocketAddr>> {
    let mut expanded = Vec::new();
    for address in asked {
        if !address.ip().is_unspecified() {
            expanded.push(*address);
            continue;
        }
        let own = host_addresses()?
            .into_iter()
            .filter(|ip| ip.is_ipv4() == address.is_ipv4() && !is_link_local(*ip));
        expanded.extend(own.map(|ip| SocketAddr::new(ip, address.port())));
    }
    let mut seen = Vec::new();
    expanded.retain(|address| {
        let new = address.port() == 0 || !seen.contains(address);
        seen.push(*address);
        new
    });
    Ok(expanded)
}

/// What peers are told of bound addresses: outer addresses in place of inner ones of their family, each once. Loopback stays what it
/// is, and is told of only if there is nothing else, or it was asked for.
pub(super) fn advertised(
    bound: &[SocketAddr],
    asked: &[SocketAddr],
    external: &[IpAddr],
) -> Vec<SocketAddr> {
    let mut told = Vec::new();
    for address in bound {
        let ip = address.ip();
        if ip.is_loopback() && !asked.iter().any(|asked| asked.ip() == ip) {
            continue;
        }
        let outer = external
            .iter()
            .find(|outer| outer.is_ipv4() == ip.is_ipv4() && !ip.is_loopback());
        let address = SocketAddr::new(outer.copied().unwrap_or(ip), address.port());
        if !told.contains(&address) {
            told.push(address);
        }
    }
    if told.is_empty() {
        told.extend_from_slice(bound);
    }
    told
}

/// Addresses that need a zone to be reached: of no use in a candidate.
fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

fn host_addresses() -> io::Result<Vec<IpAddr>> {
    let interfaces = nix::ifaddrs::getifaddrs()?;
    let addresses = interfaces.filter_map(|interface| {
        let address = interface.address?;
        let ipv4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
        ipv4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
    });
    Ok(addresses.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(of: &[&str]) -> Vec<SocketAddr> {
        of.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn an_outer_address_stands_for_the_inner_ones_of_its_family() {
        let bound = addresses(&["10.0.0.5:7882", "[2001:db8::5]:7882"]);
        let told = advertised(&bound, &bound, &["203.0.113.9".parse().unwrap()]);
        assert_eq!(told, addresses(&["203.0.113.9:7882", "[2001:db8::5]:7882"]));
    }

    #[test]
    fn loopback_is_told_of_when_it_was_asked_for_or_nothing_else_is_there() {
        let both = addresses(&["127.0.0.1:7882", "10.0.0.5:7882"]);
        let any = addresses(&["0.0.0.0:7882"]);
        assert_eq!(advertised(&both, &any, &[]), addresses(&["10.0.0.5:7882"]));
        assert_eq!(advertised(&both, &both, &[]), both);
        let only = addresses(&["127.0.0.1:7882"]);
        assert_eq!(advertised(&only, &any, &[]), only);
    }

    #[test]
    fn an_unspecified_address_becomes_the_hosts_own() {
        let expanded = expand(&addresses(&["0.0.0.0:7882"])).unwrap();
        assert!(expanded.contains(&"127.0.0.1:7882".parse().unwrap()));
        assert!(
            expanded
                .iter()
                .all(|address| !address.ip().is_unspecified())
        );
    }
}
