use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Poll, Token};

use super::counters::SharedCounters;
use super::parcel::{Inlet, Moved, Parcel};
use super::state::State;
use super::tcp::{Closed, TcpPeer};
use super::udp::{Inbox, UdpPort};
use crate::sfu::Event;
use crate::sfu::room::RoomContext;
use crate::sfu::transport::Link;

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

impl Worker {
    /// Runs until it is told to stop.
    pub(super) fn run(mut self) {
        let mut state = State::new(
            self.index,
            std::mem::take(&mut self.shards),
            self.events.clone(),
            Arc::clone(&self.context),
            self.rooms_max,
        );
        let mut inbox = Inbox::new();
        let mut ready = Events::with_capacity(1024);
        let mut next_tick = Instant::now();
        loop {
            let timeout = if state.is_idle() {
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
            // Once more when the last room went: what is counted of rooms is counted there.
            if now >= next_tick || state.is_idle() {
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
            let peer = TcpPeer::new(stream, remote, Vec::new(), Instant::now());
            register(&self.poll, state, peer);
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
        let received = peer.receive(|frame| frames.push(frame.to_vec()));
        let mut closed = received.err();
        if closed.is_none() {
            closed = peer.flush().err();
        }
        if received == Ok(true) && closed.is_none() {
            let token = Token(FIRST_CONNECTION + number);
            closed = peer.watch_again(self.poll.registry(), token).err();
        }
        let mut frames = frames.into_iter();
        while let Some(mut frame) = frames.next() {
            if state.frame(now, connection, remote, &mut frame) {
                continue;
            }
            // Not of this shard: the connection moves, with everything that it said so far.
            if let Some(inlet) = state.shard_of(&frame).cloned() {
                let frames = std::iter::once(frame).chain(frames).collect();
                self.move_to(&inlet, number, frames, state);
                return;
            }
            state.output.counters.datagrams_refused += 1;
        }
        if let Some(closed) = closed {
            self.close(number, closed, state);
        }
    }

    /// Gives a connection to the shard that its first frame names.
    fn move_to(&mut self, inlet: &Inlet, number: usize, frames: Vec<Vec<u8>>, state: &mut State) {
        let Some(mut peer) = state.output.tcp().try_remove(number) else {
            return;
        };
        let _ = self.poll.registry().deregister(peer.source());
        let (stream, remote, unread) = peer.into_parts();
        let moved = Moved {
            stream,
            remote,
            frames,
            unread,
        };
        // A full inbox closes the connection: its client tries again.
        let _ = inlet.send(Parcel::Stream(moved));
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
            let Some(moved) = state.parcel(now, parcel) else {
                continue;
            };
            let stream = TcpStream::from_std(moved.stream);
            let peer = TcpPeer::new(stream, moved.remote, moved.unread, now);
            if let Some(connection) = register(&self.poll, state, peer) {
                for mut frame in moved.frames {
                    state.frame(now, connection, moved.remote, &mut frame);
                }
            }
        }
        // There may be more: come back at once.
        state.come_back();
    }

    fn flush(&mut self, begun: Instant, state: &mut State) {
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

fn register(poll: &Poll, state: &mut State, mut peer: TcpPeer) -> Option<u32> {
    let connections = state.output.tcp();
    if connections.len() >= CONNECTIONS_MAX {
        return None;
    }
    let entry = connections.vacant_entry();
    let number = entry.key();
    let token = Token(FIRST_CONNECTION + number);
    peer.watch(poll.registry(), token).ok()?;
    entry.insert(peer);
    u32::try_from(number).ok()
}
