//! The STUN and TURN server inside this one: from settings to a relay that runs, what browsers are
//! told of it, and whether it can be reached.

mod config;
mod error;
mod names;
pub(crate) mod reach;
mod secrets;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use call_turn::{
    IceUri, InvalidTurnConfig, Listener, RelayAddress, RelayServer, RelayStats, Secret,
    TurnAuthority,
};
use parking_lot::Mutex;

pub(crate) use config::{listeners, relay_config};
pub use error::RelayError;
pub(crate) use names::{Name, is_inner, names};
use secrets::configured;
pub(crate) use secrets::throwaway;

use crate::listen::vacant;
use crate::settings::{Settings, TurnSettings};

/// The relay of a server, until it is stopped.
pub(crate) struct EmbeddedRelay {
    running: Mutex<Option<Arc<RelayServer>>>,
    uris: Vec<IceUri>,
    secrets: Vec<Secret>,
}

impl EmbeddedRelay {
    /// Starts the relay, if the settings want one.
    /// `services` are sockets of this host that it may relay to.
    pub(crate) fn start(
        settings: &Settings,
        services: &[SocketAddr],
    ) -> Result<Option<Self>, RelayError> {
        if !settings.turn.embedded {
            return Ok(None);
        }
        // The ports first: nothing is written for a server that cannot start.
        for listener in listeners(settings) {
            vacant(listener).map_err(|error| RelayError::Listen { listener, error })?;
        }
        let secrets = secrets::configured_or_kept(settings)?;
        let mut config = relay_config(settings, secrets.clone());
        config.peers.services = services.to_vec();
        let relay = RelayServer::start(&config)?;
        for Listener {
            transport, bound, ..
        } in relay.addresses()
        {
            tracing::info!("the relay listens on {} {bound}", transport.as_str());
        }
        if !settings.dev {
            for address in inner_addresses(settings, relay.relay_addresses()) {
                tracing::warn!("{}", inner_address_warning(address));
            }
        }
        let uris = names(settings, relay.addresses())
            .iter()
            .flat_map(Name::uris)
            .collect();
        Ok(Some(Self {
            running: Mutex::new(Some(Arc::new(relay))),
            uris,
            secrets,
        }))
    }

    /// What it did and holds; `None` after its end.
    pub(crate) fn stats(&self) -> Option<RelayStats> {
        let running = self.running.lock().clone();
        running.map(|relay| relay.stats())
    }

    /// Ends all allocations and closes the ports.
    pub(crate) async fn stop(&self) {
        let running = self.running.lock().take();
        // Waits for threads. Whoever reads statistics right now drops it a moment later.
        let stopped = tokio::task::spawn_blocking(move || drop(running)).await;
        if let Err(error) = stopped {
            tracing::error!(%error, "the relay did not stop in good order");
        }
    }
}

/// Who issues TURN credentials: for the embedded relay, if there is one, and for servers elsewhere.
pub(crate) fn authority(
    turn: &TurnSettings,
    relay: Option<&EmbeddedRelay>,
) -> Result<TurnAuthority, InvalidTurnConfig> {
    let own = relay.map_or(&[][..], |relay| &relay.uris);
    let mut uris = if turn.uris.is_empty() {
        own.to_vec()
    } else {
        turn.uris.clone()
    };
    uris.extend(turn.external.iter().cloned());
    let secrets = match relay {
        Some(relay) => relay.secrets.clone(),
        None => configured(turn),
    };
    TurnAuthority::new(secrets, uris, turn.ttl)
}

/// Relay addresses that only the host's own network knows, though nobody said what they are called
/// outside.
pub(crate) fn inner_addresses(settings: &Settings, addresses: &[RelayAddress]) -> Vec<IpAddr> {
    let external = || addresses.iter().map(|address| address.external);
    // With an address of IPv4 that works, nobody misses one of IPv6.
    let ipv4 = external().any(|ip| ip.is_ipv4());
    external()
        .filter(|ip| ip.is_ipv4() || !ipv4)
        .filter(|ip| is_inner(*ip) && !settings.turn.relay.external_ip.contains(ip))
        .collect()
}

/// What an operator should know of such an address.
pub(crate) fn inner_address_warning(address: IpAddr) -> String {
    format!(
        "turn.external_ip: empty, and the relay's address {address} is not a public one; people \
         outside of its network will not get media through it"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inner(external_ip: &str, addresses: &[&str]) -> Vec<String> {
        let variable = ("CALL__TURN__EXTERNAL_IP".to_owned(), external_ip.to_owned());
        let settings = Settings::load_from(None, [variable]).expect("right");
        let address = |ip: &&str| {
            let ip = ip.parse().expect("an address");
            RelayAddress {
                local: ip,
                external: ip,
            }
        };
        let addresses: Vec<_> = addresses.iter().map(address).collect();
        let inner = inner_addresses(&settings, &addresses);
        inner.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn inner_addresses_that_nobody_explained_are_found() {
        assert!(inner("", &["8.8.4.4"]).is_empty());
        assert_eq!(inner("", &["10.0.0.7"]), ["10.0.0.7"]);
        assert!(inner("10.0.0.7", &["10.0.0.7"]).is_empty());
        assert_eq!(inner("", &["10.0.0.7", "2600::1"]), ["10.0.0.7"]);
        assert!(inner("", &["8.8.4.4", "fd00::2"]).is_empty());
        assert_eq!(inner("", &["fd00::2"]), ["fd00::2"]);
    }
}
