//! The forwarding unit inside this server: from settings to an SFU that runs, and between it and the
//! engine.

mod backlog;
mod config;
mod error;
mod inlet;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use async_trait::async_trait;
use call_domain::UserId;
use call_engine::{Engine, MediaPlane};
use call_media::sfu::{Command, Event, Refusal, RoomId, RoomStats, Sfu, SfuCounters};
use parking_lot::RwLock;
use tokio::runtime::Handle;

pub(crate) use config::{listeners, sfu_config};
pub use error::SfuStartError;

use self::inlet::Inlet;
use crate::listen::vacant;
use crate::relay::is_inner;
use crate::settings::Settings;

/// The longest that a room may take to say how it is.
const STATS_PATIENCE: Duration = Duration::from_secs(1);

/// The SFU of a server, until it is stopped.
pub(crate) struct EmbeddedSfu {
    running: RwLock<Option<Arc<Sfu>>>,
    services: Vec<SocketAddr>,
    engine: OnceLock<Weak<Engine>>,
    inlet: Arc<Inlet>,
    runtime: Handle,
}

impl EmbeddedSfu {
    /// Starts the SFU, if the settings want one. Needs a tokio runtime.
    pub(crate) fn start(settings: &Settings) -> Result<Option<Arc<Self>>, SfuStartError> {
        if !settings.sfu.enabled {
            return Ok(None);
        }
        for listener in listeners(settings) {
            vacant(listener).map_err(|error| SfuStartError::listen(listener, error))?;
        }
        let sfu = Sfu::start(&sfu_config(settings))?;
        let bound = [("udp", sfu.udp_addresses()), ("tcp", sfu.tcp_addresses())];
        for (protocol, addresses) in bound {
            for address in addresses {
                tracing::info!("the SFU listens on {protocol} {address}");
            }
        }
        if !settings.dev {
            for address in inner_addresses(settings, sfu.udp_addresses()) {
                tracing::warn!("{}", inner_address_warning(address));
            }
        }
        let (services, runtime) = (services(settings, sfu.udp_addresses()), Handle::current());
        let sfu = Arc::new(sfu);
        let running = Arc::downgrade(&sfu);
        // One that is stopped has nobody in it whom a command could concern.
        let inlet = Inlet::new(runtime.clone(), move |room, command| {
            let sfu = running.upgrade();
            sfu.is_none_or(|sfu| sfu.command(room.clone(), command).is_ok())
        });
        Ok(Some(Arc::new(Self {
            services,
            running: RwLock::new(Some(sfu)),
            engine: OnceLock::new(),
            inlet,
            runtime,
        })))
    }

    /// Its own sockets, by the addresses that clients are told: what a relay on this host must be let
    /// to.
    pub(crate) fn services(&self) -> &[SocketAddr] {
        &self.services
    }

    /// Gives what the SFU tells to an engine, from now on. Once.
    pub(crate) fn tell(&self, engine: &Arc<Engine>) -> std::io::Result<()> {
        let Some(sfu) = self.running() else {
            return Ok(());
        };
        let engine = Arc::downgrade(engine);
        let _ = self.engine.set(Weak::clone(&engine));
        let (events, runtime) = (sfu.events(), self.runtime.clone());
        let thread = std::thread::Builder::new().name("sfu-events".to_owned());
        // Ends with the SFU, which closes the queue, or with the engine.
        let pump = thread.spawn(move || {
            let _inside = runtime.enter();
            while let Ok(event) = events.recv() {
                match engine.upgrade() {
                    Some(engine) => engine.media_event(event),
                    None => return,
                }
            }
        });
        pump.map(drop)
    }

    /// What it did and holds; `None` after its end.
    pub(crate) fn counters(&self) -> Option<SfuCounters> {
        self.running().map(|sfu| sfu.counters())
    }

    /// How many commands it did not take at once because it did not keep up.
    pub(crate) fn overloads(&self) -> u64 {
        self.inlet.overloads()
    }

    /// Passes on what a room is told, in order with what the engine tells it; `false` if too much waits already.
    pub(crate) fn pass(&self, room: &RoomId, command: Command) -> bool {
        let passed = self.inlet.send(room, command);
        if passed.is_err() {
            tracing::error!(%room, "too many commands wait for the SFU");
        }
        passed.is_ok()
    }

    /// Ends all rooms and closes the ports.
    pub(crate) async fn stop(&self) {
        let running = self.running.write().take();
        // Waits for threads. Whoever reads statistics right now drops it a moment later.
        let stopped = tokio::task::spawn_blocking(move || drop(running)).await;
        if let Err(error) = stopped {
            tracing::error!(%error, "the SFU did not stop in good order");
        }
    }

    fn running(&self) -> Option<Arc<Sfu>> {
        self.running.read().clone()
    }

    /// Later, for the engine may be in the middle of something.
    fn refuse(&self, room: RoomId, peer: UserId) {
        let Some(engine) = self.engine.get().cloned() else {
            return;
        };
        self.runtime.spawn(async move {
            if let Some(engine) = engine.upgrade() {
                let refusal = Refusal::Full;
                engine.media_event(Event::Refused {
                    room,
                    peer,
                    refusal,
                });
            }
        });
    }
}

#[async_trait]
impl MediaPlane for EmbeddedSfu {
    fn command(&self, room: &RoomId, command: Command) {
        let peer = refusable(&command).cloned();
        if !self.pass(room, command)
            && let Some(peer) = peer
        {
            self.refuse(room.clone(), peer);
        }
    }

    async fn room_stats(&self, room: &RoomId) -> RoomStats {
        let Some(sfu) = self.running() else {
            return RoomStats::default();
        };
        let answer = sfu.room_stats(room.clone());
        let answer =
            tokio::task::spawn_blocking(move || answer.recv_timeout(STATS_PATIENCE).ok().flatten());
        answer.await.ok().flatten().unwrap_or_default()
    }
}

impl fmt::Debug for EmbeddedSfu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedSfu")
            .field("services", &self.services)
            .finish_non_exhaustive()
    }
}

/// Whose command it is, if that peer can be refused; it learns nothing new when it cannot leave.
fn refusable(command: &Command) -> Option<&UserId> {
    match command {
        Command::Join { peer, .. }
        | Command::Answer { peer, .. }
        | Command::Candidate { peer, .. }
        | Command::Restart { peer, .. }
        | Command::Subscribe { peer, .. }
        | Command::Publish { peer, .. } => Some(peer),
        Command::Leave { .. }
        | Command::Tap { .. }
        | Command::Untap { .. }
        | Command::CloseRoom => None,
    }
}

fn services(settings: &Settings, bound: &[SocketAddr]) -> Vec<SocketAddr> {
    let asked = listeners(settings);
    let external = external_ips(settings);
    let mut services = Vec::new();
    for address in bound {
        let ip = address.ip();
        if ip.is_loopback() && !asked.iter().any(|listener| listener.address.ip() == ip) {
            continue;
        }
        services.push(*address);
        let outer = external
            .iter()
            .filter(|outer| outer.is_ipv4() == ip.is_ipv4() && !ip.is_loopback());
        services.extend(outer.map(|outer| SocketAddr::new(*outer, address.port())));
    }
    services.sort_unstable();
    services.dedup();
    services
}

/// What the settings say of the host's outer addresses.
pub(crate) fn external_ips(settings: &Settings) -> &[IpAddr] {
    let own = &settings.sfu.external_ip;
    if own.is_empty() {
        &settings.turn.relay.external_ip
    } else {
        own
    }
}

/// Addresses that only the host's own network knows, though nobody said what they are called
/// outside.
pub(crate) fn inner_addresses(settings: &Settings, bound: &[SocketAddr]) -> Vec<IpAddr> {
    let external = external_ips(settings);
    let told = || {
        bound.iter().map(SocketAddr::ip).filter(|ip| {
            let named = |outer: &IpAddr| outer.is_ipv4() == ip.is_ipv4();
            !ip.is_loopback() && !external.iter().any(named)
        })
    };
    // With an address that works, nobody misses the others.
    if !external.is_empty() || told().any(|ip| !is_inner(ip)) {
        return Vec::new();
    }
    let mut inner: Vec<IpAddr> = told().collect();
    inner.sort_unstable();
    inner.dedup();
    inner
}

/// What an operator should know of such an address.
pub(crate) fn inner_address_warning(address: IpAddr) -> String {
    format!(
        "sfu.external_ip: empty like turn.external_ip, and the SFU's address {address} is not a public \
         one; people outside of its network will not get the media of group calls by it"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let variables = variables
            .iter()
            .map(|(key, text)| (format!("CALL__{key}"), (*text).to_owned()));
        Settings::load_from(None, variables).expect("right")
    }

    fn addresses(of: &[&str]) -> Vec<SocketAddr> {
        of.iter().map(|a| a.parse().expect("an address")).collect()
    }

    #[test]
    fn relays_are_let_to_the_addresses_that_clients_know() {
        let everywhere = ("SFU__LISTEN", "udp:0.0.0.0:7882");
        let bound = addresses(&["127.0.0.1:7882", "10.0.0.7:7882"]);
        let services = |variables: &[_]| super::services(&settings(variables), &bound);
        assert_eq!(services(&[everywhere]), addresses(&["10.0.0.7:7882"]));
        assert_eq!(
            services(&[everywhere, ("SFU__EXTERNAL_IP", "198.41.0.4")]),
            addresses(&["10.0.0.7:7882", "198.41.0.4:7882"])
        );
        assert_eq!(
            services(&[everywhere, ("TURN__EXTERNAL_IP", "198.41.0.5")]),
            addresses(&["10.0.0.7:7882", "198.41.0.5:7882"])
        );
        let both = ("SFU__LISTEN", "udp:127.0.0.1:7882,udp:10.0.0.7:7882");
        assert_eq!(
            services(&[both]),
            addresses(&["10.0.0.7:7882", "127.0.0.1:7882"])
        );
    }

    #[test]
    fn inner_addresses_that_nobody_explained_are_found() {
        let inner = |variables: &[_], bound: &[&str]| {
            let inner = inner_addresses(&settings(variables), &addresses(bound));
            inner.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(inner(&[], &["127.0.0.1:1", "10.0.0.7:1"]), ["10.0.0.7"]);
        assert!(inner(&[], &["10.0.0.7:1", "8.8.4.4:1"]).is_empty());
        assert!(inner(&[], &["127.0.0.1:1"]).is_empty());
        for key in ["SFU__EXTERNAL_IP", "TURN__EXTERNAL_IP"] {
            assert!(inner(&[(key, "198.41.0.4")], &["10.0.0.7:1"]).is_empty());
        }
    }
}
