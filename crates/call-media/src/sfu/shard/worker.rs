use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use foldhash::fast::RandomState;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use slab::Slab;

use super::counters::SharedCounters;
use super::output::{Output, RouteChange};
use super::parcel::{Inlet, Parcel};
use super::routes::{PeerKey, Routes};
use super::tcp::{Closed, TcpPeer};
use super::udp::{Inbox, UdpPort};
use crate::sfu::room::{Room, RoomContext};
use crate::sfu::transport::{Link, Path, shard_of, stun_username};
use crate::sfu::{Command, Event, Refusal, RoomId};

/// One thread of the SFU: its sockets, its rooms, its loop.
pub(super) struct Worker {
    pub(super) index: usize,
    pub(super) poll: Poll,
    pub(super) ports: Vec<UdpPort>,
    /// Of the first shard alone; connections go where their first frame belongs.
    pub(super) listeners: Vec<TcpListener>,
    pub(super) parcels: Receiver<Parcel>,
    pub(super) shards: Vec<Inlet>,
    pub(super) events: Sender<Event>,
    pub(super) counters: Arc<SharedCounters>,
    pub(super) context: Arc<RoomContext>,
    pub(super) rooms_max: usize,
    /// The SFU is being dropped.
    pub(super) stop: Arc<AtomicBool>,
}

/// Tokens: the ports, then the listeners, then this and the connections.
pub(super) const WAKE: Token = Token((1 << 20) - 1);
pub(super) const FIRST_LISTENER: usize = 1 << 12;
const FIRST_CONNECTION: usize = 1 << 20;
/// How often rooms are asked what is due.
const TICK: Duration = Duration::from_millis(10);
/// Batches of one socket, and parcels, until others have their turn.
const SHARE: usize = 4;
const PARCELS: usize = 512;
/// Written bytes at which sending does not wait for the end of the round.
const FULL: usize = 512 << 10;
/// TCP connections of a shard at most.
const CONNECTIONS_MAX: usize = 4096;

struct State {
    index: usize,
    rooms: Slab<Room>,
    by_name: HashMap<RoomId, usize, RandomState>,
    routes: Routes,
    output: Output,
    shards: Vec<Inlet>,
    events: Sender<Event>,
    context: Arc<RoomContext>,
    rooms_max: usize,
    /// The paths of TCP connections that proved whose they are.
    owners: HashMap<u32, PeerKey, RandomState>,
}

impl Worker {
    /// Runs until it is told to stop.
    pub(super) fn run(mut self) {
        let mut state = State {
            index: self.index,
            rooms: Slab::new(),
            by_name: HashMap::default(),
            routes: Routes::default(),
            output: Output::new(),
            shards: std::mem::take(&mut self.shards),
            events: self.events.clone(),
            context: Arc::clone(&self.context),
            rooms_max: self.rooms_max,
            owners: HashMap::default(),
        };
        let mut inbox = Inbox::new();
        let mut ready = Events::with_capacity(1024);
        let mut next_tick = Instant::now();
        loop {
            let timeout = if state.rooms.is_empty() && state.output.tcp().is_empty() {
                None
            } else {
                Some(next_tick.saturating_duration_since(Instant::now()))
            };
            if let Err(error) = self.poll.poll(&mut ready, timeout)
                && error.kind() != std::io::ErrorKind::Interrupted
            {
                tracing::error!(%error, shard = self.index, "the shard cannot wait for its sockets");
                return;
            }
            for event in &ready {
                match event.token() {
                    WAKE => {}
                    Token(port) if port < FIRST_LISTENER => {
                        self.receive(port, &mut inbox, &mut state);
                    }
                    Token(listener) if listener < FIRST_CONNECTION => {
                        self.accept(listener - FIRST_LISTENER, &mut state);
                    }
                    Token(connection) => {
                        self.connection_ready(connection - FIRST_CONNECTION, &mut state);
                    }
                }
            }
            if self.stop.load(Ordering::Acquire) {
                return;
            }
            self.take_parcels(&mut state);
            let now = Instant::now();
            if now >= next_tick {
                state.tick(now);
                self.close_overdue(now, &mut state);
                next_tick = now + TICK;
            }
            self.flush(now, &mut state);
            self.counters.publish(&state.output.counters);
        }
    }

    fn receive(&mut self, port: usize, inbox: &mut Inbox, state: &mut State) {
        let Ok(number) = u16::try_from(port) else {
            return;
        };
        // Edge-triggered readiness: until there is no more, but with the output sent in between.
        loop {
            for _ in 0..SHARE {
                let Some(socket) = self.ports.get(port) else {
                    return;
                };
                let now = Instant::now();
                let more = socket.receive(inbox, |peer, datagram| {
                    state.datagram(now, number, peer, datagram);
                });
                if state.output.egress().len() > FULL || !more {
                    self.flush(now, state);
                }
                if !more {
                    return;
                }
            }
            if self.stop.load(Ordering::Acquire) {
                return;
            }
            self.take_parcels(state);
            let now = Instant::now();
            state.tick(now);
            self.flush(now, state);
        }
    }

    fn accept(&mut self, listener: usize, state: &mut State) {
        let Some(listener) = self.listeners.get(listener) else {
            return;
        };
        while let Ok((stream, remote)) = listener.accept() {
            register(&self.poll, state, stream, remote);
        }
    }

    fn connection_ready(&mut self, number: usize, state: &mut State) {
        let now = Instant::now();
        let Ok(connection) = u32::try_from(number) else {
            return;
        };
        let mut frames = Vec::new();
        let Some(peer) = state.output.tcp().get_mut(number) else {
            return;
        };
        let remote = peer.remote();
        let mut closed = peer.receive(|frame| frames.push(frame.to_vec())).err();
        if closed.is_none() {
            closed = peer.flush().err();
        }
        let mut frames = frames.into_iter();
        while let Some(mut frame) = frames.next() {
            if state.frame(now, connection, remote, &mut frame) {
                continue;
            }
            // Not of this shard: the connection moves with what it said so far.
            if let Some(shard) = stun_username(&frame)
                .and_then(shard_of)
                .map(usize::from)
                .filter(|shard| *shard != state.index)
            {
                self.move_to(shard, number, frame, state);
                return;
            }
            state.output.counters.datagrams_refused += 1;
        }
        if let Some(closed) = closed {
            self.close(number, closed, state);
        }
    }

    /// Gives a connection to the shard that its first frame names.
    fn move_to(&mut self, shard: usize, number: usize, first: Vec<u8>, state: &mut State) {
        let Some(mut peer) = state.output.tcp().try_remove(number) else {
            return;
        };
        let _ = self.poll.registry().deregister(peer.source());
        let (stream, remote) = peer.into_parts();
        if let Some(inlet) = state.shards.get(shard) {
            // A full inbox closes the connection: its client tries again.
            let _ = inlet.send(Parcel::Stream {
                stream,
                remote,
                first,
            });
        }
    }

    fn close(&mut self, number: usize, closed: Closed, state: &mut State) {
        let Some(mut peer) = state.output.tcp().try_remove(number) else {
            return;
        };
        if closed == Closed::Malformed {
            state.output.counters.datagrams_refused += 1;
        }
        let _ = self.poll.registry().deregister(peer.source());
        let Ok(connection) = u32::try_from(number) else {
            return;
        };
        if let Some(key) = state.owners.remove(&connection) {
            state.link_closed(Instant::now(), key, Link::Tcp(connection));
        }
    }

    fn close_overdue(&mut self, now: Instant, state: &mut State) {
        let overdue: Vec<usize> = state
            .output
            .tcp()
            .iter()
            .filter(|(_, peer)| peer.is_overdue(now))
            .map(|(number, _)| number)
            .collect();
        for number in overdue {
            self.close(number, Closed::Gone, state);
        }
    }

    fn take_parcels(&mut self, state: &mut State) {
        for _ in 0..PARCELS {
            let Ok(parcel) = self.parcels.try_recv() else {
                return;
            };
            let now = Instant::now();
            match parcel {
                Parcel::Command { room, command } => state.command(now, room, command),
                Parcel::Stats { room, reply } => {
                    let room = state.by_name.get(&room);
                    let stats = room
                        .and_then(|room| state.rooms.get(*room))
                        .map(|room| room.stats(now));
                    let _ = reply.try_send(stats);
                }
                Parcel::Datagram {
                    port,
                    peer,
                    mut bytes,
                } => state.own_datagram(now, port, peer, &mut bytes),
                Parcel::Claim { port, peer, shard } => state.routes.claim(port, peer, shard),
                Parcel::Release { port, peer, shard } => state.routes.release(port, peer, shard),
                Parcel::Stream {
                    stream,
                    remote,
                    mut first,
                } => {
                    let stream = TcpStream::from_std(stream);
                    if let Some(connection) = register(&self.poll, state, stream, remote) {
                        state.frame(now, connection, remote, &mut first);
                    }
                }
            }
        }
        // There may be more: come back at once.
        if let Some(own) = state.shards.get(self.index) {
            own.wake();
        }
    }

    fn flush(&mut self, begun: Instant, state: &mut State) {
        state.apply_routes();
        state.emit();
        let media = state.output.take_media();
        if !state.output.egress().is_empty() {
            let lost = state.output.egress().flush(&self.ports);
            state.output.counters.packets_dropped += lost as u64;
        }
        let written: Vec<usize> = state
            .output
            .tcp()
            .iter_mut()
            .filter_map(|(number, peer)| peer.flush().err().map(|_| number))
            .collect();
        for number in written {
            self.close(number, Closed::Gone, state);
        }
        if media > 0 {
            state.output.counters.observe_delay(begun.elapsed(), media);
        }
    }
}

fn register(
    poll: &Poll,
    state: &mut State,
    mut stream: TcpStream,
    remote: SocketAddr,
) -> Option<u32> {
    let connections = state.output.tcp();
    if connections.len() >= CONNECTIONS_MAX {
        return None;
    }
    let entry = connections.vacant_entry();
    let number = entry.key();
    let token = Token(FIRST_CONNECTION + number);
    poll.registry()
        .register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)
        .ok()?;
    entry.insert(TcpPeer::new(stream, remote, Instant::now()));
    u32::try_from(number).ok()
}

impl State {
    /// A datagram of a UDP socket of this shard.
    fn datagram(&mut self, now: Instant, port: u16, peer: SocketAddr, datagram: &mut [u8]) {
        let path = udp_path(port, peer);
        if let Some(key) = self.routes.of_path(&path) {
            self.hand_over(now, key, path, datagram);
            return;
        }
        let elsewhere = self.routes.elsewhere(port, peer).or_else(|| {
            let shard = usize::from(shard_of(stun_username(datagram)?)?);
            (shard != self.index).then_some(shard)
        });
        match elsewhere {
            Some(shard) => {
                let parcel = Parcel::Datagram {
                    port,
                    peer,
                    bytes: datagram.to_vec(),
                };
                let sent = self.shards.get(shard).map(|inlet| inlet.send(parcel));
                if sent != Some(Ok(())) {
                    self.output.counters.packets_dropped += 1;
                }
            }
            None => self.own_datagram(now, port, peer, datagram),
        }
    }

    /// A datagram that is for a peer of this shard, or for nobody.
    fn own_datagram(&mut self, now: Instant, port: u16, peer: SocketAddr, datagram: &mut [u8]) {
        let path = udp_path(port, peer);
        let key = self.routes.of_path(&path).or_else(|| {
            let ufrag = stun_username(datagram)?;
            self.routes.of_ufrag(ufrag)
        });
        match key {
            Some(key) => self.hand_over(now, key, path, datagram),
            None => self.output.counters.datagrams_refused += 1,
        }
    }

    /// A frame of a TCP connection; false: it is not for this shard, or for nobody.
    fn frame(
        &mut self,
        now: Instant,
        connection: u32,
        remote: SocketAddr,
        frame: &mut [u8],
    ) -> bool {
        let path = Path {
            peer: remote,
            local: None,
            link: Link::Tcp(connection),
        };
        let key = self.routes.of_path(&path).or_else(|| {
            let ufrag = stun_username(frame)?;
            self.routes.of_ufrag(ufrag)
        });
        let Some(key) = key else {
            return false;
        };
        self.hand_over(now, key, path, frame);
        true
    }

    fn hand_over(&mut self, now: Instant, key: PeerKey, path: Path, datagram: &mut [u8]) {
        if let Some(room) = self.rooms.get_mut(key.room) {
            room.datagram(now, key.peer, path, datagram, &mut self.output);
            if !self.output.routes.is_empty() {
                self.apply_routes_of(key.room);
            }
        }
    }

    fn command(&mut self, now: Instant, id: RoomId, command: Command) {
        if command == Command::CloseRoom {
            if let Some(at) = self.by_name.remove(&id)
                && let Some(mut room) = self.rooms.try_remove(at)
            {
                room.close(now, &mut self.output);
                self.apply_routes_of(at);
            }
            return;
        }
        let at = match self.by_name.get(&id) {
            Some(at) => *at,
            None => {
                let Command::Join { peer, .. } = &command else {
                    if let Some(peer) = command.peer() {
                        self.refuse(id, peer.clone(), Refusal::NotInRoom);
                    }
                    return;
                };
                if self.rooms.len() >= self.rooms_max {
                    self.refuse(id, peer.clone(), Refusal::Full);
                    return;
                }
                let room = Room::new(id.clone(), Arc::clone(&self.context), self.index);
                let at = self.rooms.insert(room);
                self.by_name.insert(id, at);
                at
            }
        };
        if let Some(room) = self.rooms.get_mut(at) {
            room.command(now, command, &mut self.output);
            self.apply_routes_of(at);
        }
    }

    fn refuse(&mut self, room: RoomId, peer: call_domain::UserId, refusal: Refusal) {
        self.output.events.push(Event::Refused {
            room,
            peer,
            refusal,
        });
    }

    fn link_closed(&mut self, now: Instant, key: PeerKey, link: Link) {
        if let Some(room) = self.rooms.get_mut(key.room) {
            room.link_closed(now, key.peer, link, &mut self.output);
            self.apply_routes_of(key.room);
        }
    }

    fn tick(&mut self, now: Instant) {
        let mut peers = 0;
        let mut estimates = 0;
        let State { rooms, output, .. } = self;
        let mut changed = Vec::new();
        for (at, room) in rooms.iter_mut() {
            room.tick(now, output);
            peers += room.len() as u64;
            estimates += room.available_outgoing_bitrate();
            if !output.routes.is_empty() {
                changed.push((at, std::mem::take(&mut output.routes)));
            }
        }
        output.counters.rooms = rooms.len() as u64;
        output.counters.peers = peers;
        output.counters.available_outgoing_bitrate = estimates;
        for (at, routes) in changed {
            self.output.routes = routes;
            self.apply_routes_of(at);
        }
    }

    fn apply_routes(&mut self) {
        debug_assert!(
            self.output.routes.is_empty(),
            "routes are applied where the room is known"
        );
    }

    /// Carries out what the room at that place said of whose datagrams are whose.
    fn apply_routes_of(&mut self, room: usize) {
        for change in std::mem::take(&mut self.output.routes) {
            match change {
                RouteChange::AddUfrag(ufrag, peer) => {
                    self.routes.add_ufrag(ufrag, PeerKey { room, peer });
                }
                RouteChange::RemoveUfrag(ufrag) => self.routes.remove_ufrag(&ufrag),
                RouteChange::AddPath(path, peer) => self.add_path(path, PeerKey { room, peer }),
                RouteChange::RemovePath(path, peer) => {
                    self.remove_path(path, PeerKey { room, peer });
                }
            }
        }
    }

    fn add_path(&mut self, path: Path, key: PeerKey) {
        self.routes.add_path(path, key);
        match path.link {
            Link::Udp(port) => {
                let (peer, shard) = (path.peer, self.index);
                self.tell_others(|| Parcel::Claim { port, peer, shard });
            }
            Link::Tcp(connection) => {
                self.owners.insert(connection, key);
                if let Some(peer) = self.output.tcp().get_mut(connection as usize) {
                    peer.prove();
                }
            }
        }
    }

    fn remove_path(&mut self, path: Path, key: PeerKey) {
        if !self.routes.remove_path(&path, key) {
            return;
        }
        match path.link {
            Link::Udp(port) => {
                let (peer, shard) = (path.peer, self.index);
                self.tell_others(|| Parcel::Release { port, peer, shard });
            }
            Link::Tcp(connection) => {
                self.owners.remove(&connection);
            }
        }
    }

    fn tell_others(&self, parcel: impl Fn() -> Parcel) {
        for (shard, inlet) in self.shards.iter().enumerate() {
            if shard != self.index && inlet.send(parcel()).is_err() {
                tracing::warn!(shard, "a shard of the SFU does not keep up with the others");
            }
        }
    }

    fn emit(&mut self) {
        for event in self.output.events.drain(..) {
            if self.events.try_send(event).is_err() {
                tracing::error!("nobody takes what the SFU has to say: an event is lost");
            }
        }
    }
}

const fn udp_path(port: u16, peer: SocketAddr) -> Path {
    Path {
        peer,
        local: None,
        link: Link::Udp(port),
    }
}
