use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use call_engine::RecordingWish;
use parking_lot::{Condvar, Mutex};

use super::tap::Frames;

/// Wishes that may wait for a recorder's thread; of more, only the latest counts.
const MOST: usize = 64;
/// Taps that may wait for it; of more, the latest count.
const MOST_TAPS: usize = 8;

/// What a recorder's thread is told. Never makes anybody wait who tells it something.
#[derive(Default)]
pub(super) struct Inbox {
    news: Mutex<News>,
    arrived: Condvar,
}

/// What has come since somebody looked.
#[derive(Default)]
pub(super) struct News {
    /// What is to be written, and since when; the oldest first.
    pub(super) wishes: VecDeque<(SystemTime, RecordingWish)>,
    /// Where frames come from: one after the other, for each but the last ends by itself.
    pub(super) frames: VecDeque<Box<dyn Frames>>,
    /// It is over.
    pub(super) end: Option<End>,
}

/// Why a recorder ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The recording stopped.
    Stopped {
        /// When.
        at: SystemTime,
    },
    /// The server stops; the recording goes on after its next start.
    Interrupted,
}

impl Inbox {
    /// From then on this is to be written.
    pub(super) fn wish(&self, at: SystemTime, wish: RecordingWish) {
        let mut news = self.news.lock();
        if news.wishes.len() >= MOST {
            news.wishes.pop_back();
        }
        news.wishes.push_back((at, wish));
        self.arrived.notify_one();
    }

    /// Frames come from there, too, once those from elsewhere have ended.
    pub(super) fn frames(&self, frames: Box<dyn Frames>) {
        let mut news = self.news.lock();
        if news.frames.len() >= MOST_TAPS {
            news.frames.pop_front();
        }
        news.frames.push_back(frames);
        self.arrived.notify_one();
    }

    /// It is over. A stop outranks an interruption, and the first stop counts.
    pub(super) fn end(&self, end: End) {
        let mut news = self.news.lock();
        match (news.end, end) {
            (Some(End::Stopped { .. }), _) | (Some(End::Interrupted), End::Interrupted) => {}
            (Some(End::Interrupted), End::Stopped { .. }) | (None, _) => news.end = Some(end),
        }
        self.arrived.notify_one();
    }

    /// What has come. That it is over is said again each time.
    pub(super) fn take(&self) -> News {
        let mut news = self.news.lock();
        let end = news.end;
        let taken = std::mem::take(&mut *news);
        news.end = end;
        taken
    }

    /// Waits until something has come, for so long.
    pub(super) fn wait(&self, timeout: Duration) {
        let mut news = self.news.lock();
        if news.wishes.is_empty() && news.frames.is_empty() && news.end.is_none() {
            self.arrived.wait_for(&mut news, timeout);
        }
    }
}
