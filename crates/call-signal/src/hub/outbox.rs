use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use parking_lot::Mutex;

use super::{Frame, HubLimits};
use crate::CloseCode;

/// Above this capacity an emptied queue gives its memory back.
const KEPT_CAPACITY: usize = 16;

/// What waits to be written to one socket. Bounded; never waits for the reader.
#[derive(Debug)]
pub struct Outbox {
    limits: HubLimits,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    frames: VecDeque<Frame>,
    bytes: usize,
    /// How many of `frames`, from the front, do not count against the limits, and their bytes.
    exempt_frames: usize,
    exempt_bytes: usize,
    ping: bool,
    /// Only the newest: an answer to the most recent ping is enough (RFC 6455, section 5.5.3).
    pong: Option<Bytes>,
    close: Option<CloseCode>,
    writer: Option<Waker>,
    closing: Option<Waker>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Registered, and waiting for `session:ready`, which must be the first frame.
    Corked,
    /// `session:ready` is queued; what was kept for the device follows, exempt from the limits.
    Resuming,
    Live,
}

/// What is to be written next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// A text frame.
    Text(Frame),
    /// A protocol ping.
    Ping,
    /// The answer to a protocol ping.
    Pong(Bytes),
    /// A close frame; nothing follows.
    Close(CloseCode),
}

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It waits in the outbox of the socket.
    Sent,
    /// There is no such socket, or it is closing.
    NotConnected,
    /// Too much waits already: the socket is closed with 4408 and the frame is lost.
    Overflowed,
}

impl Outbox {
    pub(crate) fn new(limits: HubLimits) -> Self {
        Self {
            limits,
            state: Mutex::new(State {
                phase: Phase::Live,
                frames: VecDeque::new(),
                bytes: 0,
                exempt_frames: 0,
                exempt_bytes: 0,
                ping: false,
                pong: None,
                close: None,
                writer: None,
                closing: None,
            }),
        }
    }

    /// Queues a text frame.
    pub fn send(&self, frame: Frame) -> Delivery {
        let mut state = self.state.lock();
        if state.close.is_some() {
            return Delivery::NotConnected;
        }
        if !state.has_room(frame.len(), self.limits) {
            state.discard();
            state.close_and_wake(CloseCode::SlowReader);
            return Delivery::Overflowed;
        }
        state.push(frame);
        let writer = (state.phase != Phase::Corked)
            .then(|| state.writer.take())
            .flatten();
        drop(state);
        wake(writer);
        Delivery::Sent
    }

    /// From here on frames wait until [`Outbox::uncork`].
    pub(crate) fn cork(&self) {
        self.state.lock().phase = Phase::Corked;
    }

    /// Lets frames pass, `first` before all others.
    pub fn uncork(&self, first: Frame) {
        let mut state = self.state.lock();
        if state.close.is_some() {
            return;
        }
        state.bytes += first.len();
        state.exempt_bytes += first.len();
        state.exempt_frames += 1;
        state.frames.push_front(first);
        state.phase = Phase::Resuming;
        wake(state.writer.take());
    }

    /// Drops what waited for `session:ready`, which will not come.
    pub(crate) fn discard_corked(&self) {
        let mut state = self.state.lock();
        if state.phase == Phase::Corked {
            state.discard();
            state.phase = Phase::Live;
        }
    }

    /// What was kept for the device is queued: from here on the limits hold.
    pub fn resumed(&self) {
        let mut state = self.state.lock();
        if state.phase == Phase::Resuming {
            state.phase = Phase::Live;
        }
    }

    /// Closes the socket once what waits was written; what comes later is refused. The first
    /// reason stands. A slow reader gets nothing more but the close frame.
    pub fn close(&self, code: CloseCode) {
        let mut state = self.state.lock();
        if state.close.is_none() {
            if matches!(code, CloseCode::SlowReader | CloseCode::Lost) {
                state.discard();
            }
            state.close_and_wake(code);
        }
    }

    /// Why the socket is closing, if it is.
    pub fn closed(&self) -> Option<CloseCode> {
        self.state.lock().close
    }

    /// Waits until the socket is to close. For one waiter at a time.
    pub async fn closing(&self) -> CloseCode {
        poll_fn(|cx| self.poll_closing(cx)).await
    }

    pub(crate) fn poll_closing(&self, cx: &mut Context<'_>) -> Poll<CloseCode> {
        let mut state = self.state.lock();
        if let Some(code) = state.close {
            return Poll::Ready(code);
        }
        remember(&mut state.closing, cx);
        Poll::Pending
    }

    pub(crate) fn ping(&self) {
        let mut state = self.state.lock();
        state.ping = true;
        wake(state.writer.take());
    }

    pub(crate) fn pong(&self, payload: Bytes) {
        let mut state = self.state.lock();
        state.pong = Some(payload);
        wake(state.writer.take());
    }

    /// Waits for what is to be written next. For one waiter at a time. After
    /// [`Outgoing::Close`] it is returned again and again.
    pub async fn next(&self) -> Outgoing {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// What is to be written next, if anything waits.
    pub fn try_next(&self) -> Option<Outgoing> {
        self.state.lock().pop()
    }

    pub(crate) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Outgoing> {
        let mut state = self.state.lock();
        if let Some(outgoing) = state.pop() {
            return Poll::Ready(outgoing);
        }
        remember(&mut state.writer, cx);
        Poll::Pending
    }
}

impl State {
    fn has_room(&self, len: usize, limits: HubLimits) -> bool {
        let (frames, bytes) = (self.frames.len(), self.bytes);
        match self.phase {
            Phase::Corked | Phase::Resuming => {
                frames < limits.resume_messages && bytes + len <= limits.resume_bytes
            }
            Phase::Live => {
                let frames = frames - self.exempt_frames;
                // A frame above the limit passes if it is the only one: the reader is not slow.
                frames == 0
                    || (frames < limits.outbox_messages
                        && bytes - self.exempt_bytes + len <= limits.outbox_bytes)
            }
        }
    }

    fn push(&mut self, frame: Frame) {
        self.bytes += frame.len();
        if self.phase != Phase::Live {
            self.exempt_frames += 1;
            self.exempt_bytes += frame.len();
        }
        self.frames.push_back(frame);
    }

    fn pop(&mut self) -> Option<Outgoing> {
        if self.close == Some(CloseCode::Lost) {
            return Some(Outgoing::Close(CloseCode::Lost));
        }
        if let Some(payload) = self.pong.take() {
            return Some(Outgoing::Pong(payload));
        }
        if std::mem::take(&mut self.ping) {
            return Some(Outgoing::Ping);
        }
        // A socket that is closed before it was ready has nothing to say but that.
        if self.phase != Phase::Corked
            && let Some(frame) = self.frames.pop_front()
        {
            self.bytes -= frame.len();
            if self.exempt_frames > 0 {
                self.exempt_frames -= 1;
                self.exempt_bytes -= frame.len();
            }
            if self.frames.is_empty() && self.frames.capacity() > KEPT_CAPACITY {
                self.frames = VecDeque::new();
            }
            return Some(Outgoing::Text(frame));
        }
        self.close.map(Outgoing::Close)
    }

    fn discard(&mut self) {
        self.frames = VecDeque::new();
        self.bytes = 0;
        self.exempt_frames = 0;
        self.exempt_bytes = 0;
        self.pong = None;
        self.ping = false;
    }

    fn close_and_wake(&mut self, code: CloseCode) {
        self.close = Some(code);
        wake(self.writer.take());
        wake(self.closing.take());
    }
}

fn remember(slot: &mut Option<Waker>, cx: &Context<'_>) {
    match slot {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *slot = Some(cx.waker().clone()),
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
