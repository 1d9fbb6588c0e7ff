use std::collections::HashMap;
use std::net::SocketAddr;

use foldhash::fast::RandomState;

use crate::sfu::transport::Path;

/// A peer of a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct PeerKey {
    pub(super) room: usize,
    pub(super) peer: usize,
}

/// Whose datagrams these are: by the way they came once the peer's transport has proven it, before that by the local ufrag that
/// a STUN check names.
#[derive(Default)]
pub(super) struct Routes {
    by_path: HashMap<Path, PeerKey, RandomState>,
    by_ufrag: HashMap<String, PeerKey, RandomState>,
    /// Ways that other shards have proven to be theirs.
    elsewhere: HashMap<(u16, SocketAddr), usize, RandomState>,
}

impl Routes {
    pub(super) fn of_path(&self, path: &Path) -> Option<PeerKey> {
        self.by_path.get(path).copied()
    }

    pub(super) fn of_ufrag(&self, ufrag: &str) -> Option<PeerKey> {
        self.by_ufrag.get(ufrag).copied()
    }

    pub(super) fn elsewhere(&self, port: u16, peer: SocketAddr) -> Option<usize> {
        self.elsewhere.get(&(port, peer)).copied()
    }

    pub(super) fn add_path(&mut self, path: Path, key: PeerKey) {
        self.by_path.insert(path, key);
    }

    /// Whether the path was this peer's.
    pub(super) fn remove_path(&mut self, path: &Path, key: PeerKey) -> bool {
        let own = self.by_path.get(path) == Some(&key);
        if own {
            self.by_path.remove(path);
        }
        own
    }

    pub(super) fn add_ufrag(&mut self, ufrag: String, key: PeerKey) {
        self.by_ufrag.insert(ufrag, key);
    }

    pub(super) fn remove_ufrag(&mut self, ufrag: &str) {
        self.by_ufrag.remove(ufrag);
    }

    /// Another shard has proven the way to be its peer's. Ways that it gives up are released, so that this is bounded by the peers
    /// there are.
    pub(super) fn claim(&mut self, port: u16, peer: SocketAddr, shard: usize) {
        self.elsewhere.insert((port, peer), shard);
    }

    pub(super) fn release(&mut self, port: u16, peer: SocketAddr, shard: usize) {
        if self.elsewhere.get(&(port, peer)) == Some(&shard) {
            self.elsewhere.remove(&(port, peer));
        }
    }
}
