use std::io;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZero;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::task::LocalSet;
use tokio_rustls::TlsAcceptor;

use super::connections::Connections;
use super::shard::Shard;
use super::socket::Socket;
use super::stream::Streams;
use super::{RelayConfig, RelayStats, StartError, addresses, listen, stats, tls};
use crate::relay::{Counters, HostPolicy, Ports, Quotas, Reservations, Settings};
use crate::{Family, Refusal, Relay, RelayAddress, Transport};

/// A running STUN and TURN server. It stops when it is dropped.
pub struct RelayServer {
    listeners: Vec<Listener>,
    relay_addresses: Vec<RelayAddress>,
    counters: Vec<Arc<Counters>>,
    connections: Arc<Connections>,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

/// An address at which a server can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listener {
    /// The protocol.
    pub transport: Transport,
    /// What is bound; may be unspecified.
    pub bound: SocketAddr,
    /// What clients outside are to be told: behind a 1:1 NAT the outer address; for an unspecified
    /// one that of the relay.
    pub external: SocketAddr,
}

/// The sockets of one thread.
#[derive(Default)]
struct Sockets {
    udp: Vec<std::net::UdpSocket>,
    streams: Vec<Streams>,
}

impl RelayServer {
    /// Opens the sockets and starts the threads.
    pub fn start(config: &RelayConfig) -> Result<Self, StartError> {
        check(config)?;
        let shards = shards(config);
        let [ipv4, ipv6] = addresses::relay_addresses(config)?;
        let tls = match &config.certificate {
            Some(files) => Some(tls::acceptor(files)?),
            None if config.tls.is_empty() => None,
            None => return Err(StartError::NoCertificate),
        };
        let mut sockets: Vec<Sockets> = (0..shards).map(|_| Sockets::default()).collect();
        let bound = bind(config, tls.as_ref(), &mut sockets)?;
        let relay_addresses: Vec<_> = [ipv4, ipv6].into_iter().flatten().collect();
        let own = addresses::host_addresses().map_err(StartError::System)?;
        let bound_ips = bound.iter().map(|(_, address)| address.ip());
        let own = own.into_iter().chain(bound_ips);
        let settings = Arc::new(settings(config, [ipv4, ipv6], own, Instant::now()));
        let listeners = bound
            .into_iter()
            .map(|(transport, bound)| Listener {
                transport,
                bound,
                external: SocketAddr::new(settings.external(bound.ip()), bound.port()),
            })
            .collect();
        let limits = config.limits;
        let connections = Arc::new(Connections::new(
            limits.connections,
            limits.connections_per_source,
        ));
        let (stop, stopped) = watch::channel(false);
        // From here on, an error drops the server, which ends the threads started already.
        let mut server = Self {
            listeners,
            relay_addresses,
            counters: Vec::new(),
            connections,
            stop,
            threads: Vec::new(),
        };
        for (number, sockets) in sockets.into_iter().enumerate() {
            let counters = Arc::new(Counters::default());
            server.counters.push(Arc::clone(&counters));
            let thread = Thread {
                settings: Arc::clone(&settings),
                counters,
                connections: Arc::clone(&server.connections),
                sockets,
                stopped: stopped.clone(),
            };
            let handle = thread.start(number).map_err(StartError::System)?;
            server.threads.push(handle);
        }
        Ok(server)
    }

    /// Where clients reach it.
    pub fn addresses(&self) -> &[Listener] {
        &self.listeners
    }

    /// The addresses that relayed addresses have.
    pub fn relay_addresses(&self) -> &[RelayAddress] {
        &self.relay_addresses
    }

    /// What it did and what it holds.
    pub fn stats(&self) -> RelayStats {
        stats::collect(&self.counters, &self.connections)
    }

    /// Ends all allocations and waits for the threads, which takes milliseconds.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for RelayServer {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the relay had panicked");
            }
        }
    }
}

fn check(config: &RelayConfig) -> Result<(), StartError> {
    if config.udp.is_empty() && config.tcp.is_empty() && config.tls.is_empty() {
        return Err(StartError::NoListener);
    }
    if config.secrets.is_empty() {
        return Err(StartError::NoSecret);
    }
    if !(1..=127).contains(&config.realm.len()) {
        return Err(StartError::Realm);
    }
    if config.ports.is_empty() || *config.ports.start() == 0 {
        return Err(StartError::Ports);
    }
    Ok(())
}

fn settings(
    config: &RelayConfig,
    [ipv4, ipv6]: [Option<RelayAddress>; 2],
    own: impl Iterator<Item = IpAddr>,
    now: Instant,
) -> Settings {
    let relay_ips = [ipv4, ipv6].into_iter().flatten();
    let relay_ips = relay_ips.flat_map(|address| [address.local, address.external]);
    Settings {
        policy: HostPolicy::new(config.peers.clone(), own, relay_ips.collect()),
        realm: config.realm.clone(),
        secrets: config.secrets.clone(),
        limits: config.limits,
        ipv4,
        ipv6,
        ports: Ports::new(config.ports.clone()),
        reservations: Reservations::default(),
        quotas: Arc::new(Quotas::new(config.limits, now)),
    }
}

impl Relay {
    /// A relay by itself, for who brings sockets of their own. It draws ports, nonces and tokens
    /// from `seed`, which must be secret and new. Of the configuration, listeners and relay
    /// addresses are taken as they stand; nothing is opened.
    pub fn new(config: &RelayConfig, seed: [u8; 32], now: Instant) -> Result<Self, StartError> {
        check(config)?;
        let addresses = addresses::relay_addresses(config)?;
        let listeners = [&config.udp, &config.tcp, &config.tls];
        let own = listeners.into_iter().flatten().map(SocketAddr::ip);
        let settings = Arc::new(settings(config, addresses, own, now));
        Self::with_settings(settings, Arc::new(Counters::default()), seed, now)
            .ok_or_else(|| StartError::System(io::Error::other("no key for nonces")))
    }

    /// How often something was refused for this cause.
    pub fn refusals(&self, refusal: Refusal) -> u64 {
        self.counters.refused(refusal)
    }
}

fn shards(config: &RelayConfig) -> usize {
    let shards = config
        .shards
        .or_else(|| std::thread::available_parallelism().ok());
    shards.map_or(1, NonZero::get)
}

/// Opens every listener once per thread. The first open decides a port that was left open.
fn bind(
    config: &RelayConfig,
    tls: Option<&TlsAcceptor>,
    threads: &mut [Sockets],
) -> Result<Vec<(Transport, SocketAddr)>, StartError> {
    let wanted = [
        (Transport::Udp, &config.udp),
        (Transport::Tcp, &config.tcp),
        (Transport::Tls, &config.tls),
    ];
    let shared = threads.len() > 1;
    let mut bound = Vec::new();
    for (transport, address) in wanted
        .into_iter()
        .flat_map(|(transport, addresses)| addresses.iter().map(move |a| (transport, *a)))
    {
        let failed = |source| StartError::Listen {
            transport,
            address,
            source,
        };
        let mut actual = address;
        for sockets in threads.iter_mut() {
            if transport == Transport::Udp {
                let socket = listen::udp(actual, shared).map_err(failed)?;
                actual = socket.local_addr().map_err(failed)?;
                sockets.udp.push(socket);
            } else {
                let listener = listen::tcp(actual, shared).map_err(failed)?;
                actual = listener.local_addr().map_err(failed)?;
                let tls = tls.filter(|_| transport == Transport::Tls).cloned();
                sockets.streams.push(Streams { listener, tls });
            }
        }
        bound.push((transport, actual));
    }
    Ok(bound)
}

/// What a thread begins with.
struct Thread {
    settings: Arc<Settings>,
    counters: Arc<Counters>,
    connections: Arc<Connections>,
    sockets: Sockets,
    stopped: watch::Receiver<bool>,
}

impl Thread {
    fn start(self, number: usize) -> io::Result<JoinHandle<()>> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(io::Error::other)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let relay = Relay::with_settings(
            Arc::clone(&self.settings),
            Arc::clone(&self.counters),
            seed,
            Instant::now(),
        );
        let relay = relay.ok_or_else(|| io::Error::other("no key for nonces"))?;
        std::thread::Builder::new()
            .name(format!("relay-{number}"))
            .spawn(move || {
                let local = LocalSet::new();
                local.block_on(&runtime, self.run(relay));
            })
    }

    async fn run(self, relay: Relay) {
        let sockets: io::Result<Vec<_>> = self
            .sockets
            .udp
            .into_iter()
            .map(|socket| Socket::new(socket).map(Rc::new))
            .collect();
        let listeners = match sockets {
            Ok(listeners) => listeners,
            Err(error) => {
                tracing::error!(%error, "a UDP listener of the relay failed");
                return;
            }
        };
        let shard = Shard::new(
            relay,
            self.settings,
            self.counters,
            self.connections,
            listeners.clone(),
        );
        for socket in listeners {
            drop(tokio::task::spawn_local(Rc::clone(&shard).listen(socket)));
        }
        for streams in self.sockets.streams {
            drop(tokio::task::spawn_local(streams.accept(Rc::clone(&shard))));
        }
        drop(tokio::task::spawn_local(Rc::clone(&shard).flush()));
        drop(tokio::task::spawn_local(keep_time(Rc::clone(&shard))));
        let mut stopped = self.stopped;
        // An error says that the server is gone without a word.
        let _ = stopped.wait_for(|stop| *stop).await;
        shard.shut_down();
    }
}

/// Ends allocations that expire. Their order may change at any time, so that it looks again.
async fn keep_time(shard: Rc<Shard>) {
    const AGAIN: Duration = Duration::from_secs(1);
    loop {
        let due = shard.tick();
        let latest = Instant::now() + AGAIN;
        tokio::time::sleep_until(due.map_or(latest, |due| due.min(latest)).into()).await;
    }
}

impl Settings {
    /// What outside is known as an address of this host.
    fn external(&self, ip: IpAddr) -> IpAddr {
        match self.address(Family::of(ip)) {
            Some(address) if ip.is_unspecified() || ip == address.local => address.external,
            Some(_) | None => ip,
        }
    }
}
