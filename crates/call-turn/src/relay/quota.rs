use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use call_domain::UserId;
use foldhash::{HashMap, HashMapExt};
use parking_lot::Mutex;

/// How much the relay gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayLimits {
    /// Allocations at the same time, of all users. Default 10,000.
    pub allocations: usize,
    /// Allocations at the same time of one user. A browser makes one per peer, network interface
    /// and server URL. Default 64.
    pub allocations_per_user: usize,
    /// Bytes a second that one user may relay, both directions and all allocations together; more
    /// is dropped. `None` for as much as there is. Default 8,000,000.
    pub bytes_per_second_per_user: Option<u64>,
    /// The longest time that one Allocate or Refresh grants. Default an hour.
    pub max_lifetime: Duration,
    /// How old an allocation may become, however often it is refreshed. Default a day.
    pub max_age: Duration,
    /// Answers a second to unauthenticated requests of one source (IPv4 address or IPv6 /64);
    /// beyond, only answers that are no larger than their request. Default 50.
    pub unauthenticated_per_source: u32,
    /// TCP and TLS connections at the same time. Default 10,000.
    pub connections: usize,
    /// TCP and TLS connections at the same time of one source. Default 256.
    pub connections_per_source: usize,
}

impl Default for RelayLimits {
    fn default() -> Self {
        Self {
            allocations: 10_000,
            allocations_per_user: 64,
            bytes_per_second_per_user: Some(8_000_000),
            max_lifetime: Duration::from_hours(1),
            max_age: Duration::from_hours(24),
            unauthenticated_per_source: 50,
            connections: 10_000,
            connections_per_source: 256,
        }
    }
}

/// Which cap an allocation ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QuotaExceeded {
    User,
    Total,
}

/// Who has how many allocations; shared by all relays of a server. Touched when an allocation
/// begins and ends, not by packets.
#[derive(Debug)]
pub(crate) struct Quotas {
    limits: RelayLimits,
    began: Instant,
    accounts: Mutex<Accounts>,
}

#[derive(Debug)]
struct Accounts {
    total: usize,
    of_users: HashMap<UserId, Entry>,
}

#[derive(Debug)]
struct Entry {
    allocations: usize,
    account: Arc<Account>,
}

/// What the allocations of one user share.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) user: UserId,
    /// Until when the bandwidth is used up, in nanoseconds since `Quotas::began`.
    spent: AtomicU64,
}

/// One allocation that counts, until it is dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    quotas: Arc<Quotas>,
    account: Arc<Account>,
}

/// How much may come at once: what one second brings.
const BURST_NANOS: u64 = 1_000_000_000;

impl Quotas {
    pub(crate) fn new(limits: RelayLimits, began: Instant) -> Self {
        Self {
            limits,
            began,
            accounts: Mutex::new(Accounts {
                total: 0,
                of_users: HashMap::new(),
            }),
        }
    }

    pub(crate) fn lease(self: &Arc<Self>, user: &UserId) -> Result<Lease, QuotaExceeded> {
        let mut accounts = self.accounts.lock();
        if accounts.total >= self.limits.allocations {
            return Err(QuotaExceeded::Total);
        }
        let entry = accounts
            .of_users
            .entry(user.clone())
            .or_insert_with(|| Entry {
                allocations: 0,
                account: Arc::new(Account {
                    user: user.clone(),
                    spent: AtomicU64::new(0),
                }),
            });
        if entry.allocations >= self.limits.allocations_per_user {
            return Err(QuotaExceeded::User);
        }
        entry.allocations += 1;
        let account = Arc::clone(&entry.account);
        accounts.total += 1;
        Ok(Lease {
            quotas: Arc::clone(self),
            account,
        })
    }
}

impl Lease {
    pub(crate) fn user(&self) -> &UserId {
        &self.account.user
    }

    /// Whether the user may relay so many bytes now (generic cell rate algorithm, ITU-T I.371).
    pub(crate) fn spend(&self, bytes: usize, now: Instant) -> bool {
        let Some(rate) = self.quotas.limits.bytes_per_second_per_user else {
            return true;
        };
        let cost = u64::try_from(bytes)
            .unwrap_or(u64::MAX)
            .saturating_mul(1_000_000_000)
            / rate.max(1);
        let since = now.saturating_duration_since(self.quotas.began);
        let now = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        let spent = &self.account.spent;
        let fits = |until: u64| {
            let after = until.max(now).saturating_add(cost);
            (after <= now.saturating_add(BURST_NANOS)).then_some(after)
        };
        spent
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
            .is_ok()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut accounts = self.quotas.accounts.lock();
        accounts.total = accounts.total.saturating_sub(1);
        if let Some(entry) = accounts.of_users.get_mut(&self.account.user) {
            entry.allocations = entry.allocations.saturating_sub(1);
            if entry.allocations == 0 {
                accounts.of_users.remove(&self.account.user);
            }
        }
    }
}
