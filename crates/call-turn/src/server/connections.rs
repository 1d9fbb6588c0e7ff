use std::net::IpAddr;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use parking_lot::Mutex;

/// How many TCP and TLS connections there are, in all and of each source.
#[derive(Debug)]
pub(super) struct Connections {
    most: usize,
    most_of_source: usize,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    total: usize,
    of_sources: HashMap<u64, usize>,
}

/// A connection that counts, until it is dropped.
#[derive(Debug)]
pub(super) struct Connection {
    connections: Arc<Connections>,
    source: u64,
}

impl Connections {
    pub(super) fn new(most: usize, most_of_source: usize) -> Self {
        Self {
            most,
            most_of_source,
            open: Mutex::new(Open {
                total: 0,
                of_sources: HashMap::new(),
            }),
        }
    }

    /// `None` if there are too many.
    pub(super) fn admit(self: &Arc<Self>, ip: IpAddr) -> Option<Connection> {
        let source = match ip {
            IpAddr::V4(ip) => u64::from(ip.to_bits()),
            // A customer's /64 is one source.
            IpAddr::V6(ip) => u64::try_from(ip.to_bits() >> 64).unwrap_or(u64::MAX),
        };
        let mut open = self.open.lock();
        let of_source = open.of_sources.get(&source).copied().unwrap_or(0);
        if open.total >= self.most || of_source >= self.most_of_source {
            return None;
        }
        open.total += 1;
        open.of_sources.insert(source, of_source + 1);
        drop(open);
        Some(Connection {
            connections: Arc::clone(self),
            source,
        })
    }

    pub(super) fn open(&self) -> u64 {
        u64::try_from(self.open.lock().total).unwrap_or(u64::MAX)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut open = self.connections.open.lock();
        open.total = open.total.saturating_sub(1);
        if let Some(count) = open.of_sources.get_mut(&self.source) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.of_sources.remove(&self.source);
            }
        }
    }
}
