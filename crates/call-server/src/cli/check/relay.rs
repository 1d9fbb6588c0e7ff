use std::io;
use std::net::SocketAddr;

use call_turn::{Listener, RelayServer};

use super::Findings;
use crate::listen;
use crate::relay::{self, RelayError, reach};
use crate::settings::{ListenAddress, Settings};

/// Whether the embedded relay can start, answers, and is reached by the names that browsers get.
pub(super) async fn check(settings: &Settings, findings: &mut Findings) {
    let wanted = relay::listeners(settings);
    let mut running = Vec::new();
    let mut vacant = true;
    for listener in &wanted {
        if let Err(error) = listen::vacant(*listener) {
            vacant = false;
            if taken(*listener, error, findings).await {
                running.push(*listener);
            }
        }
    }
    match start(settings, vacant) {
        Ok(server) if vacant => {
            for listener in server.addresses() {
                answers(listener, findings).await;
            }
            outside(settings, &server, server.addresses(), findings).await;
            server.stop();
        }
        Ok(server) => {
            let listeners = as_if_it_had(&running, &server);
            outside(settings, &server, &listeners, findings).await;
            server.stop();
        }
        Err(error) => findings.error(error),
    }
}

/// A relay for a moment, with a secret that nobody knows; on other ports if its own are taken.
fn start(settings: &Settings, vacant: bool) -> Result<RelayServer, RelayError> {
    let secret = relay::throwaway()?;
    let mut config = relay::relay_config(settings, vec![secret]);
    if !vacant {
        let lists = [&mut config.udp, &mut config.tcp, &mut config.tls];
        for address in lists.into_iter().flatten() {
            address.set_port(0);
        }
    }
    Ok(RelayServer::start(&config)?)
}

/// The listeners of a relay that runs elsewhere, as the one here sees their addresses.
fn as_if_it_had(running: &[ListenAddress], server: &RelayServer) -> Vec<Listener> {
    let listener = |wanted: &ListenAddress| {
        let same = |known: &&Listener| known.bound.ip() == wanted.address.ip();
        let known = server.addresses().iter().find(same)?;
        Some(Listener {
            transport: wanted.transport,
            bound: wanted.address,
            external: SocketAddr::new(known.external.ip(), wanted.address.port()),
        })
    };
    running.iter().filter_map(listener).collect()
}

/// Whether whoever has an address is a STUN server, as this server is if it runs.
async fn taken(listener: ListenAddress, error: io::Error, findings: &mut Findings) -> bool {
    let ListenAddress { transport, address } = listener;
    let here = reach::from_here(address);
    let in_use = error.kind() == io::ErrorKind::AddrInUse;
    let answers = in_use && reach::answers(transport, here).await.is_ok();
    if answers {
        findings.ok(format_args!(
            "turn.listen: {address} ({}) is in use and answers: by this server, if it runs",
            transport.as_str()
        ));
    } else {
        findings.error(RelayError::Listen { listener, error });
    }
    answers
}

async fn answers(listener: &Listener, findings: &mut Findings) {
    let (transport, here) = (listener.transport, reach::from_here(listener.bound));
    let name = transport.as_str();
    match reach::answers(transport, here).await {
        Ok(()) => findings.ok(format_args!(
            "turn.listen: the relay answers at {here} ({name})"
        )),
        Err(error) => findings.error(format_args!(
            "turn.listen: the relay does not answer at {here} ({name}): {error}"
        )),
    }
}

/// By the names that browsers get, as far as they differ from the addresses of this host.
async fn outside(
    settings: &Settings,
    server: &RelayServer,
    listeners: &[Listener],
    findings: &mut Findings,
) {
    for address in relay::inner_addresses(settings, server.relay_addresses()) {
        // Of loopback the settings warn.
        if !address.is_loopback() {
            findings.warning(relay::inner_address_warning(address));
        }
    }
    let inside: Vec<_> = listeners
        .iter()
        .map(|listener| relay::Name::of(listener.transport, listener.bound))
        .collect();
    for name in relay::names(settings, listeners) {
        if inside.contains(&name) {
            continue;
        }
        let relay::Name {
            transport,
            host,
            port,
        } = &name;
        let label = format!("{host}:{port} ({})", transport.as_str());
        match reached(&name).await {
            Ok(()) => findings.ok(format_args!("the relay is reached at {label}")),
            Err(error) => findings.warning(format_args!(
                "the relay is not reached from here at {label}, where browsers look for it: {error}; \
                 look at the firewall, and try from elsewhere, for some NATs do not let a host \
                 reach itself"
            )),
        }
    }
}

/// At the first address of a name that answers.
async fn reached(name: &relay::Name) -> io::Result<()> {
    let host = name.host.trim_start_matches('[').trim_end_matches(']');
    let mut result = Err(io::Error::new(
        io::ErrorKind::NotFound,
        "the name has no address",
    ));
    for address in tokio::net::lookup_host((host, name.port)).await? {
        result = reach::answers(name.transport, address).await;
        if result.is_ok() {
            break;
        }
    }
    result
}
