use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use call_domain::{RecordingFault, UserId};
use call_engine::RecordingWish;
use call_media::sfu::{self, FrameCodec, TapEvent, VideoCodec};
use call_recording::{Codec, EncodedFrame, Event, Limits, Recorder, RecordingInfo, Source};

use super::counters::Counters;
use super::inbox::{End, Inbox};
use super::moment;
use super::people::{Note, People};
use super::tap::Frames;

/// How long a thread waits for frames before it looks into its inbox: longer than it takes for some to come from people who send any.
/// What ends it ends its frames too, and wakes it.
const PACE: Duration = Duration::from_millis(400);
/// How often files are brought up to date, on the disk. With what a tap holds back it makes the second that a crash may take.
const FLUSH_EVERY: Duration = Duration::from_millis(700);
/// The longest that a tap that was taken out may go on with what it holds.
const DRAIN: Duration = Duration::from_secs(3);
/// How soon a tap that ended by itself is replaced.
const AGAIN: Duration = if cfg!(test) {
    Duration::from_millis(10)
} else {
    Duration::from_secs(1)
};

/// Who hears what a recorder's thread has to say.
pub(super) trait Listener {
    /// It goes on, but something is missing.
    fn degraded(&self, fault: RecordingFault);

    /// The tap ended although nobody wanted that: another one is needed.
    fn untapped(&self);
}

/// Writes one recording, on a thread of its own: what its taps give, of those who may be recorded.
pub(super) struct Writer {
    recorder: Recorder,
    people: People,
    may_record: BTreeSet<UserId>,
    frames: Option<Box<dyn Frames>>,
    counters: Arc<Counters>,
    overloaded: bool,
    /// When it was opened, on both clocks: the machine's may be set meanwhile, and then frames go on as they began.
    opened: (SystemTime, Instant),
    flushed: Instant,
    untapped_at: Option<Instant>,
}

impl Writer {
    /// Begins a recording in its folder, or goes on with it.
    pub(super) fn open(
        folder: &Path,
        limits: Limits,
        wish: &RecordingWish,
        counters: Arc<Counters>,
    ) -> Result<Self, RecordingFault> {
        let info = RecordingInfo {
            recording_id: wish.recording,
            call_id: wish.call,
            mode: wish.mode,
            started_at: moment(wish.started_at),
        };
        let goes_on = folder.exists();
        let mut recorder = Recorder::open(folder, info, limits)?;
        if !goes_on {
            let user_id = wish.started_by.clone();
            recorder.event(Duration::ZERO, Event::RecordingStarted { user_id })?;
        }
        Ok(Self {
            recorder,
            people: People::default(),
            may_record: BTreeSet::new(),
            frames: None,
            counters,
            overloaded: false,
            opened: (SystemTime::now(), Instant::now()),
            flushed: Instant::now(),
            untapped_at: None,
        })
    }

    /// Writes until it is told that it is over. Fails when the recording cannot go on; what was written until then is
    /// closed.
    pub(super) fn run(
        mut self,
        inbox: &Inbox,
        listener: &impl Listener,
    ) -> Result<(), RecordingFault> {
        let outcome = self.work(inbox, listener);
        let at = match outcome {
            Ok(End::Stopped { at }) => at,
            Ok(End::Interrupted) => return Ok(()),
            Err(_) => self.now(),
        };
        let at = self.recorder.info().at(at);
        match (self.recorder.finish(at), outcome) {
            (_, Err(fault)) => Err(fault),
            (Ok(_), Ok(_)) => Ok(()),
            // It is tried again from what is in the folder.
            (Err(fault), Ok(_)) => {
                tracing::warn!(%fault, "a recording could not be closed at once");
                Ok(())
            }
        }
    }

    fn work(&mut self, inbox: &Inbox, listener: &impl Listener) -> Result<End, RecordingFault> {
        loop {
            let event = if let Some(frames) = &mut self.frames {
                frames.recv(PACE)
            } else {
                inbox.wait(PACE);
                None
            };
            // Before the frame: somebody's no counts for it already.
            let news = inbox.take();
            for (at, wish) in news.wishes {
                self.wish(at, &wish)?;
            }
            if let Some(event) = event {
                self.tapped(event, listener)?;
            }
            for frames in news.frames {
                self.drain(listener)?;
                self.frames = Some(frames);
                self.untapped_at = None;
            }
            if let Some(end) = news.end {
                self.drain(listener)?;
                let now = match end {
                    End::Stopped { at } => at,
                    End::Interrupted => self.now(),
                };
                let now = self.recorder.info().at(now);
                self.recorder.flush(now)?;
                return Ok(end);
            }
            self.look_after(listener)?;
        }
    }

    fn wish(&mut self, at: SystemTime, wish: &RecordingWish) -> Result<(), RecordingFault> {
        let at = self.recorder.info().at(at);
        for note in self.people.changes(wish) {
            match note {
                Note::Person {
                    user,
                    name,
                    consent,
                } => self.recorder.person(&user, name.as_deref(), consent)?,
                Note::Event(event) => self.recorder.event(at, event)?,
            }
        }
        let willing = wish.people.iter().filter(|person| person.may_record);
        self.may_record = willing.map(|person| person.user.clone()).collect();
        Ok(())
    }

    /// Writes what a tap still holds that was taken out.
    fn drain(&mut self, listener: &impl Listener) -> Result<(), RecordingFault> {
        let until = Instant::now() + DRAIN;
        while let Some(frames) = &mut self.frames {
            match frames.recv(PACE) {
                Some(TapEvent::Ended) => self.frames = None,
                Some(event) => self.tapped(event, listener)?,
                None => {}
            }
            if Instant::now() >= until {
                self.frames = None;
            }
        }
        Ok(())
    }

    fn tapped(&mut self, event: TapEvent, listener: &impl Listener) -> Result<(), RecordingFault> {
        match event {
            TapEvent::Frame(frame) => self.frame(frame),
            TapEvent::Lost { packets } => {
                self.counters
                    .lost_packets
                    .fetch_add(packets, Ordering::Relaxed);
                if !self.overloaded {
                    self.overloaded = true;
                    let now = self.recorder.info().at(self.now());
                    self.recorder.fault(now, RecordingFault::Overloaded);
                    listener.degraded(RecordingFault::Overloaded);
                }
                Ok(())
            }
            TapEvent::Ended => {
                self.frames = None;
                self.untapped_at = Some(Instant::now());
                Ok(())
            }
        }
    }

    fn frame(&mut self, frame: sfu::EncodedFrame) -> Result<(), RecordingFault> {
        if !self.may_record.contains(&frame.user) {
            return Ok(());
        }
        self.counters.frame(frame.data.len());
        let encoded = EncodedFrame {
            at: self.recorder.info().at(frame.captured),
            key: frame.key,
            after_gap: frame.after_gap,
            size: frame.size,
            data: frame.data,
        };
        let (source, codec) = (source(frame.source), codec(frame.codec));
        self.recorder.frame(&frame.user, source, codec, encoded)
    }

    fn now(&self) -> SystemTime {
        let (wall, since) = self.opened;
        wall + since.elapsed()
    }

    fn look_after(&mut self, listener: &impl Listener) -> Result<(), RecordingFault> {
        if self.untapped_at.is_some_and(|at| at.elapsed() >= AGAIN) {
            self.untapped_at = None;
            listener.untapped();
        }
        if self.flushed.elapsed() >= FLUSH_EVERY {
            self.flushed = Instant::now();
            let now = self.recorder.info().at(self.now());
            self.recorder.flush(now)?;
        }
        Ok(())
    }
}

fn source(source: sfu::Source) -> Source {
    match source {
        sfu::Source::Audio => Source::Audio,
        sfu::Source::Video => Source::Video,
        sfu::Source::Screen => Source::Screen,
        sfu::Source::ScreenAudio => Source::ScreenAudio,
    }
}

fn codec(codec: FrameCodec) -> Codec {
    match codec {
        FrameCodec::Opus => Codec::Opus,
        FrameCodec::Video(VideoCodec::Vp8) => Codec::Vp8,
        FrameCodec::Video(VideoCodec::Vp9) => Codec::Vp9,
        FrameCodec::Video(VideoCodec::H264) => Codec::H264,
        FrameCodec::Video(VideoCodec::Av1) => Codec::Av1,
    }
}
