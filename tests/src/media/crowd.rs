use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use anyhow::Result;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use super::MediaPeer;

/// Many participants on one thread.
pub struct Crowd {
    poll: Poll,
    events: Events,
    peers: Vec<Option<MediaPeer>>,
    due: Vec<Instant>,
    buffer: Vec<u8>,
}

/// One of a crowd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(usize);

impl Crowd {
    /// Nobody yet.
    pub fn new() -> Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            peers: Vec::new(),
            due: Vec::new(),
            buffer: vec![0; 64 << 10],
        })
    }

    /// Takes somebody in.
    pub fn add(&mut self, peer: MediaPeer) -> Result<PeerId> {
        let free = self.peers.iter().position(Option::is_none);
        let number = free.unwrap_or_else(|| {
            self.peers.push(None);
            self.due.push(Instant::now());
            self.peers.len() - 1
        });
        self.poll.registry().register(
            &mut SourceFd(&peer.socket().as_raw_fd()),
            Token(number),
            Interest::READABLE,
        )?;
        self.peers[number] = Some(peer);
        self.due[number] = Instant::now();
        Ok(PeerId(number))
    }

    /// Takes somebody out; what it is told from now on nobody hears. The id may become somebody else's.
    pub fn remove(&mut self, id: PeerId) -> Option<MediaPeer> {
        let peer = self.peers.get_mut(id.0)?.take()?;
        let _ = self
            .poll
            .registry()
            .deregister(&mut SourceFd(&peer.socket().as_raw_fd()));
        Some(peer)
    }

    /// One of them, to be called at once.
    pub fn peer(&mut self, id: PeerId) -> Option<&mut MediaPeer> {
        if let Some(due) = self.due.get_mut(id.0) {
            *due = Instant::now();
        }
        self.peers.get_mut(id.0)?.as_mut()
    }

    /// Everybody.
    pub fn peers(&mut self) -> impl Iterator<Item = (PeerId, &mut MediaPeer)> {
        self.peers
            .iter_mut()
            .enumerate()
            .filter_map(|(number, peer)| Some((PeerId(number), peer.as_mut()?)))
    }

    /// Lets them live for a while.
    pub fn run(&mut self, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(());
            }
            for (number, peer) in self.peers.iter_mut().enumerate() {
                if let Some(peer) = peer
                    && self.due[number] <= now
                {
                    self.due[number] = peer.drive(now, &mut self.buffer)?;
                }
            }
            let next = self
                .due
                .iter()
                .zip(&self.peers)
                .filter(|(_, peer)| peer.is_some())
                .map(|(due, _)| *due)
                .min()
                .unwrap_or(end)
                .min(end);
            let wait = next.saturating_duration_since(Instant::now());
            self.poll.poll(&mut self.events, Some(wait))?;
            for event in &self.events {
                self.due[event.token().0] = now;
            }
        }
    }
}
