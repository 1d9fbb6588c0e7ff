//! Recordings from made-up taps: who is written of, and how it begins, goes on and ends.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use call_domain::{
    CallId, MediaState, RecordingFault, RecordingId, RecordingMode, Timestamp, UserId,
};
use call_engine::{Recorded, RecordingEvent, RecordingWish};
use call_media::sfu::{self, Command, FrameCodec, RoomId, TapEvent, TapInlet};
use call_recording::{Event, Limits, Manifest, RecordingInfo, finish_abandoned};
use parking_lot::Mutex;
use uuid::Uuid;

use super::counters::Counters;
use super::moment;
use super::sessions::Sessions;
use super::tap::{Frames, Rooms};

/// Longer than anything that works takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// When all recordings here begin.
pub(super) static BEGINNING: LazyLock<Timestamp> = LazyLock::new(|| {
    let since = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970");
    Timestamp::from_micros(since.as_micros().try_into().expect("not so long after"))
});
/// A packet of 20 ms (RFC 6716 section 3.1).
const OPUS: &[u8] = &[0xf8, 0xff, 0xfe];

/// Rooms that do what tests tell them.
#[derive(Debug, Default)]
struct Studio {
    told: Mutex<Vec<(String, Told)>>,
    taps: Mutex<Vec<Sender<TapEvent>>>,
    full: Mutex<bool>,
}

/// What a room was told.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    Tap(BTreeSet<String>),
    Untap,
}

struct Script(Receiver<TapEvent>);

impl Frames for Script {
    fn recv(&mut self, timeout: Duration) -> Option<TapEvent> {
        match self.0.recv_timeout(timeout) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(TapEvent::Ended),
        }
    }
}

impl Rooms for Studio {
    fn tap(&self) -> (TapInlet, Box<dyn Frames>) {
        let (sender, receiver) = channel();
        self.taps.lock().push(sender);
        let (inlet, _) = sfu::tap(1);
        (inlet, Box::new(Script(receiver)))
    }

    fn command(&self, room: &RoomId, command: Command) -> bool {
        let told = match command {
            Command::Tap { people, .. } => {
                Told::Tap(people.iter().map(ToString::to_string).collect())
            }
            Command::Untap { .. } => {
                // Its reader gets what was copied until now, and then hears that it ended.
                self.taps.lock().pop();
                Told::Untap
            }
            other => panic!("not the recorder's business: {other:?}"),
        };
        self.told.lock().push((room.to_string(), told));
        !*self.full.lock()
    }
}

impl Studio {
    /// Sends by the tap that is there now.
    fn send(&self, event: TapEvent) {
        let taps = self.taps.lock();
        let tap = taps.last().expect("a tap");
        tap.send(event).expect("somebody listens");
    }

    /// A packet of sound, so long after the beginning.
    fn sound(&self, of: &str, after: Duration) {
        self.send(TapEvent::Frame(sfu::EncodedFrame {
            user: user(of),
            source: sfu::Source::Audio,
            codec: FrameCodec::Opus,
            captured: start() + after,
            key: true,
            after_gap: false,
            size: None,
            data: Bytes::from_static(OPUS),
        }));
    }

    fn told(&self) -> Vec<(String, Told)> {
        self.told.lock().clone()
    }
}

/// Somewhere to record, and what was told about it.
struct Scene {
    folder: tempfile::TempDir,
    studio: Arc<Studio>,
    sessions: Arc<Sessions>,
    told: Arc<Mutex<Vec<RecordingEvent>>>,
    counters: Arc<Counters>,
}

impl Scene {
    fn new() -> Self {
        Self::with(20, 0)
    }

    fn with(max_active: usize, min_free_bytes: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let studio = Arc::new(Studio::default());
        let told: Arc<Mutex<Vec<RecordingEvent>>> = Arc::default();
        let counters = Arc::new(Counters::default());
        let sessions = sessions(
            folder.path(),
            &studio,
            (max_active, min_free_bytes),
            &told,
            &counters,
        );
        Self {
            folder,
            studio,
            sessions,
            told,
            counters,
        }
    }

    /// A server after a restart, on the same folder.
    fn restarted(self) -> Self {
        let sessions = sessions(
            self.folder.path(),
            &self.studio,
            (20, 0),
            &self.told,
            &self.counters,
        );
        Self { sessions, ..self }
    }

    fn follow(&self, wish: &RecordingWish, after: Duration) -> Result<(), RecordingFault> {
        self.sessions.follow(wish.clone(), start() + after)
    }

    async fn stop(&self, recording: RecordingId, after: Duration) -> Manifest {
        let mut done = self.sessions.done(recording).expect("it runs");
        self.sessions.stop(recording, start() + after);
        let ended = tokio::time::timeout(PATIENCE, done.wait_for(|done| *done)).await;
        ended.expect("in time").expect("by itself");
        self.manifest(recording)
    }

    fn manifest(&self, recording: RecordingId) -> Manifest {
        let folder = self.folder.path().join(recording.to_string());
        let manifest = Manifest::read(&folder).expect("readable");
        manifest.expect("there is one")
    }

    /// Waits until somebody was told of a fault.
    async fn event(&self) -> RecordingEvent {
        let told = tokio::time::timeout(PATIENCE, async {
            loop {
                if let Some(event) = self.told.lock().pop() {
                    return event;
                }
                tokio::task::yield_now().await;
            }
        });
        told.await.expect("it is told")
    }
}

fn sessions(
    folder: &Path,
    studio: &Arc<Studio>,
    (max_active, min_free_bytes): (usize, u64),
    told: &Arc<Mutex<Vec<RecordingEvent>>>,
    counters: &Arc<Counters>,
) -> Arc<Sessions> {
    let limits = Limits {
        min_free_bytes,
        sync_every: None,
    };
    let told = Arc::clone(told);
    Sessions::new(
        folder.to_owned(),
        limits,
        max_active,
        Some(Arc::clone(studio) as Arc<dyn Rooms>),
        Arc::clone(counters),
        move |event| told.lock().push(event),
    )
}

pub(super) fn user(name: &str) -> UserId {
    name.parse().expect("a user id")
}

fn start() -> SystemTime {
    moment(*BEGINNING)
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(super) fn person(name: &str, may_record: bool) -> Recorded {
    Recorded {
        user: user(name),
        name: Some(name.to_uppercase()),
        may_record,
        consent: None,
        media: MediaState {
            audio: true,
            video: false,
            screen: false,
        },
        present: true,
    }
}

pub(super) fn wish(version: u64, room: Option<&str>, people: Vec<Recorded>) -> RecordingWish {
    RecordingWish {
        recording: RecordingId::new(Uuid::from_u128(7)),
        call: CallId::new(Uuid::from_u128(1)),
        version,
        room: room.map(RoomId::new),
        mode: RecordingMode::Tracks,
        started_by: Some(user("alice")),
        started_at: *BEGINNING,
        people,
    }
}

fn tap(of: &[&str]) -> Told {
    Told::Tap(of.iter().map(|name| (*name).to_owned()).collect())
}

fn frames(manifest: &Manifest) -> Vec<(String, u64)> {
    let tracks = manifest.tracks.iter();
    let mut frames: Vec<_> = tracks
        .map(|track| (track.user_id.to_string(), track.frames))
        .collect();
    frames.sort();
    frames
}

#[tokio::test]
async fn what_a_tap_gives_is_written_and_closed() {
    let scene = Scene::new();
    let wish = wish(
        1,
        Some("r"),
        vec![person("alice", true), person("bob", true)],
    );
    scene.follow(&wish, ms(0)).expect("it begins");
    for after in (0..200).step_by(20) {
        scene.studio.sound("alice", ms(after));
        scene.studio.sound("bob", ms(after + 5));
    }
    let manifest = scene.stop(wish.recording, ms(300)).await;
    assert_eq!(
        frames(&manifest),
        [("alice".to_owned(), 10), ("bob".to_owned(), 10)]
    );
    assert!(manifest.complete, "{:?}", manifest.cause);
    assert_eq!(
        (manifest.recording_id, manifest.call_id),
        (wish.recording, wish.call)
    );
    let events: Vec<_> = manifest.events.iter().map(|timed| &timed.event).collect();
    let began = Event::RecordingStarted {
        user_id: Some(user("alice")),
    };
    assert_eq!(events.first(), Some(&&began));
    let counts = scene.counters.counts(scene.sessions.active(), None);
    assert_eq!((counts.active, counts.frames, counts.bytes), (0, 20, 60));
}

#[tokio::test]
async fn nothing_is_written_of_whoever_may_not_be_recorded() {
    let scene = Scene::new();
    let asked = |bob| vec![person("alice", true), person("bob", bob)];
    let first = wish(1, Some("r"), asked(false));
    scene.follow(&first, ms(0)).expect("it begins");
    // As if the room had not heard of it.
    scene.studio.sound("bob", ms(0));
    scene.studio.sound("alice", ms(0));
    scene
        .follow(&wish(2, Some("r"), asked(true)), ms(20))
        .expect("it goes on");
    scene.studio.sound("bob", ms(20));
    scene.studio.sound("bob", ms(40));
    scene
        .follow(&wish(3, Some("r"), asked(false)), ms(60))
        .expect("it goes on");
    scene.studio.sound("bob", ms(60));
    scene.studio.sound("mallory", ms(60));
    scene.studio.sound("alice", ms(60));
    let manifest = scene.stop(first.recording, ms(100)).await;
    let found = frames(&manifest);
    assert_eq!(found[0], ("alice".to_owned(), 2));
    // The frames of the yes may meet the no on their way: then it counts for them already.
    assert!(
        found
            .iter()
            .all(|(user, frames)| user == "alice" || (user == "bob" && *frames <= 2))
    );
    assert_eq!(
        scene.studio.told()[..3],
        [
            ("r".to_owned(), tap(&["alice"])),
            ("r".to_owned(), tap(&["alice", "bob"])),
            ("r".to_owned(), tap(&["alice"])),
        ]
    );
}

#[tokio::test]
async fn the_tap_follows_the_call_into_its_room() {
    let scene = Scene::new();
    let alice = || vec![person("alice", true)];
    let p2p = wish(1, None, alice());
    scene.follow(&p2p, ms(0)).expect("it begins");
    assert!(
        scene.studio.told().is_empty(),
        "there is nothing to hear yet"
    );
    scene
        .follow(&wish(2, Some("r"), alice()), ms(10))
        .expect("it goes on");
    scene.studio.sound("alice", ms(20));
    // The same again, and an older one that was overtaken: nothing new.
    scene
        .follow(&wish(2, Some("r"), alice()), ms(20))
        .expect("it goes on");
    scene.follow(&p2p, ms(20)).expect("it goes on");
    scene
        .follow(&wish(3, Some("s"), alice()), ms(30))
        .expect("it goes on");
    scene.studio.sound("alice", ms(40));
    let manifest = scene.stop(p2p.recording, ms(60)).await;
    assert_eq!(
        frames(&manifest),
        [("alice".to_owned(), 2)],
        "of both rooms, in one file"
    );
    let (r, s) = ("r".to_owned(), "s".to_owned());
    assert_eq!(
        scene.studio.told(),
        [
            (r.clone(), tap(&["alice"])),
            (r, Told::Untap),
            (s.clone(), tap(&["alice"])),
            (s, Told::Untap),
        ]
    );
}

#[tokio::test]
async fn a_tap_that_ends_by_itself_is_replaced() {
    let scene = Scene::new();
    let wish = wish(1, Some("r"), vec![person("alice", true)]);
    scene.follow(&wish, ms(0)).expect("it begins");
    scene.studio.sound("alice", ms(0));
    scene.studio.taps.lock().clear();
    let replaced = tokio::time::timeout(PATIENCE, async {
        while scene.studio.taps.lock().is_empty() {
            tokio::task::yield_now().await;
        }
    });
    replaced.await.expect("there is another one");
    scene.studio.sound("alice", ms(500));
    let manifest = scene.stop(wish.recording, ms(600)).await;
    assert_eq!(frames(&manifest), [("alice".to_owned(), 2)]);
}

#[tokio::test]
async fn no_more_than_may_are_recorded_and_none_again_that_stopped() {
    let scene = Scene::with(1, 0);
    let one = wish(1, Some("r"), vec![person("alice", true)]);
    let other = RecordingWish {
        recording: RecordingId::new(Uuid::from_u128(8)),
        ..one.clone()
    };
    scene.follow(&one, ms(0)).expect("it begins");
    assert!(scene.sessions.is_full());
    assert_eq!(scene.follow(&other, ms(0)), Err(RecordingFault::Overloaded));
    scene.studio.sound("alice", ms(0));
    scene.stop(one.recording, ms(20)).await;
    scene.sessions.forget(one.recording);
    assert!(!scene.sessions.is_full());
    // Belated wishes.
    scene.follow(&one, ms(30)).expect("passed over");
    scene.follow(&other, ms(30)).expect("passed over");
    assert_eq!(scene.sessions.active(), 0);
    assert!(scene.manifest(one.recording).complete, "it is as it was");
}

#[tokio::test]
async fn after_a_restart_it_goes_on_in_the_same_files() {
    let scene = Scene::new();
    let wish = wish(1, Some("r"), vec![person("alice", true)]);
    scene.follow(&wish, ms(0)).expect("it begins");
    scene.studio.sound("alice", ms(0));
    for mut done in scene.sessions.interrupt() {
        let ended = tokio::time::timeout(PATIENCE, done.wait_for(|done| *done)).await;
        ended.expect("in time").expect("by itself");
    }
    scene
        .follow(&wish, ms(10))
        .expect("passed over: the server stops");
    let scene = scene.restarted();
    scene.follow(&wish, ms(5_000)).expect("it goes on");
    scene.studio.sound("alice", ms(6_000));
    let manifest = scene.stop(wish.recording, ms(6_100)).await;
    assert_eq!(frames(&manifest), [("alice".to_owned(), 2)], "in one file");
    let events = || manifest.events.iter().map(|timed| &timed.event);
    assert!(events().any(|event| *event == Event::RecorderRestarted));
    let began = |event: &&Event| matches!(event, Event::RecordingStarted { .. });
    assert_eq!(events().filter(began).count(), 1);
    assert_eq!(manifest.cause, Some(RecordingFault::Interrupted));
}

#[tokio::test]
async fn a_full_disk_ends_the_recording_and_is_told() {
    let scene = Scene::with(20, u64::MAX);
    let wish = wish(1, Some("r"), vec![person("alice", true)]);
    scene.follow(&wish, ms(0)).expect("it is tried");
    let expected = RecordingEvent::Failed {
        call: wish.call,
        recording: wish.recording,
        fault: RecordingFault::DiskFull,
    };
    assert_eq!(scene.event().await, expected);
    assert_eq!(scene.sessions.active(), 0);
    // If there was time for a tap at all.
    let told = scene.studio.told();
    assert!(!matches!(told.last(), Some((_, Told::Tap(_)))), "{told:?}");
    // What there is of it can be closed all the same.
    let info = RecordingInfo {
        recording_id: wish.recording,
        call_id: wish.call,
        mode: wish.mode,
        started_at: start(),
    };
    let folder = scene.folder.path().join(wish.recording.to_string());
    let finished = finish_abandoned(&folder, &info, Some(ms(10)), Some(RecordingFault::DiskFull));
    let cause = finished.expect("closed").manifest.cause;
    assert_eq!(cause, Some(RecordingFault::DiskFull));
}

#[tokio::test]
async fn what_an_overloaded_server_left_out_is_said_once() {
    let scene = Scene::new();
    let wish = wish(1, Some("r"), vec![person("alice", true)]);
    scene.follow(&wish, ms(0)).expect("it begins");
    for _ in 0..3 {
        scene.studio.send(TapEvent::Lost { packets: 5 });
    }
    scene.studio.sound("alice", ms(0));
    let expected = RecordingEvent::Degraded {
        call: wish.call,
        recording: wish.recording,
        fault: RecordingFault::Overloaded,
    };
    assert_eq!(scene.event().await, expected);
    let manifest = scene.stop(wish.recording, ms(20)).await;
    assert!(scene.told.lock().is_empty(), "once");
    assert_eq!(manifest.cause, Some(RecordingFault::Overloaded));
    assert_eq!(scene.counters.counts(0, None).lost_packets, 15);
}

#[tokio::test]
async fn without_an_sfu_there_is_nothing_to_record() {
    let scene = Scene::new();
    let none = Sessions::new(
        scene.folder.path().to_owned(),
        Limits::default(),
        1,
        None,
        Arc::default(),
        |_| {},
    );
    let wish = wish(1, None, vec![]);
    assert_eq!(
        none.follow(wish, start()),
        Err(RecordingFault::SfuUnavailable)
    );
}
