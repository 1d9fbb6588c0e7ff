use std::sync::Arc;

use super::*;
use crate::sfu::room::RoomContext;
use crate::sfu::sdp::Extension;
use crate::sfu::transport::Certificate;
use crate::sfu::{
    Command, EncodedFrame, Event, Publication, RoomId, SfuConfig, Source, TapEvent, TapReader,
    VideoCodec, tap,
};

const VP8: u8 = 96;
const VP8_RTX: u8 = 97;
const H264: u8 = 102;
const OPUS: u8 = 111;
const FRAME: Duration = Duration::from_millis(40);
/// Ticks of a picture's clock in a frame.
const TICKS: u32 = 3_600;

/// A room, and people who send without a network.
struct Meeting {
    start: Instant,
    now: Instant,
    room: Room,
    out: Output,
}

/// What somebody sends.
#[derive(Clone, Copy)]
struct Sender {
    user: &'static str,
    source: Source,
    layer: Option<Layer>,
    payload_type: u8,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
}

impl Meeting {
    fn new() -> Self {
        let context = RoomContext {
            config: SfuConfig::default(),
            certificate: Arc::new(Certificate::generate().unwrap()),
            candidates: Vec::new(),
        };
        let now = Instant::now();
        Self {
            start: now,
            now,
            room: Room::new(RoomId::new("room"), Arc::new(context), 0),
            out: Output::new(),
        }
    }

    fn command(&mut self, command: Command) {
        self.room.command(self.now, command, &mut self.out);
    }

    fn join(&mut self, user: &str) {
        self.command(Command::Join {
            peer: user.parse().unwrap(),
            publication: Publication::ALL,
        });
    }

    fn tap(&mut self, inlet: &TapInlet, people: &[&str]) {
        self.command(Command::Tap {
            tap: inlet.clone(),
            people: people.iter().map(|user| user.parse().unwrap()).collect(),
        });
    }

    /// Time passes, in steps of a shard.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now = (self.now + Duration::from_millis(10)).min(end);
            self.room.tick(self.now, &mut self.out);
        }
    }

    fn packet(&mut self, sender: &Sender, marker: bool, payload: &[u8]) {
        let mut packet = vec![0x90, u8::from(marker) << 7 | sender.payload_type];
        packet.extend(sender.sequence.to_be_bytes());
        packet.extend(sender.timestamp.to_be_bytes());
        packet.extend(sender.ssrc.to_be_bytes());
        let mut extensions = Vec::new();
        let mut put = |extension: Extension, value: &str| {
            let length = u8::try_from(value.len()).unwrap() - 1;
            extensions.push(extension.id() << 4 | length);
            extensions.extend(value.bytes());
        };
        put(Extension::Mid, sender.source.mid());
        if let Some(layer) = sender.layer {
            let is_rtx = sender.payload_type == VP8_RTX;
            let extension = if is_rtx {
                Extension::RepairedRid
            } else {
                Extension::Rid
            };
            put(extension, layer.rid());
        }
        extensions.resize(extensions.len().next_multiple_of(4), 0);
        packet.extend([0xbe, 0xde, 0, u8::try_from(extensions.len() / 4).unwrap()]);
        packet.extend(extensions);
        packet.extend(payload);
        self.decrypted(sender.user, &mut packet);
    }

    /// Its clock of timestamps, and its wall clock: as late as ours, from another beginning.
    fn sender_report(&mut self, sender: &Sender) {
        let mut report = vec![0x80, 200, 0, 6];
        report.extend(sender.ssrc.to_be_bytes());
        let since = self.now - self.start;
        let seconds = 3_900_000_000 + u32::try_from(since.as_secs()).unwrap();
        report.extend(seconds.to_be_bytes());
        let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
        report.extend(u32::try_from(fraction).unwrap().to_be_bytes());
        report.extend(sender.timestamp.to_be_bytes());
        report.extend([0; 8]);
        self.decrypted(sender.user, &mut report);
    }

    fn decrypted(&mut self, user: &str, packet: &mut [u8]) {
        let at = self.room.find(&user.parse().unwrap()).unwrap();
        self.room.decrypted(self.now, at, packet, &mut self.out);
    }

    /// A frame in one packet.
    fn frame(&mut self, sender: &mut Sender, key: bool, content: u8) {
        let payload = match sender.payload_type {
            VP8 if key => vp8_key(content),
            VP8 => vp8_delta(content),
            H264 if key => {
                vec![
                    0x78, 0, 8, 0x67, 0x42, 0xc0, 0x1e, 0xd9, 0, 0xa0, 0x2f, 0, 2, 0x65, content,
                ]
            }
            H264 => vec![0x41, content],
            _ => vec![content],
        };
        self.packet(sender, true, &payload);
        sender.sequence = sender.sequence.wrapping_add(1);
    }

    /// Frames of all of these, one after the other: `numbers` are their contents, `keys` those that are key frames.
    fn frames(&mut self, senders: &mut [&mut Sender], numbers: std::ops::Range<u8>, keys: &[u8]) {
        for number in numbers {
            for sender in &mut *senders {
                self.frame(sender, keys.contains(&number), number);
                sender.timestamp = sender.timestamp.wrapping_add(TICKS);
            }
            self.pass(FRAME);
        }
    }

    fn key_frames_asked(&self, user: &str, layer: Layer) -> u64 {
        let peer = self.room.find(&user.parse().unwrap()).unwrap();
        let feed = self.room.peers[peer].feeds[Source::Video.index()].unwrap();
        self.room.feeds[feed]
            .stream(layer)
            .unwrap()
            .key_frame_requests_sent
    }

    /// The frames that the reader gets of what was sent.
    fn read(&mut self, reader: &mut TapReader) -> Vec<EncodedFrame> {
        self.pass(Duration::from_millis(260));
        events(reader).into_iter().filter_map(frame_of).collect()
    }
}

fn sender(user: &'static str, source: Source, layer: Option<Layer>) -> Sender {
    Sender {
        user,
        source,
        layer,
        payload_type: if source.is_video() { VP8 } else { OPUS },
        ssrc: 1_000 + u32::try_from(layer.map_or(3, Layer::index) + source.index() * 4).unwrap(),
        sequence: 65_530,
        timestamp: 4_294_960_000,
    }
}

fn camera(user: &'static str) -> Sender {
    sender(user, Source::Video, None)
}

fn vp8_key(content: u8) -> Vec<u8> {
    vec![
        0x10, 0x50, 0x2d, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1, content,
    ]
}

fn vp8_delta(content: u8) -> Vec<u8> {
    vec![0x10, 0x31, content]
}

fn events(reader: &mut TapReader) -> Vec<TapEvent> {
    let mut events = Vec::new();
    while let Some(event) = reader.recv(Duration::ZERO) {
        let is_last = event == TapEvent::Ended;
        events.push(event);
        if is_last {
            break;
        }
    }
    events
}

fn frame_of(event: TapEvent) -> Option<EncodedFrame> {
    match event {
        TapEvent::Frame(frame) => Some(frame),
        TapEvent::Lost { .. } | TapEvent::Ended => None,
    }
}

fn contents(frames: &[EncodedFrame]) -> Vec<u8> {
    frames
        .iter()
        .map(|frame| *frame.data.last().unwrap())
        .collect()
}

/// From one frame to the next, in milliseconds.
fn distances(frames: &[EncodedFrame]) -> Vec<u128> {
    let times = frames.iter().map(|frame| frame.captured);
    let distance = |pair: (std::time::SystemTime, std::time::SystemTime)| {
        (pair.1.duration_since(pair.0).unwrap().as_micros() + 500) / 1_000
    };
    times.clone().zip(times.skip(1)).map(distance).collect()
}

#[test]
fn sound_and_pictures_become_frames_of_one_clock() {
    let mut meeting = Meeting::new();
    meeting.join("alice");
    let (inlet, mut reader) = tap(64);
    meeting.tap(&inlet, &["alice"]);
    let (mut camera, mut voice) = (camera("alice"), sender("alice", Source::Audio, None));
    voice.timestamp = 77;
    meeting.frame(&mut camera, true, 1);
    meeting.frame(&mut voice, true, 101);
    assert_eq!(meeting.read(&mut reader), []);
    // Sound was captured 20 ms after the picture.
    meeting.sender_report(&camera);
    voice.timestamp = voice.timestamp.wrapping_sub(48 * 20);
    meeting.sender_report(&voice);
    let mut frames = meeting.read(&mut reader);
    frames.sort_by_key(|frame| frame.captured);
    assert_eq!(contents(&frames), [1, 101]);
    assert_eq!(distances(&frames), [20]);
    let (picture, sound) = (&frames[0], &frames[1]);
    assert_eq!(picture.codec, FrameCodec::Video(VideoCodec::Vp8));
    assert_eq!((picture.key, picture.size), (true, Some((640, 360))));
    assert_eq!(
        (sound.codec, sound.source),
        (FrameCodec::Opus, Source::Audio)
    );
    assert_eq!(meeting.out.counters.packets_tapped, 2);
}

#[test]
fn a_switch_of_layers_goes_on_without_a_jump() {
    let mut meeting = Meeting::new();
    meeting.join("alice");
    let (inlet, mut reader) = tap(64);
    meeting.tap(&inlet, &["alice"]);
    let mut low = sender("alice", Source::Video, Some(Layer::Low));
    let mut high = sender("alice", Source::Video, Some(Layer::High));
    high.timestamp = 5_000;
    meeting.frames(&mut [&mut low], 0..1, &[0]);
    meeting.sender_report(&low);
    meeting.frames(&mut [&mut low], 1..5, &[]);
    // The large layer begins, with its key frame only later.
    meeting.sender_report(&low);
    meeting.frames(&mut [&mut low, &mut high], 5..10, &[]);
    meeting.sender_report(&high);
    assert!(meeting.key_frames_asked("alice", Layer::High) > 0);
    meeting.frames(&mut [&mut high, &mut low], 10..20, &[10]);
    let up = meeting.read(&mut reader);
    assert_eq!(contents(&up), (0..20).collect::<Vec<_>>());
    assert_eq!(distances(&up), [40; 19]);
    assert!(
        up.iter()
            .all(|frame| frame.key == [0, 10].contains(frame.data.last().unwrap()))
    );
    // It stops: the small one goes on, with a key frame that is asked for.
    let before = meeting.key_frames_asked("alice", Layer::Low);
    meeting.frames(&mut [&mut low], 20..60, &[]);
    assert!(meeting.key_frames_asked("alice", Layer::Low) > before);
    meeting.frames(&mut [&mut low], 60..70, &[60]);
    let down = meeting.read(&mut reader);
    assert_eq!(contents(&down), (60..70).collect::<Vec<_>>());
    assert_eq!(distances(&down), [40; 9]);
    assert!(down.iter().all(|frame| !frame.after_gap));
    assert_eq!(distances(&[up[19].clone(), down[0].clone()]), [41 * 40]);
}

#[test]
fn nothing_is_copied_of_who_is_taken_out() {
    let mut meeting = Meeting::new();
    meeting.join("alice");
    meeting.join("bob");
    let (inlet, mut reader) = tap(64);
    meeting.tap(&inlet, &["alice", "bob"]);
    let (mut alice, mut bob) = (camera("alice"), camera("bob"));
    meeting.frames(&mut [&mut alice, &mut bob], 0..5, &[0]);
    meeting.sender_report(&alice);
    meeting.sender_report(&bob);
    let copied = meeting.out.counters.packets_tapped;
    meeting.tap(&inlet, &["bob"]);
    meeting.frames(&mut [&mut alice], 5..10, &[7]);
    assert_eq!(meeting.out.counters.packets_tapped, copied);
    meeting.frames(&mut [&mut bob], 5..10, &[]);
    let frames = meeting.read(&mut reader);
    let (of_alice, of_bob): (Vec<_>, Vec<_>) = frames
        .into_iter()
        .partition(|frame| frame.user.as_str() == "alice");
    assert_eq!(contents(&of_alice), (0..5).collect::<Vec<_>>());
    assert_eq!(contents(&of_bob), (0..10).collect::<Vec<_>>());
    // In again: from a key frame on, which is asked for.
    let asked = meeting.key_frames_asked("alice", Layer::High);
    meeting.tap(&inlet, &["alice", "bob"]);
    meeting.frames(&mut [&mut alice], 10..15, &[12]);
    meeting.sender_report(&alice);
    assert!(meeting.key_frames_asked("alice", Layer::High) > asked);
    assert_eq!(contents(&meeting.read(&mut reader)), [12, 13, 14]);
}

#[test]
fn a_slow_reader_is_told_and_goes_on_with_a_key_frame() {
    let mut meeting = Meeting::new();
    meeting.join("alice");
    let (inlet, mut reader) = tap(3);
    meeting.tap(&inlet, &["alice"]);
    let (mut camera, mut voice) = (camera("alice"), sender("alice", Source::Audio, None));
    meeting.frames(&mut [&mut camera, &mut voice], 0..1, &[0]);
    meeting.sender_report(&camera);
    meeting.sender_report(&voice);
    meeting.frames(&mut [&mut camera, &mut voice], 1..40, &[]);
    meeting.pass(FRAME * 8);
    let dropped = meeting.out.counters.tap_packets_dropped;
    assert!(dropped > 0);
    // Somebody who came and went meanwhile does not confuse it.
    meeting.join("bob");
    meeting.tap(&inlet, &["alice", "bob"]);
    let mut bob = sender("bob", Source::Audio, None);
    meeting.frames(&mut [&mut bob], 0..3, &[]);
    meeting.pass(FRAME * 8);
    let dropped = dropped + 3;
    assert_eq!(meeting.out.counters.tap_packets_dropped, dropped);
    assert_ne!(events(&mut reader), []);
    meeting.frames(&mut [&mut camera, &mut voice], 40..41, &[]);
    meeting.pass(FRAME * 8);
    let told = events(&mut reader);
    assert_eq!(told[0], TapEvent::Lost { packets: dropped });
    let frames: Vec<_> = told.into_iter().filter_map(frame_of).collect();
    assert!(
        frames
            .iter()
            .all(|frame| frame.source == Source::Audio && frame.after_gap)
    );
    let asked = meeting.key_frames_asked("alice", Layer::High);
    meeting.pass(Duration::from_millis(300));
    assert!(meeting.key_frames_asked("alice", Layer::High) > asked);
    meeting.frames(&mut [&mut camera], 41..44, &[42]);
    let frames = meeting.read(&mut reader);
    assert_eq!(contents(&frames), [42, 43]);
    assert!(frames[0].key && frames[0].after_gap && !frames[1].after_gap);
}

#[test]
fn a_tap_that_comes_late_begins_with_a_key_frame_at_its_time() {
    let mut meeting = Meeting::new();
    meeting.join("alice");
    let mut camera = camera("alice");
    meeting.frames(&mut [&mut camera], 0..1, &[0]);
    meeting.sender_report(&camera);
    meeting.frames(&mut [&mut camera], 1..50, &[]);
    assert_eq!(meeting.key_frames_asked("alice", Layer::High), 0);
    let (inlet, mut reader) = tap(64);
    let made = std::time::SystemTime::now();
    meeting.tap(&inlet, &["alice"]);
    meeting.pass(Duration::from_millis(10));
    assert_eq!(meeting.key_frames_asked("alice", Layer::High), 1);
    let since = meeting.now - meeting.start;
    meeting.frames(&mut [&mut camera], 50..53, &[51]);
    // No report came since; the one from before counts.
    let frames = meeting.read(&mut reader);
    assert_eq!(contents(&frames), [51, 52]);
    let captured = frames[0].captured.duration_since(made).unwrap();
    let difference = captured.abs_diff(since + FRAME);
    assert!(difference < Duration::from_millis(50), "{difference:?}");
}

#[test]
fn another_codec_goes_on_with_its_frames() {
    let mut meeting = Meeting::new();
    meeting.join("alice");
    let (inlet, mut reader) = tap(64);
    meeting.tap(&inlet, &["alice"]);
    let mut camera = camera("alice");
    meeting.frames(&mut [&mut camera], 0..1, &[0]);
    meeting.sender_report(&camera);
    meeting.frames(&mut [&mut camera], 1..30, &[]);
    camera.payload_type = H264;
    meeting.frames(&mut [&mut camera], 30..32, &[30]);
    meeting.sender_report(&camera);
    let frames = meeting.read(&mut reader);
    assert_eq!(contents(&frames), (0..32).collect::<Vec<_>>());
    assert_eq!(frames[29].codec, FrameCodec::Video(VideoCodec::Vp8));
    assert_eq!(frames[30].codec, FrameCodec::Video(VideoCodec::H264));
    assert!(frames[30].key && !frames[31].key);
    assert_eq!(distances(&frames), [40; 31]);
}

#[test]
fn a_tap_waits_for_people_and_outlives_their_coming_and_going() {
    let mut meeting = Meeting::new();
    let (inlet, mut reader) = tap(64);
    meeting.tap(&inlet, &["alice"]);
    assert!(!meeting.room.is_empty());
    let mut camera = camera("alice");
    for (round, numbers) in [0..3, 3..6, 6..9].into_iter().enumerate() {
        // The third time, in a new session without having left.
        meeting.join("alice");
        camera.ssrc += 1;
        camera.sequence = camera.sequence.wrapping_mul(7);
        meeting.frames(&mut [&mut camera], numbers.clone(), &[numbers.start]);
        meeting.sender_report(&camera);
        let frames = meeting.read(&mut reader);
        assert_eq!(contents(&frames), numbers.collect::<Vec<_>>(), "{round}");
        if round == 0 {
            meeting.command(Command::Leave {
                peer: "alice".parse().unwrap(),
            });
            assert!(meeting.room.feeds.is_empty());
            assert_eq!(meeting.read(&mut reader), []);
        }
    }
    meeting.frames(&mut [&mut camera], 9..10, &[]);
    meeting.command(Command::CloseRoom);
    let told = events(&mut reader);
    assert_eq!(told.last(), Some(&TapEvent::Ended));
    assert_eq!(told.len(), 2);
    assert_eq!(reader.recv(Duration::ZERO), Some(TapEvent::Ended));
}

#[test]
fn a_tap_that_is_taken_out_ends_and_stays_so() {
    let mut meeting = Meeting::new();
    meeting.join("alice");
    let (inlet, mut reader) = tap(64);
    meeting.tap(&inlet, &["alice"]);
    meeting.frames(&mut [&mut camera("alice")], 0..3, &[0]);
    meeting.command(Command::Untap { tap: inlet.clone() });
    let told = events(&mut reader);
    // What was copied is there, by the time of its arrival.
    assert_eq!(told.len(), 4);
    assert_eq!(told[3], TapEvent::Ended);
    meeting.tap(&inlet, &["alice"]);
    assert_eq!(meeting.room.taps(), 0);
    assert!(
        meeting
            .room
            .feeds
            .iter()
            .all(|(_, feed)| feed.taps.iter().all(Option::is_none))
    );
}

#[test]
fn a_room_has_few_taps() {
    let mut meeting = Meeting::new();
    meeting.join("alice");
    let taps: Vec<_> = (0..3).map(|_| tap(64)).collect();
    for (inlet, _) in &taps {
        meeting.tap(inlet, &["alice"]);
    }
    assert_eq!(meeting.room.taps(), TAPS_MAX);
    let mut camera = camera("alice");
    meeting.frames(&mut [&mut camera], 0..3, &[0]);
    meeting.pass(FRAME);
    let mut taps = taps.into_iter();
    for (_, mut reader) in taps.by_ref().take(2) {
        // Read, then gone: the room notices.
        assert_eq!(reader.recv(Duration::ZERO), None);
    }
    let (_, mut refused) = taps.next().unwrap();
    assert_eq!(events(&mut refused), [TapEvent::Ended]);
    meeting.frames(&mut [&mut camera], 3..6, &[]);
    assert!(meeting.room.taps.is_empty());
}

#[test]
fn the_largest_layer_is_wanted_of_who_is_recorded() {
    let mut meeting = Meeting::new();
    meeting.join("alice");
    let mut low = sender("alice", Source::Video, Some(Layer::Low));
    let wanted = |meeting: &mut Meeting| {
        let events = std::mem::take(&mut meeting.out.events);
        events.into_iter().rev().find_map(|event| match event {
            Event::Wanted { streams, .. } => Some(streams[0].layer),
            _ => None,
        })
    };
    meeting.frames(&mut [&mut low], 0..20, &[0]);
    assert_eq!(wanted(&mut meeting), Some(Layer::Low));
    let (inlet, _reader) = tap(64);
    meeting.tap(&inlet, &["bob"]);
    meeting.pass(FRAME * 5);
    assert_eq!(wanted(&mut meeting), None);
    meeting.tap(&inlet, &["bob", "alice"]);
    meeting.pass(FRAME * 5);
    assert_eq!(wanted(&mut meeting), Some(Layer::High));
    meeting.command(Command::Untap { tap: inlet });
    meeting.frames(&mut [&mut low], 20..130, &[]);
    assert_eq!(wanted(&mut meeting), Some(Layer::Low));
}

#[test]
fn what_is_sent_again_fills_its_gap() {
    let mut meeting = Meeting::new();
    meeting.join("alice");
    let (inlet, mut reader) = tap(64);
    meeting.tap(&inlet, &["alice"]);
    let mut camera = sender("alice", Source::Video, Some(Layer::High));
    meeting.frames(&mut [&mut camera], 0..3, &[0]);
    meeting.sender_report(&camera);
    let lost = camera;
    camera.sequence = camera.sequence.wrapping_add(1);
    camera.timestamp = camera.timestamp.wrapping_add(TICKS);
    meeting.frames(&mut [&mut camera], 4..8, &[]);
    assert_eq!(contents(&meeting.read(&mut reader)), [0, 1, 2]);
    let again = Sender {
        ssrc: 9_999,
        payload_type: VP8_RTX,
        ..lost
    };
    let payload = [&lost.sequence.to_be_bytes()[..], &vp8_delta(3)].concat();
    meeting.packet(&again, true, &payload);
    let frames = meeting.read(&mut reader);
    assert_eq!(contents(&frames), [3, 4, 5, 6, 7]);
    assert!(frames.iter().all(|frame| !frame.after_gap));
}

#[test]
fn what_a_moderator_muted_is_not_copied() {
    let mut meeting = Meeting::new();
    meeting.join("alice");
    let (inlet, mut reader) = tap(64);
    meeting.tap(&inlet, &["alice"]);
    let mut voice = sender("alice", Source::Audio, None);
    meeting.frames(&mut [&mut voice], 0..2, &[]);
    meeting.sender_report(&voice);
    let muted = Publication {
        audio: false,
        ..Publication::ALL
    };
    meeting.command(Command::Publish {
        peer: "alice".parse().unwrap(),
        publication: muted,
    });
    meeting.frames(&mut [&mut voice], 2..9, &[]);
    assert_eq!(contents(&meeting.read(&mut reader)), [0, 1]);
}
