//! What a shard knows: its rooms, and whose datagrams are whose.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::Sender;
use foldhash::fast::RandomState;
use slab::Slab;

use super::output::{Output, RouteChange};
use super::parcel::{Inlet, Moved, Parcel};
use super::routes::{PeerKey, Routes};
use crate::sfu::room::{Room, RoomContext};
use crate::sfu::transport::{Link, Path, shard_of, stun_username};
use crate::sfu::{Command, Event, Refusal, RoomId, RoomStats};

/// The rooms of a shard, and the routes to them.
pub(super) struct State {
    index: usize,
    rooms: Slab<Room>,
    by_name: HashMap<RoomId, usize, RandomState>,
    routes: Routes,
    pub(super) output: Output,
    shards: Vec<Inlet>,
    events: Sender<Event>,
    context: Arc<RoomContext>,
    rooms_max: usize,
    /// The paths of TCP connections that proved whose they are.
    pub(super) owners: HashMap<u32, PeerKey, RandomState>,
}

impl State {
    pub(super) fn new(
        index: usize,
        shards: Vec<Inlet>,
        events: Sender<Event>,
        context: Arc<RoomContext>,
        rooms_max: usize,
    ) -> Self {
        Self {
            index,
            rooms: Slab::new(),
            by_name: HashMap::default(),
            routes: Routes::default(),
            output: Output::new(),
            shards,
            events,
            context,
            rooms_max,
            owners: HashMap::default(),
        }
    }

    /// Nothing is to be done but for what comes in.
    pub(super) fn is_idle(&mut self) -> bool {
        self.rooms.is_empty() && self.output.tcp().is_empty()
    }

    /// A datagram of a UDP socket of this shard.
    pub(super) fn datagram(
        &mut self,
        now: Instant,
        port: u16,
        peer: SocketAddr,
        datagram: &mut [u8],
    ) {
        let path = udp_path(port, peer);
        if let Some(key) = self.routes.of_path(&path) {
            self.hand_over(now, key, path, datagram);
            return;
        }
        let elsewhere = self.routes.elsewhere(port, peer).or_else(|| {
            let shard = usize::from(shard_of(stun_username(datagram)?)?);
            (shard != self.index && shard < self.shards.len()).then_some(shard)
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
    pub(super) fn frame(
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

    /// What came from elsewhere; all but connections.
    pub(super) fn parcel(&mut self, now: Instant, parcel: Parcel) -> Option<Moved> {
        match parcel {
            Parcel::Command { room, command } => self.command(now, &room, command),
            Parcel::Stats { room, reply } => {
                // Who asked may have given up.
                let _ = reply.try_send(self.stats(now, &room));
            }
            Parcel::Datagram {
                port,
                peer,
                mut bytes,
            } => self.own_datagram(now, port, peer, &mut bytes),
            Parcel::Claim { port, peer, shard } => self.routes.claim(port, peer, shard),
            Parcel::Release { port, peer, shard } => self.routes.release(port, peer, shard),
            Parcel::Stream(moved) => return Some(moved),
        }
        None
    }

    /// The way to another shard, for a connection whose first frame names a peer of it.
    pub(super) fn shard_of(&self, frame: &[u8]) -> Option<&Inlet> {
        let shard = usize::from(shard_of(stun_username(frame)?)?);
        self.shards.get(shard).filter(|_| shard != self.index)
    }

    /// Makes the shard look into its inbox again.
    pub(super) fn come_back(&self) {
        if let Some(own) = self.shards.get(self.index) {
            own.wake();
        }
    }

    fn stats(&self, now: Instant, room: &RoomId) -> Option<RoomStats> {
        let room = self.rooms.get(*self.by_name.get(room)?)?;
        Some(room.stats(now))
    }

    fn command(&mut self, now: Instant, id: &RoomId, command: Command) {
        if command == Command::CloseRoom {
            if let Some(at) = self.by_name.remove(id)
                && let Some(mut room) = self.rooms.try_remove(at)
            {
                room.close(now, &mut self.output);
                self.apply_routes_of(at);
            }
            return;
        }
        let Some(at) = self.find_or_open(id, &command) else {
            if let Command::Tap { tap, .. } | Command::Untap { tap } = command {
                tap.close();
            }
            return;
        };
        if let Some(room) = self.rooms.get_mut(at) {
            let takes_tap_out = matches!(command, Command::Untap { .. });
            room.command(now, command, &mut self.output);
            // Nobody else closes a room that only a tap came to.
            if takes_tap_out && room.is_empty() {
                self.rooms.remove(at);
                self.by_name.remove(id);
            }
            self.apply_routes_of(at);
        }
    }

    /// The room; who or what comes first opens it.
    fn find_or_open(&mut self, id: &RoomId, command: &Command) -> Option<usize> {
        if let Some(at) = self.by_name.get(id) {
            return Some(*at);
        }
        let refusal = match command {
            Command::Join { .. } | Command::Tap { .. } if self.rooms.len() < self.rooms_max => {
                let room = Room::new(id.clone(), Arc::clone(&self.context), self.index);
                let at = self.rooms.insert(room);
                self.by_name.insert(id.clone(), at);
                return Some(at);
            }
            Command::Join { .. } => Refusal::Full,
            Command::Tap { .. } => {
                tracing::warn!(room = %id, "the SFU has no place for another room: a tap ends");
                return None;
            }
            // Who leaves a room that is closed has what it wants.
            Command::Leave { .. } => return None,
            _ => Refusal::NotInRoom,
        };
        if let Some(peer) = command.peer() {
            self.refuse(id.clone(), peer.clone(), refusal);
        }
        None
    }

    fn refuse(&mut self, room: RoomId, peer: call_domain::UserId, refusal: Refusal) {
        self.output.events.push(Event::Refused {
            room,
            peer,
            refusal,
        });
    }

    pub(super) fn link_closed(&mut self, now: Instant, key: PeerKey, link: Link) {
        if let Some(room) = self.rooms.get_mut(key.room) {
            room.link_closed(now, key.peer, link, &mut self.output);
            self.apply_routes_of(key.room);
        }
    }

    pub(super) fn tick(&mut self, now: Instant) {
        let mut peers = 0;
        let mut estimates = 0;
        let mut taps = 0;
        let State { rooms, output, .. } = self;
        let mut changed = Vec::new();
        for (at, room) in rooms.iter_mut() {
            room.tick(now, output);
            peers += room.len() as u64;
            taps += room.taps() as u64;
            estimates += room.available_outgoing_bitrate();
            if !output.routes.is_empty() {
                changed.push((at, std::mem::take(&mut output.routes)));
            }
        }
        output.counters.rooms = rooms.len() as u64;
        output.counters.peers = peers;
        output.counters.taps = taps;
        output.counters.available_outgoing_bitrate = estimates;
        for (at, routes) in changed {
            self.output.routes = routes;
            self.apply_routes_of(at);
        }
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

    pub(super) fn emit(&mut self) {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::sfu::transport::Certificate;
    use crate::sfu::{SfuConfig, TapEvent, TapInlet, tap};

    /// A shard of one room.
    fn state() -> State {
        let context = RoomContext {
            config: SfuConfig::default(),
            certificate: Arc::new(Certificate::generate().unwrap()),
            candidates: Vec::new(),
        };
        let (events, _received) = crossbeam_channel::bounded(1);
        State::new(0, Vec::new(), events, Arc::new(context), 1)
    }

    #[test]
    fn a_tap_opens_a_room_and_takes_it_with_it() {
        let now = Instant::now();
        let mut state = state();
        let (inlet, mut reader) = tap(4);
        let put = |inlet: &TapInlet| Command::Tap {
            tap: inlet.clone(),
            people: BTreeSet::new(),
        };
        let (first, second) = (RoomId::new("first"), RoomId::new("second"));
        state.command(now, &first, put(&inlet));
        assert_eq!(reader.recv(Duration::ZERO), None);
        // There is no place for another room, nor for a tap in one.
        let (other, mut refused) = tap(4);
        state.command(now, &second, put(&other));
        assert_eq!(refused.recv(Duration::ZERO), Some(TapEvent::Ended));
        state.command(now, &first, Command::Untap { tap: inlet });
        assert_eq!(reader.recv(Duration::ZERO), Some(TapEvent::Ended));
        assert!(state.rooms.is_empty() && state.by_name.is_empty());
        let (last, mut reader) = tap(4);
        state.command(now, &second, put(&last));
        state.tick(now);
        assert_eq!(state.output.counters.taps, 1);
        state.command(now, &second, Command::CloseRoom);
        assert_eq!(reader.recv(Duration::ZERO), Some(TapEvent::Ended));
        let (unused, mut reader) = tap(4);
        state.command(now, &second, Command::Untap { tap: unused });
        assert_eq!(reader.recv(Duration::ZERO), Some(TapEvent::Ended));
    }

    #[test]
    fn checks_for_shards_that_there_are_not_are_refused() {
        let mut state = state();
        let stranger = SocketAddr::from(([192, 0, 2, 1], 4000));
        for (number, ufrag) in ["AAnobody", "//nobody", "--nobody"].into_iter().enumerate() {
            let name = format!("{ufrag}:themselv");
            let mut check = vec![0, 1, 0, 24, 0x21, 0x12, 0xa4, 0x42];
            check.extend([0; 12]);
            check.extend([0, 6, 0, 17]);
            check.extend(name.as_bytes());
            check.extend([0; 3]);
            assert_eq!(stun_username(&check), Some(ufrag));
            state.datagram(Instant::now(), 0, stranger, &mut check);
            let counters = &state.output.counters;
            assert_eq!(counters.datagrams_refused, number as u64 + 1);
            assert_eq!(counters.packets_dropped, 0);
        }
    }
}
