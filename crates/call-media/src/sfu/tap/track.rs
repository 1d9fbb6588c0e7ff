use std::time::{Duration, Instant};

use call_domain::UserId;

use super::FrameCodec;
use super::batch::PacketRecord;
use super::clock::Micros;
use super::frame::{Builder, Frame};
use super::red::Redundant;
use super::timing::Timing;
use super::window::{Piece, Placed, Window};
use crate::sfu::Source;

/// One stream of somebody: its packets on their way to frames.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) user: UserId,
    pub(super) source: Source,
    pub(super) codec: FrameCodec,
    pub(super) timing: Timing,
    window: Window,
    builder: Builder,
    /// When a key frame is asked for (again), if none has come by then.
    ask_at: Option<Instant>,
    /// Frames on their way to [`Timing`].
    made: Vec<Frame>,
}

/// A repaired picture comes a round trip or some later; after that the SFU gives it up too.
const VIDEO_PATIENCE: Duration = Duration::from_millis(1_100);
/// Sound is not sent again: it only comes in another order.
const AUDIO_PATIENCE: Duration = Duration::from_millis(200);
/// How soon a key frame that is needed is asked for: one is often on its way.
const ASK_AFTER: Duration = Duration::from_millis(200);
const ASK_AGAIN: Duration = Duration::from_millis(500);

impl Track {
    pub(super) fn new(user: UserId, source: Source, codec: FrameCodec) -> Self {
        let (video, patience) = match codec {
            FrameCodec::Opus => (None, AUDIO_PATIENCE),
            FrameCodec::Video(video) => (Some(video), VIDEO_PATIENCE),
        };
        Self {
            user,
            source,
            codec,
            timing: Timing::new(codec.clock_rate()),
            window: Window::new(patience),
            builder: Builder::new(video),
            ask_at: None,
            made: Vec::new(),
        }
    }

    /// A packet. Whether a key frame is to be asked for.
    pub(super) fn packet(&mut self, packet: &PacketRecord, payload: &[u8]) -> bool {
        if packet.switched {
            self.give_up_all();
            self.builder.switched();
            self.window.restart();
        }
        let piece = Piece {
            timestamp: packet.timestamp,
            marker: packet.marker,
            arrived: packet.arrived,
            payload,
        };
        if packet.red {
            self.redundant(packet.number, piece);
        } else {
            self.put(packet.number, &piece);
        }
        // A hostile row of numbers does not fill it.
        self.give_up(packet.arrived);
        self.asks(packet.arrived)
    }

    fn put(&mut self, number: u16, piece: &Piece<'_>) {
        let placed = self.window.push(number, piece);
        self.placed(placed, piece);
    }

    /// Sound that has the one before with it: what was lost of that is taken from here.
    fn redundant(&mut self, number: u16, piece: Piece<'_>) {
        let Some(redundant) = Redundant::read(piece.payload) else {
            return;
        };
        let primary = Piece {
            payload: redundant.primary,
            ..piece
        };
        self.put(number, &primary);
        for (places, ticks, payload) in redundant.before() {
            let older = Piece {
                timestamp: piece.timestamp.wrapping_sub(ticks),
                marker: false,
                payload,
                ..piece
            };
            let placed = self.window.push_before(number, places, &older);
            self.placed(placed, &older);
        }
    }

    fn placed(&mut self, placed: Placed, piece: &Piece<'_>) {
        let Self {
            builder,
            window,
            made,
            ..
        } = self;
        if placed == Placed::Next {
            builder.packet(piece, &mut |frame| made.push(frame));
            while let Some(waiting) = window.pop() {
                builder.packet(&waiting.piece(), &mut |frame| made.push(frame));
            }
        }
    }

    /// Goes on without what was waited for long enough.
    pub(super) fn give_up(&mut self, now: Instant) {
        while self.window.give_up(now) {
            self.after_gap();
        }
    }

    /// Goes on without anything that is missing.
    pub(super) fn give_up_all(&mut self) {
        while self.window.skip() {
            self.after_gap();
        }
    }

    fn after_gap(&mut self) {
        self.builder.gap();
        let Self {
            builder,
            window,
            made,
            ..
        } = self;
        while let Some(waiting) = window.pop() {
            builder.packet(&waiting.piece(), &mut |frame| made.push(frame));
        }
    }

    /// Packets were dropped on the way here, perhaps of this stream: nobody sends them again.
    pub(super) fn lost(&mut self, now: Instant) {
        self.give_up_all();
        self.builder.gap();
        self.window.restart();
        self.ask_at = Some(now);
    }

    /// Whether a key frame is to be asked for now.
    fn asks(&mut self, now: Instant) -> bool {
        if !self.builder.needs_key() {
            self.ask_at = None;
            return false;
        }
        let due = *self.ask_at.get_or_insert(now + ASK_AFTER);
        if due > now {
            return false;
        }
        self.ask_at = Some(now + ASK_AGAIN);
        true
    }

    /// Hands frames that were put together since to [`Self::timing`].
    pub(super) fn hold(&mut self, micros: impl Fn(Instant) -> Micros) {
        for frame in self.made.drain(..) {
            let arrived = micros(frame.arrived);
            self.timing.push(frame, arrived);
        }
    }

    /// When [`Self::give_up`] has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.window.deadline()
    }
}
