use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use call_domain::{Call, CallId, UserId};
use call_store::Annotations;
use parking_lot::{Mutex, RwLock};

use crate::kept::KeptSignals;
use crate::quality::{LatestReports, QualityWatch};
use crate::recording::Followed;
use crate::room::Rooms;

/// The live calls that this node knows, each as it was last seen in the store.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    calls: RwLock<Calls>,
}

#[derive(Debug, Default)]
struct Calls {
    by_id: HashMap<CallId, Arc<LiveCall>>,
    by_user: HashMap<UserId, HashSet<CallId>>,
}

/// A call at one version.
#[derive(Debug)]
pub(crate) struct LiveCall {
    pub(crate) call: Arc<Call>,
    pub(crate) annotations: Annotations,
    /// What goes on in the call without being part of it; shared by all its versions.
    pub(crate) line: Arc<Line>,
}

/// What a node knows of a live call and the store does not.
#[derive(Debug, Default)]
pub(crate) struct Line {
    pub(crate) kept: KeptSignals,
    pub(crate) quality: QualityWatch,
    pub(crate) reports: LatestReports,
    pub(crate) rooms: Mutex<Rooms>,
    pub(crate) recording: Mutex<Followed>,
    /// Where a recording is found, if that has changed since the call was loaded.
    pub(crate) recording_url: Mutex<Option<Found>>,
    /// A [`Belief`].
    belief: AtomicU8,
}

/// Where a recording of a call is found, if there is one.
#[derive(Debug)]
pub(crate) struct Found(pub(crate) Option<String>);

/// How far what a node knows of a call is to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Belief {
    /// It is what the store holds.
    Current,
    /// Somebody else has changed the call: load before the next command.
    Outdated,
    /// A write of this node failed, and may have been made all the same without anybody having
    /// been told: load before the next command, and tell.
    Doubtful,
}

impl Line {
    pub(crate) fn believe(&self, belief: Belief) {
        let belief = match belief {
            Belief::Current => 0,
            Belief::Outdated => 1,
            Belief::Doubtful => 2,
        };
        self.belief.store(belief, Ordering::Release);
    }

    pub(crate) fn belief(&self) -> Belief {
        match self.belief.load(Ordering::Acquire) {
            0 => Belief::Current,
            1 => Belief::Outdated,
            _ => Belief::Doubtful,
        }
    }
}

impl Roster {
    /// A live call.
    pub(crate) fn get(&self, id: CallId) -> Option<Arc<LiveCall>> {
        self.calls.read().by_id.get(&id).cloned()
    }

    /// The live calls that a user belongs to in any way.
    pub(crate) fn of_user(&self, user: &UserId) -> Vec<Arc<LiveCall>> {
        let calls = self.calls.read();
        let ids = calls.by_user.get(user).into_iter().flatten();
        ids.filter_map(|id| calls.by_id.get(id).cloned()).collect()
    }

    /// All live calls.
    pub(crate) fn all(&self) -> Vec<Arc<LiveCall>> {
        self.calls.read().by_id.values().cloned().collect()
    }

    /// How many live calls there are.
    pub(crate) fn len(&self) -> usize {
        self.calls.read().by_id.len()
    }

    /// Keeps a call that was loaded or changed, unless a newer version is known; returns the
    /// newest. What goes on in the call already is kept.
    pub(crate) fn put(&self, call: Arc<Call>, annotations: Annotations) -> Arc<LiveCall> {
        let mut calls = self.calls.write();
        let Calls { by_id, by_user } = &mut *calls;
        let line = match by_id.get(&call.id()) {
            Some(known) if known.call.version() >= call.version() => return Arc::clone(known),
            Some(known) => Arc::clone(&known.line),
            None => Arc::default(),
        };
        for participant in call.participants() {
            by_user
                .entry(participant.user_id.clone())
                .or_default()
                .insert(call.id());
        }
        let newest = Arc::new(LiveCall {
            call,
            annotations,
            line,
        });
        by_id.insert(newest.call.id(), Arc::clone(&newest));
        newest
    }

    /// Forgets a call that has ended.
    pub(crate) fn remove(&self, id: CallId) {
        let mut calls = self.calls.write();
        let Some(live) = calls.by_id.remove(&id) else {
            return;
        };
        for participant in live.call.participants() {
            if let Entry::Occupied(mut of_user) = calls.by_user.entry(participant.user_id.clone()) {
                of_user.get_mut().remove(&id);
                if of_user.get().is_empty() {
                    of_user.remove();
                }
            }
        }
    }
}
