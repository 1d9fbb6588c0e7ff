//! Who is connected: user -> devices -> bounded outboxes.

mod counters;
mod outbox;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytestring::ByteString;
use call_domain::{Address, DeviceId, UserId};
use parking_lot::RwLock;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::CloseCode;
pub(crate) use counters::Counters;
pub use counters::HubCounts;
pub use outbox::{Delivery, Outbox, Outgoing};

/// One text frame: a message, serialised once however many receive it. Cheap to clone.
pub type Frame = ByteString;

/// Locks are per shard, so that sockets of different users seldom wait for each other.
const SHARDS: usize = 64;

/// How much may wait for one socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubLimits {
    /// Messages.
    pub outbox_messages: usize,
    /// Bytes of them.
    pub outbox_bytes: usize,
    /// Messages while a session is being resumed.
    pub resume_messages: usize,
    /// Bytes of them.
    pub resume_bytes: usize,
}

impl Default for HubLimits {
    fn default() -> Self {
        Self {
            outbox_messages: 256,
            outbox_bytes: 256 * 1024,
            resume_messages: 2048,
            resume_bytes: 2 * 1024 * 1024,
        }
    }
}

/// One connection of one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(Uuid);

impl std::fmt::Display for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A device was registered.
#[derive(Debug)]
pub struct Registration {
    /// Its session.
    pub session: SessionId,
    /// What is sent to it. Corked: call [`Outbox::uncork`] with the first frame.
    pub outbox: Arc<Outbox>,
    /// An older session of the device was closed for it (4409).
    pub replaced: bool,
}

/// Finds the sockets of users and devices on this node.
///
/// All methods return at once; none waits for a reader.
#[derive(Debug)]
pub struct Hub {
    limits: HubLimits,
    shards: Vec<RwLock<HashMap<UserId, Presence>>>,
    hasher: RandomState,
    draining: AtomicBool,
    counters: Counters,
    emptied: Notify,
}

#[derive(Debug)]
struct Presence {
    name: Option<Box<str>>,
    devices: Vec<Connected>,
}

#[derive(Debug)]
struct Connected {
    device: DeviceId,
    session: SessionId,
    outbox: Arc<Outbox>,
}

impl Connected {
    fn is_open(&self) -> bool {
        self.outbox.closed().is_none()
    }
}

impl Hub {
    /// An empty hub.
    pub fn new(limits: HubLimits) -> Self {
        Self {
            limits,
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            hasher: RandomState::new(),
            draining: AtomicBool::new(false),
            counters: Counters::default(),
            emptied: Notify::new(),
        }
    }

    /// Registers a connection of a device; an older one of the same device is closed (4409).
    /// While the hub drains the new one is closed at once (1001).
    pub fn register(&self, address: &Address, name: Option<&str>) -> Registration {
        self.register_outbox(address, name, self.outbox())
    }

    pub(crate) fn outbox(&self) -> Arc<Outbox> {
        Arc::new(Outbox::new(self.limits))
    }

    pub(crate) fn register_outbox(
        &self,
        address: &Address,
        name: Option<&str>,
        outbox: Arc<Outbox>,
    ) -> Registration {
        let session = SessionId(Uuid::now_v7());
        outbox.cork();
        let connected = Connected {
            device: address.device.clone(),
            session,
            outbox: Arc::clone(&outbox),
        };
        let mut shard = self.shard(&address.user).write();
        // Inside the lock: whoever drains sees this socket, or this sees that it drains.
        if self.is_draining() {
            drop(shard);
            outbox.close(CloseCode::GoingAway);
            return Registration {
                session,
                outbox,
                replaced: false,
            };
        }
        let presence = shard
            .entry(address.user.clone())
            .or_insert_with(|| Presence {
                name: None,
                devices: Vec::with_capacity(1),
            });
        if name.is_some() {
            presence.name = name.map(Box::from);
        }
        let same = presence
            .devices
            .iter_mut()
            .find(|c| c.device == address.device);
        let old = if let Some(same) = same {
            Some(std::mem::replace(same, connected))
        } else {
            presence.devices.push(connected);
            None
        };
        drop(shard);
        if let Some(old) = &old {
            old.outbox.close(CloseCode::Replaced);
        }
        Registration {
            session,
            outbox,
            replaced: old.is_some(),
        }
    }

    /// Forgets a session. True if it was the device's newest, false if another took over.
    pub fn unregister(&self, address: &Address, session: SessionId) -> bool {
        let mut shard = self.shard(&address.user).write();
        let Entry::Occupied(mut entry) = shard.entry(address.user.clone()) else {
            return false;
        };
        let devices = &mut entry.get_mut().devices;
        let Some(at) = devices.iter().position(|c| c.session == session) else {
            return false;
        };
        devices.swap_remove(at);
        if devices.is_empty() {
            entry.remove();
        }
        true
    }

    /// Sends to one device.
    pub fn send(&self, to: &Address, frame: Frame) -> Delivery {
        let shard = self.shard(&to.user).read();
        let presence = shard.get(&to.user);
        let connected = presence.and_then(|p| p.devices.iter().find(|c| c.device == to.device));
        connected.map_or(Delivery::NotConnected, |c| c.outbox.send(frame))
    }

    /// Sends to every device of a user but `except`; returns how many it was sent to.
    pub fn send_user(&self, to: &UserId, except: Option<&DeviceId>, frame: &Frame) -> usize {
        let shard = self.shard(to).read();
        let devices = shard.get(to).into_iter().flat_map(|p| &p.devices);
        let devices = devices.filter(|c| Some(&c.device) != except);
        devices
            .filter(|c| c.outbox.send(frame.clone()) == Delivery::Sent)
            .count()
    }

    /// Sends to everybody.
    pub fn broadcast(&self, frame: &Frame) {
        for shard in &self.shards {
            for connected in shard.read().values().flat_map(|p| &p.devices) {
                connected.outbox.send(frame.clone());
            }
        }
    }

    /// The connected devices of a user.
    pub fn devices_of(&self, user: &UserId) -> Vec<DeviceId> {
        let shard = self.shard(user).read();
        let devices = shard.get(user).into_iter().flat_map(|p| &p.devices);
        devices
            .filter(|c| c.is_open())
            .map(|c| c.device.clone())
            .collect()
    }

    /// A device is connected.
    pub fn is_connected(&self, address: &Address) -> bool {
        let shard = self.shard(&address.user).read();
        let mut devices = shard
            .get(&address.user)
            .into_iter()
            .flat_map(|p| &p.devices);
        devices.any(|c| c.device == address.device && c.is_open())
    }

    /// The name of a connected user, as the newest token that had one gave it.
    pub fn name_of(&self, user: &UserId) -> Option<String> {
        let shard = self.shard(user).read();
        shard.get(user)?.name.as_deref().map(str::to_owned)
    }

    /// Everybody who is connected, with names.
    pub fn online(&self) -> Vec<(UserId, Option<String>)> {
        let mut online = Vec::new();
        for shard in &self.shards {
            let shard = shard.read();
            let open = shard
                .iter()
                .filter(|(_, p)| p.devices.iter().any(Connected::is_open));
            online
                .extend(open.map(|(user, p)| (user.clone(), p.name.as_deref().map(str::to_owned))));
        }
        online
    }

    /// Closes every socket once what waits for it was written, and every later one at once.
    pub fn close_all(&self, code: CloseCode) {
        self.draining.store(true, Ordering::SeqCst);
        for shard in &self.shards {
            // A write lock, so that no registration is half done on either side of the flag.
            let shard = shard.write();
            for connected in shard.values().flat_map(|p| &p.devices) {
                connected.outbox.close(code);
            }
        }
    }

    /// [`Hub::close_all`] was called: new sockets are refused.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// Waits until no socket is open.
    pub async fn drained(&self) {
        loop {
            let emptied = self.emptied.notified();
            tokio::pin!(emptied);
            // Before the look at the number, so that no change is missed between the two.
            emptied.as_mut().enable();
            if self.counters.sockets() == 0 {
                return;
            }
            emptied.await;
        }
    }

    /// Counters for metrics.
    pub fn counts(&self) -> HubCounts {
        self.counters.read()
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn socket_closed(&self, code: CloseCode) {
        if self.counters.socket_closed(code) {
            self.emptied.notify_waiters();
        }
    }

    fn shard(&self, user: &UserId) -> &RwLock<HashMap<UserId, Presence>> {
        let hash = self.hasher.hash_one(user);
        // The remainder is below SHARDS, so the cast loses nothing.
        #[allow(clippy::cast_possible_truncation)]
        &self.shards[(hash % SHARDS as u64) as usize]
    }
}

#[cfg(test)]
mod tests;
