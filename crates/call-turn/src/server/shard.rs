//! One thread of the server: a relay, its sockets and the clients that the system deals to it.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use call_domain::Timestamp;
use foldhash::fast::RandomState;
use quinn_udp::RecvMeta;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::connections::Connections;
use super::egress::Egress;
use super::listen;
use super::outbox::Outbox;
use super::pace::{PAUSE, Pace};
use super::socket::{Inbox, Socket};
use crate::relay::{Counters, Settings};
use crate::{Client, Command, Now, Refusal, Relay, RelayPort, Target, Transmit, Transport};

type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;

/// Buffers that a relay socket fills at a time; one flow has few datagrams waiting.
const RELAY_BATCH: usize = 4;

/// What the tasks of a thread share. They never wait while they hold a part of it.
pub(super) struct Shard {
    state: RefCell<State>,
    inbox: RefCell<Inbox>,
    /// There is something to send.
    unsent: Notify,
    pub(super) settings: Arc<Settings>,
    pub(super) counters: Arc<Counters>,
    pub(super) connections: Arc<Connections>,
}

struct State {
    relay: Relay,
    egress: Egress,
    flush_is_due: bool,
    listeners: Vec<Rc<Socket>>,
    relay_sockets: HashMap<RelayPort, RelaySocket>,
    streams: HashMap<Client, Rc<Outbox>>,
}

struct RelaySocket {
    socket: Rc<Socket>,
    reader: AbortHandle,
}

impl Shard {
    pub(super) fn new(
        relay: Relay,
        settings: Arc<Settings>,
        counters: Arc<Counters>,
        connections: Arc<Connections>,
        listeners: Vec<Rc<Socket>>,
    ) -> Rc<Self> {
        Rc::new(Self {
            state: RefCell::new(State {
                relay,
                egress: Egress::new(),
                flush_is_due: false,
                listeners,
                relay_sockets: HashMap::default(),
                streams: HashMap::default(),
            }),
            inbox: RefCell::new(Inbox::new()),
            unsent: Notify::new(),
            settings,
            counters,
            connections,
        })
    }

    /// Serves a UDP listener.
    pub(super) async fn listen(self: Rc<Self>, socket: Rc<Socket>) {
        let any = socket.local().ip().is_unspecified();
        loop {
            let received = socket.receive(&self.inbox, usize::MAX, |meta, bytes, now| {
                let local = match meta.dst_ip.filter(|_| any) {
                    Some(ip) => SocketAddr::new(ip, socket.local().port()),
                    None => socket.local(),
                };
                let client = Client {
                    address: meta.addr,
                    local,
                    transport: Transport::Udp,
                };
                for datagram in segments(meta, bytes) {
                    self.client_input(client, datagram, now);
                }
            });
            if let Err(error) = received.await {
                tracing::error!(%error, "a UDP listener of the relay failed");
                return;
            }
        }
    }

    /// Serves the socket of a relayed address.
    async fn serve(self: Rc<Self>, socket: Rc<Socket>, port: RelayPort) {
        loop {
            let received = socket.receive(&self.inbox, RELAY_BATCH, |meta, bytes, now| {
                let mut state = self.state.borrow_mut();
                for datagram in segments(meta, bytes) {
                    let (relay, sinks) = state.split(&self.counters);
                    if let Some(transmit) = relay.handle_peer_input(port, meta.addr, datagram, now)
                    {
                        sinks.send(&transmit);
                    }
                }
                self.sent(&mut state);
            });
            if let Err(error) = received.await {
                tracing::warn!(%error, "a relay socket failed");
                return;
            }
        }
    }

    /// One datagram, or one frame of a stream.
    pub(super) fn client_input(self: &Rc<Self>, client: Client, bytes: &[u8], now: Now) {
        let mut state = self.state.borrow_mut();
        let (relay, sinks) = state.split(&self.counters);
        if let Some(transmit) = relay.handle_client_input(client, bytes, now) {
            sinks.send(&transmit);
        }
        self.carry_out(&mut state, now);
        self.sent(&mut state);
    }

    /// A stream began: what goes to its client goes through `outbox`.
    pub(super) fn connected(&self, client: Client, outbox: Rc<Outbox>) {
        self.state.borrow_mut().streams.insert(client, outbox);
    }

    /// A stream ended, and its allocation with it.
    pub(super) fn disconnected(self: &Rc<Self>, client: &Client) {
        let mut state = self.state.borrow_mut();
        state.streams.remove(client);
        let now = now();
        state.relay.handle_client_closed(client, now);
        self.carry_out(&mut state, now);
    }

    pub(super) fn has_allocation(&self, client: &Client) -> bool {
        self.state.borrow().relay.has_allocation(client)
    }

    /// Ends what is due; tells when to come back.
    pub(super) fn tick(self: &Rc<Self>) -> Option<Instant> {
        let mut state = self.state.borrow_mut();
        let now = now();
        state.relay.handle_timeout(now);
        self.carry_out(&mut state, now);
        state.relay.poll_timeout()
    }

    /// Ends everything.
    pub(super) fn shut_down(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        let now = now();
        state.relay.handle_shutdown(now);
        self.carry_out(&mut state, now);
        // Connection tasks hold the shard; without streams nothing holds them.
        state.streams.clear();
    }

    /// Sends what was collected, after all that arrived at the same time was handled.
    pub(super) async fn flush(self: Rc<Self>) {
        let mut pace = Pace::new(Instant::now());
        loop {
            self.unsent.notified().await;
            let (sent, lost) = {
                let state = &mut *self.state.borrow_mut();
                state.flush_is_due = false;
                let egress = &mut state.egress;
                (egress.waiting(), egress.flush())
            };
            self.count_lost(lost);
            if pace.pauses(sent, Instant::now()) {
                std::thread::sleep(PAUSE);
            }
        }
    }

    fn sent(&self, state: &mut State) {
        if state.egress.is_full() {
            let lost = state.egress.flush();
            self.count_lost(lost);
        } else if !state.egress.is_empty() && !state.flush_is_due {
            state.flush_is_due = true;
            self.unsent.notify_one();
        }
    }

    fn count_lost(&self, lost: usize) {
        for _ in 0..lost {
            self.counters.refuse(Refusal::Congestion);
        }
    }

    fn carry_out(self: &Rc<Self>, state: &mut State, now: Now) {
        while let Some(command) = state.relay.next_command() {
            match command {
                Command::Open(port) => {
                    let bound = self.open(state, port);
                    let (relay, sinks) = state.split(&self.counters);
                    if let Some(transmit) = relay.opened(port, bound, now) {
                        sinks.send(&transmit);
                    }
                }
                Command::Close(port) => {
                    if let Some(closed) = state.relay_sockets.remove(&port) {
                        closed.reader.abort();
                    }
                }
                Command::CloseClient(client) => {
                    if let Some(outbox) = state.streams.get(&client) {
                        outbox.close();
                    }
                }
                Command::Ended(ended) => {
                    tracing::info!(
                        user = %ended.user,
                        transport = ended.client.transport.as_str(),
                        seconds = ended.duration.as_secs(),
                        bytes_from_client = ended.bytes_from_client,
                        bytes_to_client = ended.bytes_to_client,
                        "an allocation ended"
                    );
                    tracing::debug!(user = %ended.user, client = %ended.client.address, "its client");
                }
            }
        }
    }

    fn open(self: &Rc<Self>, state: &mut State, port: RelayPort) -> bool {
        let Some(address) = self.settings.address(port.family) else {
            return false;
        };
        let socket = listen::relay(address.local, port.port).and_then(Socket::new);
        let Ok(socket) = socket.map(Rc::new) else {
            return false;
        };
        let serve = Rc::clone(self).serve(Rc::clone(&socket), port);
        let reader = tokio::task::spawn_local(serve).abort_handle();
        state
            .relay_sockets
            .insert(port, RelaySocket { socket, reader });
        true
    }
}

impl State {
    fn split<'a>(&'a mut self, counters: &'a Counters) -> (&'a mut Relay, Sinks<'a>) {
        let sinks = Sinks {
            egress: &mut self.egress,
            listeners: &self.listeners,
            relay_sockets: &self.relay_sockets,
            streams: &self.streams,
            counters,
        };
        (&mut self.relay, sinks)
    }
}

/// Where things go.
struct Sinks<'a> {
    egress: &'a mut Egress,
    listeners: &'a [Rc<Socket>],
    relay_sockets: &'a HashMap<RelayPort, RelaySocket>,
    streams: &'a HashMap<Client, Rc<Outbox>>,
    counters: &'a Counters,
}

impl Sinks<'_> {
    fn send(self, transmit: &Transmit<'_>) {
        match transmit.target {
            Target::Peer { from, peer } => {
                if let Some(RelaySocket { socket, .. }) = self.relay_sockets.get(&from) {
                    self.egress.push(socket, peer, None, transmit);
                }
            }
            Target::Client(client) if client.transport == Transport::Udp => {
                let (ip, port) = (client.local.ip(), client.local.port());
                let listener = self.listeners.iter().find_map(|socket| {
                    let local = socket.local();
                    if local == client.local {
                        return Some((socket, None));
                    }
                    let any = local.ip().is_unspecified() && local.is_ipv4() == ip.is_ipv4();
                    (any && local.port() == port).then_some((socket, Some(ip)))
                });
                if let Some((socket, source)) = listener {
                    self.egress.push(socket, client.address, source, transmit);
                }
            }
            Target::Client(client) => {
                if let Some(outbox) = self.streams.get(&client)
                    && !outbox.push(transmit)
                {
                    self.counters.refuse(Refusal::Congestion);
                }
            }
        }
    }
}

/// The datagrams that the system merged into one.
fn segments<'a>(meta: &RecvMeta, bytes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    bytes.chunks(meta.stride.max(1))
}

pub(super) fn now() -> Now {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
    Now {
        instant: Instant::now(),
        wall: Timestamp::from_micros(micros),
    }
}
