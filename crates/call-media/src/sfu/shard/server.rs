use std::hash::{BuildHasher, Hash};
use std::io;
use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use foldhash::fast::FixedState;
use mio::{Interest, Poll, Token, Waker};

use super::addresses;
use super::counters::SharedCounters;
use super::parcel::{Inlet, Parcel};
use super::tcp;
use super::udp::UdpPort;
use super::worker::{FIRST_LISTENER, WAKE, Worker};
use crate::sfu::room::RoomContext;
use crate::sfu::sdp::{CandidateProtocol, ServerCandidate};
use crate::sfu::transport::Certificate;
use crate::sfu::{Command, Event, RoomId, RoomStats, SfuConfig, SfuCounters};

/// A running SFU. It stops when it is dropped.
pub struct Sfu {
    inlets: Vec<Inlet>,
    counters: Vec<Arc<SharedCounters>>,
    threads: Vec<JoinHandle<()>>,
    udp: Vec<SocketAddr>,
    tcp: Vec<SocketAddr>,
    events: Receiver<Event>,
    stop: Arc<AtomicBool>,
}

/// Why an SFU did not start.
#[derive(Debug, thiserror::Error)]
pub enum SfuError {
    /// An address cannot be listened on.
    #[error("cannot listen on {protocol} {address}: {source}")]
    Listen {
        /// `udp` or `tcp`.
        protocol: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// There is no address to listen on.
    #[error("the SFU has no address to listen on")]
    NoAddress,
    /// There is no video codec to offer.
    #[error("the SFU has no video codec to offer")]
    NoVideoCodec,
    /// The certificate of DTLS could not be made.
    #[error("cannot make a DTLS certificate: {0}")]
    Certificate(Box<dyn std::error::Error + Send + Sync>),
    /// The system refused something else.
    #[error("cannot start a shard of the SFU: {0}")]
    System(#[from] io::Error),
}

/// A command was not taken: the shard of the room is overloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the SFU does not keep up with its commands")]
pub struct Overloaded;

/// What may wait for a shard, and for the embedder.
const PARCELS_MAX: usize = 16 << 10;
const EVENTS_MAX: usize = 64 << 10;
/// Shards at most: their numbers are written into ICE username fragments.
const SHARDS_MAX: usize = 256;

impl Sfu {
    /// Opens the sockets and starts the threads.
    pub fn start(config: &SfuConfig) -> Result<Self, SfuError> {
        if config.video_codecs.is_empty() {
            return Err(SfuError::NoVideoCodec);
        }
        let shards = shards(config);
        let (mut ports, udp) = open_ports(config, shards)?;
        let mut listeners = Vec::new();
        for address in addresses::expand(&config.tcp)? {
            let listener = tcp::listen(address).map_err(listening("tcp", address))?;
            listeners.push(listener);
        }
        let tcp = listeners
            .iter()
            .map(mio::net::TcpListener::local_addr)
            .collect::<io::Result<Vec<_>>>()?;
        let context = Arc::new(RoomContext {
            config: config.clone(),
            certificate: Arc::new(
                Certificate::generate().map_err(|error| SfuError::Certificate(error.into()))?,
            ),
            candidates: candidates(config, &udp, &tcp),
        });
        let (events, received) = bounded(EVENTS_MAX);
        let mut sfu = Self {
            inlets: Vec::new(),
            counters: Vec::new(),
            threads: Vec::new(),
            udp,
            tcp,
            events: received,
            stop: Arc::default(),
        };
        let mut inboxes = Vec::new();
        for _ in 0..shards {
            let poll = Poll::new()?;
            let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
            let (sender, parcels) = bounded(PARCELS_MAX);
            sfu.inlets.push(Inlet::new(sender, waker));
            inboxes.push((poll, parcels));
        }
        for (index, (poll, parcels)) in inboxes.into_iter().enumerate() {
            let mut ports = std::mem::take(&mut ports[index]);
            let mut listeners = std::mem::take(&mut listeners);
            for (number, port) in ports.iter_mut().enumerate() {
                let token = Token(number);
                poll.registry()
                    .register(port.source(), token, Interest::READABLE)?;
            }
            for (number, listener) in listeners.iter_mut().enumerate() {
                let token = Token(FIRST_LISTENER + number);
                poll.registry()
                    .register(listener, token, Interest::READABLE)?;
            }
            let counters = Arc::new(SharedCounters::default());
            sfu.counters.push(Arc::clone(&counters));
            let worker = Worker {
                index,
                poll,
                ports,
                listeners,
                parcels,
                shards: sfu.inlets.clone(),
                stop: Arc::clone(&sfu.stop),
                events: events.clone(),
                counters,
                context: Arc::clone(&context),
                rooms_max: config.rooms_max.div_ceil(shards),
            };
            let thread = std::thread::Builder::new().name(format!("sfu-{index}"));
            sfu.threads.push(thread.spawn(move || worker.run())?);
        }
        Ok(sfu)
    }

    /// Asks something of a room; what comes of it comes as an [`Event`]. Never waits.
    pub fn command(&self, room: RoomId, command: Command) -> Result<(), Overloaded> {
        self.inlet(&room)
            .send(Parcel::Command { room, command })
            .map_err(|_| Overloaded)
    }

    /// What the SFU tells. There is one queue; every event is taken once. It is closed when the SFU is gone.
    pub fn events(&self) -> Receiver<Event> {
        self.events.clone()
    }

    /// Asks how a room is. The answer, none if there is no such room, comes through the receiver; if that is dropped unanswered the
    /// shard is overloaded.
    pub fn room_stats(&self, room: RoomId) -> Receiver<Option<RoomStats>> {
        let (reply, received): (Sender<_>, _) = bounded(1);
        let _ = self.inlet(&room).send(Parcel::Stats { room, reply });
        received
    }

    /// What all shards have counted.
    pub fn counters(&self) -> SfuCounters {
        let mut sum = SfuCounters::default();
        for counters in &self.counters {
            counters.add_to(&mut sum);
        }
        sum
    }

    /// The UDP addresses that are bound.
    pub fn udp_addresses(&self) -> &[SocketAddr] {
        &self.udp
    }

    /// The TCP addresses that are bound.
    pub fn tcp_addresses(&self) -> &[SocketAddr] {
        &self.tcp
    }

    /// The shard of a room, the same at any time.
    fn inlet(&self, room: &RoomId) -> &Inlet {
        let mut hasher = FixedState::default().build_hasher();
        room.hash(&mut hasher);
        let shards = self.inlets.len() as u64;
        let shard = std::hash::Hasher::finish(&hasher) % shards;
        &self.inlets[usize::try_from(shard).unwrap_or(0)]
    }
}

impl std::fmt::Debug for Sfu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sfu")
            .field("shards", &self.inlets.len())
            .finish_non_exhaustive()
    }
}

impl Drop for Sfu {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        for inlet in &self.inlets {
            inlet.wake();
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn shards(config: &SfuConfig) -> usize {
    let wanted = match config.shards {
        0 => std::thread::available_parallelism().map_or(1, NonZero::get),
        shards => shards,
    };
    wanted.min(SHARDS_MAX)
}

/// A socket of every address for each shard, and the addresses.
fn open_ports(
    config: &SfuConfig,
    shards: usize,
) -> Result<(Vec<Vec<UdpPort>>, Vec<SocketAddr>), SfuError> {
    let asked = addresses::expand(&config.udp)?;
    let mut ports: Vec<Vec<UdpPort>> = Vec::new();
    let mut bound = Vec::new();
    let mut first = Vec::new();
    for address in asked {
        let port = UdpPort::bind(address).map_err(listening("udp", address))?;
        bound.push(port.local());
        first.push(port);
    }
    if first.is_empty() && config.tcp.is_empty() {
        return Err(SfuError::NoAddress);
    }
    ports.push(first);
    for _ in 1..shards {
        let further = bound
            .iter()
            .map(|address| UdpPort::bind(*address).map_err(listening("udp", *address)))
            .collect::<Result<_, _>>()?;
        ports.push(further);
    }
    Ok((ports, bound))
}

fn listening(protocol: &'static str, address: SocketAddr) -> impl Fn(io::Error) -> SfuError {
    move |source| SfuError::Listen {
        protocol,
        address,
        source,
    }
}

fn candidates(config: &SfuConfig, udp: &[SocketAddr], tcp: &[SocketAddr]) -> Vec<ServerCandidate> {
    let told = |bound: &[SocketAddr], asked: &[SocketAddr], protocol| {
        addresses::advertised(bound, asked, &config.external_ip)
            .into_iter()
            .map(move |address| ServerCandidate { protocol, address })
    };
    told(udp, &config.udp, CandidateProtocol::Udp)
        .chain(told(tcp, &config.tcp, CandidateProtocol::TcpPassive))
        .collect()
}
