use std::collections::{BTreeMap, VecDeque};

use bytestring::ByteString;
use call_domain::UserId;
use parking_lot::Mutex;

/// The most signals that are kept for one participant of one call.
pub(crate) const MOST_SIGNALS: usize = 256;
/// The most bytes of them: half of what an outbox takes while a session is resumed.
pub(crate) const MOST_BYTES: usize = 1024 * 1024;

/// The signals of one call for participants who are not connected at the moment.
#[derive(Debug, Default)]
pub(crate) struct KeptSignals {
    queues: Mutex<BTreeMap<UserId, Queue>>,
}

#[derive(Debug, Default)]
struct Queue {
    signals: VecDeque<ByteString>,
    bytes: usize,
}

/// More signals wait for a participant than are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

impl KeptSignals {
    /// Sends a signal by `send`, which says whether the device is connected; keeps it if not.
    ///
    /// While signals are kept later ones queue up behind them: nothing is overtaken.
    pub(crate) fn send_or_keep(
        &self,
        to: &UserId,
        signal: ByteString,
        send: impl FnOnce(&ByteString) -> bool,
    ) -> Result<(), TooMany> {
        let mut queues = self.queues.lock();
        match queues.get_mut(to) {
            Some(queue) => queue.push(signal),
            None if send(&signal) => Ok(()),
            None => {
                let mut queue = Queue::default();
                let kept = queue.push(signal);
                queues.insert(to.clone(), queue);
                kept
            }
        }
    }

    /// Sends by `send` what is kept for a participant, in order. Stops when `send` says that the
    /// device is not connected; the rest stays.
    pub(crate) fn deliver(&self, to: &UserId, mut send: impl FnMut(&ByteString) -> bool) {
        let mut queues = self.queues.lock();
        let Some(queue) = queues.get_mut(to) else {
            return;
        };
        while let Some(signal) = queue.signals.front() {
            if !send(signal) {
                return;
            }
            queue.pop();
        }
        queues.remove(to);
    }

    /// Drops what is kept for everybody whom `stays` does not name.
    pub(crate) fn retain(&self, stays: impl Fn(&UserId) -> bool) {
        self.queues.lock().retain(|user, _| stays(user));
    }
}

impl Queue {
    fn push(&mut self, signal: ByteString) -> Result<(), TooMany> {
        if self.signals.len() >= MOST_SIGNALS || self.bytes + signal.len() > MOST_BYTES {
            return Err(TooMany);
        }
        self.bytes += signal.len();
        self.signals.push_back(signal);
        Ok(())
    }

    fn pop(&mut self) {
        if let Some(signal) = self.signals.pop_front() {
            self.bytes -= signal.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bob() -> UserId {
        "bob".parse().expect("user id")
    }

    fn sent(kept: &KeptSignals) -> Vec<String> {
        let mut sent = Vec::new();
        kept.deliver(&bob(), |signal| {
            sent.push(signal.to_string());
            true
        });
        sent
    }

    #[test]
    fn a_connected_device_gets_signals_at_once() {
        let kept = KeptSignals::default();
        let mut got = None;
        let answer = kept.send_or_keep(&bob(), "1".into(), |signal| {
            got = Some(signal.clone());
            true
        });
        assert_eq!((answer, got.as_deref()), (Ok(()), Some("1")));
        assert!(sent(&kept).is_empty());
    }

    #[test]
    fn nothing_overtakes_what_is_kept() {
        let kept = KeptSignals::default();
        assert_eq!(kept.send_or_keep(&bob(), "1".into(), |_| false), Ok(()));
        let back = |_: &ByteString| -> bool { unreachable!("must wait for the first one") };
        assert_eq!(kept.send_or_keep(&bob(), "2".into(), back), Ok(()));
        assert_eq!(sent(&kept), ["1", "2"]);
        assert!(sent(&kept).is_empty());
    }

    #[test]
    fn what_could_not_be_delivered_stays() {
        let kept = KeptSignals::default();
        for signal in ["1", "2", "3"] {
            assert_eq!(kept.send_or_keep(&bob(), signal.into(), |_| false), Ok(()));
        }
        let mut room = 1;
        kept.deliver(&bob(), |_| {
            room -= 1;
            room >= 0
        });
        assert_eq!(sent(&kept), ["2", "3"]);
    }

    #[test]
    fn number_and_bytes_are_bounded() {
        let kept = KeptSignals::default();
        for _ in 0..MOST_SIGNALS {
            assert_eq!(kept.send_or_keep(&bob(), "x".into(), |_| false), Ok(()));
        }
        assert_eq!(
            kept.send_or_keep(&bob(), "x".into(), |_| false),
            Err(TooMany)
        );

        kept.retain(|_| false);
        let half = ByteString::from("x".repeat(MOST_BYTES / 2));
        assert_eq!(kept.send_or_keep(&bob(), half.clone(), |_| false), Ok(()));
        assert_eq!(kept.send_or_keep(&bob(), half, |_| false), Ok(()));
        assert_eq!(
            kept.send_or_keep(&bob(), "x".into(), |_| false),
            Err(TooMany)
        );
    }
}
