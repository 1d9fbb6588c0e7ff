use std::collections::{BTreeSet, HashMap};

use call_domain::{CallId, Timestamp};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// When which call wants to be looked at: one ordered set for one waiting task.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    armed: Mutex<Armed>,
    sooner: Notify,
}

#[derive(Debug, Default)]
struct Armed {
    by_time: BTreeSet<(Timestamp, CallId)>,
    by_call: HashMap<CallId, Timestamp>,
}

impl Deadlines {
    /// Arms, moves or (`None`) disarms the deadline of a call.
    pub(crate) fn set(&self, call: CallId, at: Option<Timestamp>) {
        let mut armed = self.armed.lock();
        let first = armed.by_time.first().copied();
        if let Some(old) = armed.by_call.remove(&call) {
            armed.by_time.remove(&(old, call));
        }
        if let Some(at) = at {
            armed.by_call.insert(call, at);
            armed.by_time.insert((at, call));
            if first.is_none_or(|(first, _)| at < first) {
                self.sooner.notify_one();
            }
        }
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.armed.lock().by_time.first().map(|(at, _)| *at)
    }

    /// Disarms and returns the calls whose deadline is `now` or earlier.
    pub(crate) fn take_due(&self, now: Timestamp) -> Vec<CallId> {
        let mut armed = self.armed.lock();
        let mut due = Vec::new();
        while let Some(&(at, call)) = armed.by_time.first()
            && at <= now
        {
            armed.by_time.pop_first();
            armed.by_call.remove(&call);
            due.push(call);
        }
        due
    }

    /// Returns when a deadline was armed that is earlier than all before it.
    pub(crate) async fn sooner(&self) {
        self.sooner.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn call(n: u128) -> CallId {
        CallId::new(Uuid::from_u128(n))
    }

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    #[test]
    fn hands_out_what_is_due_once_and_in_order() {
        let deadlines = Deadlines::default();
        deadlines.set(call(1), Some(at(30)));
        deadlines.set(call(2), Some(at(10)));
        deadlines.set(call(3), Some(at(20)));
        assert_eq!(deadlines.next(), Some(at(10)));
        assert_eq!(deadlines.take_due(at(9)), []);
        assert_eq!(deadlines.take_due(at(20)), [call(2), call(3)]);
        assert_eq!(deadlines.take_due(at(20)), []);
        assert_eq!(deadlines.next(), Some(at(30)));
    }

    #[test]
    fn a_deadline_moves_and_goes() {
        let deadlines = Deadlines::default();
        deadlines.set(call(1), Some(at(10)));
        deadlines.set(call(1), Some(at(40)));
        assert_eq!(deadlines.take_due(at(39)), []);
        deadlines.set(call(1), None);
        assert_eq!(deadlines.next(), None);
        assert_eq!(deadlines.take_due(at(99)), []);
    }
}
