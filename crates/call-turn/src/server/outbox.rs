use std::cell::{Cell, RefCell};

use tokio::sync::Notify;

use crate::Transmit;

/// What waits to be written to a stream. Bounded: who does not read loses data, as with datagrams.
#[derive(Default)]
pub(super) struct Outbox {
    waiting: RefCell<Vec<u8>>,
    closed: Cell<bool>,
    changed: Notify,
}

/// Two seconds of video at one megabit a second.
const CAPACITY: usize = 256 << 10;

impl Outbox {
    /// Whether there was room for the message.
    pub(super) fn push(&self, transmit: &Transmit<'_>) -> bool {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.len() + transmit.len() > CAPACITY {
            return false;
        }
        transmit.write_to(&mut waiting);
        self.changed.notify_one();
        true
    }

    /// The stream is to be closed.
    pub(super) fn close(&self) {
        self.closed.set(true);
        self.changed.notify_one();
    }

    /// Waits for something to write and swaps it into `batch`, which is empty; `false` when there
    /// will be no more.
    pub(super) async fn take(&self, batch: &mut Vec<u8>) -> bool {
        loop {
            if self.closed.get() {
                return false;
            }
            {
                let mut waiting = self.waiting.borrow_mut();
                if !waiting.is_empty() {
                    std::mem::swap(&mut *waiting, batch);
                    return true;
                }
            }
            self.changed.notified().await;
        }
    }
}
