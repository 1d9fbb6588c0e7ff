use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use call_media::sfu::Sfu;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Findings;
use crate::listen;
use crate::settings::Settings;
use crate::sfu::{self, SfuStartError};

/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the SFU can start, and is reached by the addresses that browsers get.
pub(super) async fn check(settings: &Settings, findings: &mut Findings) {
    let mut vacant = true;
    for listener in sfu::listeners(settings) {
        let Err(error) = listen::vacant(listener) else {
            continue;
        };
        vacant = false;
        if error.kind() == io::ErrorKind::AddrInUse {
            findings.ok(format_args!(
                "sfu.listen: {} ({}) is in use: by this server, if it runs",
                listener.address,
                listener.transport.as_str()
            ));
        } else {
            findings.error(SfuStartError::listen(listener, error));
        }
    }
    let sfu = match start(settings, vacant) {
        Ok(sfu) => sfu,
        Err(error) => return findings.error(error),
    };
    if vacant {
        for (protocol, bound) in [("udp", sfu.udp_addresses()), ("tcp", sfu.tcp_addresses())] {
            for address in bound {
                findings.ok(format_args!(
                    "sfu.listen: the SFU can listen on {address} ({protocol})"
                ));
            }
        }
        outside(settings, sfu.tcp_addresses(), findings).await;
    }
    for address in sfu::inner_addresses(settings, sfu.udp_addresses()) {
        findings.warning(sfu::inner_address_warning(address));
    }
    let stopped = tokio::task::spawn_blocking(move || drop(sfu)).await;
    if let Err(error) = stopped {
        findings.error(format_args!("the SFU did not stop in good order: {error}"));
    }
}

/// An SFU for a moment; on other ports if its own are taken.
fn start(settings: &Settings, vacant: bool) -> Result<Sfu, SfuStartError> {
    let mut config = sfu::sfu_config(settings);
    if !vacant {
        for address in config.udp.iter_mut().chain(&mut config.tcp) {
            address.set_port(0);
        }
    }
    Ok(Sfu::start(&config)?)
}

/// By the outer addresses that browsers are told, as far as that can be tried from here.
async fn outside(settings: &Settings, bound: &[SocketAddr], findings: &mut Findings) {
    for ip in sfu::external_ips(settings) {
        let of_family = |address: &&SocketAddr| address.is_ipv4() == ip.is_ipv4();
        let mut ports: Vec<u16> = bound
            .iter()
            .filter(of_family)
            .map(SocketAddr::port)
            .collect();
        ports.sort_unstable();
        ports.dedup();
        for port in ports {
            reached(*ip, port, findings).await;
        }
    }
}

async fn reached(ip: IpAddr, port: u16, findings: &mut Findings) {
    let address = SocketAddr::new(ip, port);
    let connected = timeout(PATIENCE, TcpStream::connect(address)).await;
    match connected.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer"))) {
        Ok(_) => findings.ok(format_args!("the SFU is reached at {address} (tcp)")),
        Err(error) => findings.warning(format_args!(
            "the SFU is not reached from here at {address} (tcp), where browsers look for it: {error}; \
             look at the firewall, for udp too, and try from elsewhere, for some NATs do not let a \
             host reach itself"
        )),
    }
}
