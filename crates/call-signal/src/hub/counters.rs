use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::CloseCode;

/// What sockets did since the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubCounts {
    /// Open sockets now, greeted or not.
    pub sockets: usize,
    /// Frames read.
    pub frames_in: u64,
    /// Text frames written.
    pub frames_out: u64,
    /// Sockets closed, by code.
    pub closes: [(CloseCode, u64); CloseCode::ALL.len()],
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    sockets: AtomicUsize,
    frames_in: AtomicU64,
    frames_out: AtomicU64,
    closes: [AtomicU64; CloseCode::ALL.len()],
}

impl Counters {
    pub(crate) fn socket_opened(&self) {
        self.sockets.fetch_add(1, Ordering::SeqCst);
    }

    /// True if no socket is left.
    pub(super) fn socket_closed(&self, code: CloseCode) -> bool {
        self.closes[code as usize].fetch_add(1, Ordering::Relaxed);
        self.sockets.fetch_sub(1, Ordering::SeqCst) == 1
    }

    pub(super) fn sockets(&self) -> usize {
        self.sockets.load(Ordering::SeqCst)
    }

    pub(crate) fn frame_read(&self) {
        self.frames_in.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn frames_written(&self, frames: u64) {
        self.frames_out.fetch_add(frames, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> HubCounts {
        HubCounts {
            sockets: self.sockets(),
            frames_in: self.frames_in.load(Ordering::Relaxed),
            frames_out: self.frames_out.load(Ordering::Relaxed),
            closes: CloseCode::ALL
                .map(|code| (code, self.closes[code as usize].load(Ordering::Relaxed))),
        }
    }
}
