use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::sfu::rtp::SequenceExtender;

const RATE: u32 = 90_000;
/// Time between two pictures.
const PERIOD: Duration = Duration::from_millis(40);
const PERIOD_TICKS: u32 = 3_600;
/// Temporal layers of four pictures.
const PATTERN: [u8; 4] = [0, 2, 1, 2];

/// What happens while one picture is sent in three layers.
#[derive(Debug, Clone)]
struct Step {
    sizes: [u8; 3],
    key: [bool; 3],
    fates: Vec<Fate>,
    order: Option<Order>,
}

#[derive(Debug, Clone, Copy)]
enum Fate {
    Comes,
    Lost,
    /// So many pictures later.
    Late(usize),
    Twice,
}

#[derive(Debug, Clone, Copy)]
enum Order {
    Switch(Layer),
    Pause,
    Limit(Option<u8>),
}

fn steps(lossy: bool) -> impl Strategy<Value = Vec<Step>> {
    let fate = if lossy {
        prop_oneof![
            12 => Just(Fate::Comes),
            2 => Just(Fate::Lost),
            1 => (0usize..4).prop_map(Fate::Late),
            1 => Just(Fate::Twice),
        ]
        .boxed()
    } else {
        Just(Fate::Comes).boxed()
    };
    let order = prop_oneof![
        20 => Just(None),
        4 => proptest::sample::select(Layer::ALL.as_slice()).prop_map(|l| Some(Order::Switch(l))),
        1 => Just(Some(Order::Pause)),
        3 => proptest::option::of(0u8..3).prop_map(|l| Some(Order::Limit(l))),
    ];
    let key = || proptest::bool::weighted(0.2);
    let step = (
        [1u8..5, 1u8..4, 1u8..3],
        [key(), key(), key()],
        proptest::collection::vec(fate, 12),
        order,
    );
    proptest::collection::vec(
        step.prop_map(|(sizes, key, fates, order)| Step {
            sizes,
            key,
            fates,
            order,
        }),
        1..120,
    )
}

/// One layer as its encoder sends it. Every count begins just before it wraps.
struct Encoder {
    sequence: u64,
    timestamp: u32,
    picture_id: u16,
    tl0_index: u8,
}

impl Encoder {
    fn new(layer: Layer) -> Self {
        let index = u16::try_from(layer.index()).unwrap();
        Self {
            sequence: 0x1_0000 + 65_500 + u64::from(index),
            timestamp: u32::MAX - 40_000 + 7_919 * u32::from(index),
            picture_id: 0x7ff0 + index,
            tl0_index: 250 + u8::try_from(index).unwrap(),
        }
    }

    fn first_timestamp(layer: Layer) -> u32 {
        Self::new(layer).timestamp
    }
}

#[derive(Debug, Clone)]
struct Sent {
    layer: Layer,
    sequence: u64,
    timestamp: u32,
    frame: usize,
    temporal_id: u8,
    bytes: Vec<u8>,
}

/// The packets in the order in which they arrive, with the order given before.
fn arrivals(steps: &[Step]) -> Vec<(usize, Option<Order>, Vec<Sent>)> {
    let mut encoders = Layer::ALL.map(Encoder::new);
    let mut late: BTreeMap<usize, Vec<Sent>> = BTreeMap::new();
    let mut out = Vec::new();
    for (frame, step) in steps.iter().enumerate() {
        let mut packets = late.remove(&frame).unwrap_or_default();
        let mut fates = step.fates.iter().copied();
        let temporal_id = PATTERN[frame % PATTERN.len()];
        for layer in Layer::ALL {
            let encoder = &mut encoders[layer.index()];
            let key = step.key[layer.index()] && temporal_id == 0;
            encoder.picture_id = (encoder.picture_id + 1) & 0x7fff;
            if temporal_id == 0 {
                encoder.tl0_index = encoder.tl0_index.wrapping_add(1);
            }
            for part in 0..step.sizes[layer.index()] {
                let packet = Sent {
                    layer,
                    sequence: encoder.sequence,
                    timestamp: encoder.timestamp,
                    frame,
                    temporal_id,
                    bytes: vp8(encoder, temporal_id, key, part),
                };
                encoder.sequence += 1;
                match fates.next().unwrap() {
                    Fate::Comes => packets.push(packet),
                    Fate::Lost => {}
                    Fate::Late(frames) => late.entry(frame + frames).or_default().push(packet),
                    Fate::Twice => packets.extend([packet.clone(), packet]),
                }
            }
            encoder.timestamp = encoder.timestamp.wrapping_add(PERIOD_TICKS);
        }
        packets.extend(late.remove(&frame).unwrap_or_default());
        out.push((frame, step.order, packets));
    }
    out
}

fn vp8(encoder: &Encoder, temporal_id: u8, key: bool, part: u8) -> Vec<u8> {
    let [high, low] = encoder.picture_id.to_be_bytes();
    let begins = if part == 0 { 0x10 } else { 0 };
    // The first of the upper pictures of the pattern depends on the lowest layer only.
    let sync = if temporal_id == 1 { 0x20 } else { 0 };
    let layer = temporal_id << 6 | sync;
    let mut bytes = vec![
        0x80 | begins,
        0xe0,
        0x80 | high,
        low,
        encoder.tl0_index,
        layer,
    ];
    let tag = if key { 0x50 } else { 0x51 };
    bytes.extend([tag, 0, 0, 0x9d, 0x01, 0x2a, part]);
    bytes
}

fn incoming(packet: &Sent, arrived: Instant, with_reports: bool) -> IncomingPacket {
    let info = PayloadInfo::read(Some(VideoCodec::Vp8), &packet.bytes);
    assert_eq!(info.temporal_id, Some(packet.temporal_id));
    // Every layer reports the moment of the first picture.
    let clock = with_reports.then(|| SenderClock {
        ntp: 0xe000_0000_0000_0000,
        rtp: Encoder::first_timestamp(packet.layer),
    });
    IncomingPacket {
        layer: packet.layer,
        sequence: packet.sequence,
        timestamp: packet.timestamp,
        arrived,
        clock,
        payload: info,
    }
}

/// What a packet looked like to the receiver.
#[derive(Debug, Clone, Copy)]
struct Seen {
    number: u64,
    timestamp: u32,
    picture_id: u16,
    tl0_index: u8,
    frame: usize,
}

fn seen(packet: &Sent, rewritten: &Rewritten, number: u64) -> Seen {
    let mut bytes = packet.bytes.clone();
    rewritten.patch.apply(&mut bytes);
    let info = PayloadInfo::read(Some(VideoCodec::Vp8), &bytes);
    assert_eq!(bytes[5..], packet.bytes[5..]);
    Seen {
        number,
        timestamp: rewritten.timestamp,
        picture_id: info.picture_id.unwrap().value,
        tl0_index: info.tl0_picture_index.unwrap().value,
        frame: packet.frame,
    }
}

/// Writes down everything about the segment that is being sent, and says what must come next.
struct Model {
    layer: Layer,
    /// The latest packet that was the highest so far, and whether it was left out.
    highest: (u64, usize, bool),
    /// Out of missing packets since the latest one that was sent on.
    missing: u64,
    left_out_frames: HashSet<usize>,
    latest: Seen,
    by_frame: HashMap<usize, Seen>,
    delivered: HashSet<u64>,
}

impl Model {
    fn begin(packet: &Sent, seen: Seen) -> Self {
        Self {
            layer: packet.layer,
            highest: (packet.sequence, packet.frame, false),
            missing: 0,
            left_out_frames: HashSet::new(),
            latest: seen,
            by_frame: HashMap::from([(packet.frame, seen)]),
            delivered: HashSet::from([packet.sequence]),
        }
    }

    fn note_gap(&mut self, packet: &Sent, left_out: bool) {
        let (highest, frame, was_left_out) = self.highest;
        let inside_left_out = was_left_out && left_out && frame == packet.frame;
        if !inside_left_out {
            self.missing += packet.sequence - highest - 1;
        }
        self.highest = (packet.sequence, packet.frame, left_out);
    }
}

struct Checker {
    rewriter: Rewriter,
    receiver: SequenceExtender,
    model: Option<Model>,
    numbers: HashMap<u64, (Layer, u64, Rewritten)>,
    /// The latest ever: timestamp, picture id, index.
    latest: Option<Seen>,
    /// Frame and timestamp of the first packet.
    first: Option<(usize, u32)>,
    limit: (usize, u8),
    with_reports: bool,
}

impl Checker {
    fn new(with_reports: bool) -> Self {
        Self {
            rewriter: Rewriter::new(Some(VideoCodec::Vp8), RATE),
            receiver: SequenceExtender::default(),
            model: None,
            numbers: HashMap::new(),
            latest: None,
            first: None,
            limit: (0, u8::MAX),
            with_reports,
        }
    }

    fn order(&mut self, frame: usize, order: Order) {
        match order {
            Order::Switch(layer) => {
                self.rewriter.switch_to(layer);
                assert!(self.rewriter.waits_for().is_none_or(|waits| waits == layer));
            }
            Order::Pause => {
                self.rewriter.pause();
                self.model = None;
                assert_eq!(self.rewriter.current(), None);
                assert_eq!(self.rewriter.waits_for(), None);
            }
            Order::Limit(limit) => {
                self.rewriter.limit_temporal(limit);
                self.limit = (frame, limit.unwrap_or(u8::MAX));
            }
        }
    }

    fn packet(&mut self, packet: &Sent, arrived: Instant) {
        let input = incoming(packet, arrived, self.with_reports);
        let waits_for = self.rewriter.waits_for();
        let verdict = self.rewriter.rewrite(&input);
        match verdict {
            Verdict::Forward(rewritten) => {
                let number = self.receiver.extend(rewritten.sequence_number);
                let seen = seen(packet, &rewritten, number);
                let known = (packet.layer, packet.sequence, rewritten);
                assert!(
                    self.numbers.insert(number, known).is_none(),
                    "{number} twice"
                );
                if rewritten.switched {
                    assert_eq!(waits_for, Some(packet.layer));
                    assert!(input.payload.starts_key_frame);
                    self.switched(packet, seen);
                } else {
                    self.sent(packet, seen);
                }
                self.asked_again(packet, &input, &rewritten);
            }
            Verdict::Drop(reason) => self.dropped(packet, &input, waits_for, reason),
        }
    }

    fn switched(&mut self, packet: &Sent, seen: Seen) {
        if let (Some(latest), Some(model)) = (self.latest, &self.model) {
            // What is missing at the end of the old layer keeps its place, if it was noticed.
            let expected = latest.number + 1 + model.missing;
            assert_eq!(seen.number, expected);
        }
        if let Some(latest) = self.latest {
            let ahead = seen.timestamp.wrapping_sub(latest.timestamp).cast_signed();
            assert!(ahead > 0, "time went back by {ahead}");
            assert_eq!(seen.picture_id, (latest.picture_id + 1) & 0x7fff);
            assert_eq!(seen.tl0_index, latest.tl0_index.wrapping_add(1));
        }
        self.check_time(seen, self.latest);
        self.model = Some(Model::begin(packet, seen));
        self.latest = Some(seen);
    }

    fn sent(&mut self, packet: &Sent, seen: Seen) {
        let limit = self.limit;
        let model = self.model.as_mut().expect("something is being sent");
        assert_eq!(model.layer, packet.layer);
        assert!(
            model.delivered.insert(packet.sequence),
            "a duplicate was sent on"
        );
        let of_its_frame = *model.by_frame.entry(packet.frame).or_insert(seen);
        assert_eq!(seen.timestamp, of_its_frame.timestamp);
        assert_eq!(seen.picture_id, of_its_frame.picture_id);
        assert_eq!(seen.tl0_index, of_its_frame.tl0_index);
        if packet.sequence < model.highest.0 {
            return;
        }
        if packet.frame >= limit.0 {
            assert!(packet.temporal_id <= limit.1);
        }
        model.note_gap(packet, false);
        let before = model.latest;
        assert_eq!(seen.number, before.number + 1 + model.missing);
        model.missing = 0;
        let frames = u32::try_from(seen.frame - before.frame).unwrap();
        assert_eq!(
            seen.timestamp.wrapping_sub(before.timestamp),
            frames * PERIOD_TICKS
        );
        let between = before.frame + 1..=seen.frame;
        let pictures = between
            .clone()
            .filter(|frame| !model.left_out_frames.contains(frame))
            .count();
        assert_eq!(
            usize::from(seen.picture_id.wrapping_sub(before.picture_id) & 0x7fff),
            pictures
        );
        let lowest = between.filter(|frame| PATTERN[frame % 4] == 0).count();
        assert_eq!(
            usize::from(seen.tl0_index.wrapping_sub(before.tl0_index)),
            lowest
        );
        model.latest = seen;
        self.latest = Some(seen);
    }

    fn dropped(
        &mut self,
        packet: &Sent,
        input: &IncomingPacket,
        waits_for: Option<Layer>,
        reason: DropReason,
    ) {
        let Some(model) = self
            .model
            .as_mut()
            .filter(|model| model.layer == packet.layer)
        else {
            let expected = match waits_for {
                Some(layer) if layer == packet.layer => {
                    assert!(!input.payload.starts_key_frame);
                    DropReason::WaitsForKeyFrame
                }
                _ => DropReason::NotSelected,
            };
            assert_eq!(reason, expected);
            return;
        };
        match reason {
            DropReason::TemporalLayer => {
                if packet.sequence > model.highest.0 {
                    assert!(packet.temporal_id > 0);
                    model.note_gap(packet, true);
                }
                model.left_out_frames.insert(packet.frame);
            }
            DropReason::Duplicate => assert!(model.delivered.contains(&packet.sequence)),
            DropReason::Late => assert!(packet.sequence < model.highest.0),
            other => panic!("{other:?} while its layer is sent"),
        }
    }

    /// With Sender Reports, a picture has the time when it was taken, or comes just behind the latest if that is later:
    /// however often was switched, nothing adds up.
    fn check_time(&mut self, seen: Seen, latest: Option<Seen>) {
        let (frame, first) = *self.first.get_or_insert((seen.frame, seen.timestamp));
        let frame = u32::try_from(seen.frame)
            .unwrap()
            .wrapping_sub(u32::try_from(frame).unwrap());
        let taken = first.wrapping_add(frame.wrapping_mul(PERIOD_TICKS));
        let earliest = latest.map_or(taken, |latest| latest.timestamp.wrapping_add(1));
        let ahead = earliest.wrapping_sub(taken).cast_signed().max(0);
        let off = seen.timestamp.wrapping_sub(taken).cast_signed();
        // The report's clock is rounded to ticks.
        assert!(
            !self.with_reports || (off - ahead).abs() <= 2,
            "{off} ticks off, not {ahead}"
        );
    }

    fn asked_again(&mut self, packet: &Sent, input: &IncomingPacket, rewritten: &Rewritten) {
        let original = self.rewriter.lookup(rewritten.sequence_number).unwrap();
        assert_eq!(original.layer, packet.layer);
        assert_eq!(original.sequence, packet.sequence);
        let again = self
            .rewriter
            .rewrite_again(rewritten.sequence_number, input)
            .unwrap();
        let expected = Rewritten {
            switched: false,
            ..*rewritten
        };
        assert_eq!(again, expected);
    }
}

fn run(steps: &[Step], with_reports: bool) -> Checker {
    let start = Instant::now();
    let mut checker = Checker::new(with_reports);
    checker.rewriter.switch_to(Layer::Low);
    for (frame, order, packets) in arrivals(steps) {
        if let Some(order) = order {
            checker.order(frame, order);
        }
        let arrived = start + PERIOD * u32::try_from(frame).unwrap();
        for packet in packets {
            checker.packet(&packet, arrived);
        }
    }
    checker
}

proptest! {
    #[test]
    fn a_receiver_sees_one_sender_whatever_happens(steps in steps(true), reports in any::<bool>()) {
        run(&steps, reports);
    }

    #[test]
    fn without_loss_no_number_is_missing(steps in steps(false)) {
        let checker = run(&steps, true);
        let numbers: Vec<u64> = checker.numbers.keys().copied().collect();
        if let (Some(first), Some(last)) = (numbers.iter().min(), numbers.iter().max()) {
            prop_assert_eq!(last - first + 1, numbers.len() as u64);
        }
    }

    #[test]
    fn every_number_of_the_last_thousand_leads_back_to_its_packet(steps in steps(true)) {
        let mut checker = run(&steps, true);
        let numbers = std::mem::take(&mut checker.numbers);
        let highest = numbers.keys().max().copied().unwrap_or(0);
        for (number, (layer, sequence, rewritten)) in &numbers {
            let found = checker.rewriter.lookup(rewritten.sequence_number);
            if highest - number < SENT_VIDEO as u64 {
                let original = Original { layer: *layer, sequence: *sequence };
                prop_assert_eq!(found, Some(original));
            }
        }
    }
}

fn sound(sequence: u64, timestamp: u32, arrived: Instant) -> IncomingPacket {
    IncomingPacket {
        layer: Layer::High,
        sequence,
        timestamp,
        arrived,
        clock: None,
        payload: PayloadInfo::read(None, &[0x78]),
    }
}

fn picture(layer: Layer, sequence: u64, timestamp: u32, key: bool) -> IncomingPacket {
    let payload: &[u8] = if key { &[0x67, 0x42] } else { &[0x41, 1] };
    IncomingPacket {
        layer,
        payload: PayloadInfo::read(Some(VideoCodec::H264), payload),
        ..sound(sequence, timestamp, Instant::now())
    }
}

fn forwarded(verdict: Verdict) -> Rewritten {
    match verdict {
        Verdict::Forward(rewritten) => rewritten,
        Verdict::Drop(reason) => panic!("dropped: {reason:?}"),
    }
}

fn number(verdict: Verdict) -> u16 {
    forwarded(verdict).sequence_number
}

#[test]
fn sound_begins_at_once_and_goes_on_after_it_was_muted() {
    let start = Instant::now();
    let mut rewriter = Rewriter::new(None, 48_000);
    let first = sound(0x1_0005, 1_000, start);
    assert_eq!(
        rewriter.rewrite(&first),
        Verdict::Drop(DropReason::NotSelected)
    );
    rewriter.switch_to(Layer::High);
    let sent = forwarded(rewriter.rewrite(&first));
    assert!(sent.switched);
    // Discontinuous transmission: time goes on, numbers follow each other.
    let later = start + Duration::from_millis(400);
    let silence = forwarded(rewriter.rewrite(&sound(0x1_0006, 20_200, later)));
    assert_eq!(silence.sequence_number, sent.sequence_number + 1);
    assert_eq!(silence.timestamp.wrapping_sub(sent.timestamp), 19_200);
    // Ten packets are not sent on: no gap, and the time is right.
    rewriter.pause();
    let muted = sound(0x1_0007, 21_160, later);
    assert_eq!(
        rewriter.rewrite(&muted),
        Verdict::Drop(DropReason::NotSelected)
    );
    rewriter.switch_to(Layer::High);
    let again = start + Duration::from_millis(620);
    let back = forwarded(rewriter.rewrite(&sound(0x1_0011, 30_760, again)));
    assert_eq!(back.sequence_number, silence.sequence_number + 1);
    assert_eq!(
        back.timestamp.wrapping_sub(silence.timestamp),
        30_760 - 20_200
    );
    assert_eq!(rewriter.rewrite(&muted), Verdict::Drop(DropReason::Late));
}

#[test]
fn the_old_layer_goes_on_until_a_key_frame_of_the_new_one() {
    let mut rewriter = Rewriter::new(Some(VideoCodec::H264), RATE);
    rewriter.switch_to(Layer::Low);
    assert_eq!(rewriter.waits_for(), Some(Layer::Low));
    let first = number(rewriter.rewrite(&picture(Layer::Low, 100, 0, true)));
    rewriter.switch_to(Layer::High);
    assert_eq!(
        rewriter.rewrite(&picture(Layer::High, 900, 77, false)),
        Verdict::Drop(DropReason::WaitsForKeyFrame)
    );
    assert_eq!(
        number(rewriter.rewrite(&picture(Layer::Low, 101, 3_000, false))),
        first + 1
    );
    assert_eq!(rewriter.current(), Some(Layer::Low));
    let switched = forwarded(rewriter.rewrite(&picture(Layer::High, 901, 3_077, true)));
    assert!(switched.switched);
    assert_eq!(switched.sequence_number, first + 2);
    assert_eq!(rewriter.current(), Some(Layer::High));
    assert_eq!(rewriter.waits_for(), None);
    assert_eq!(
        rewriter.rewrite(&picture(Layer::Low, 102, 6_000, false)),
        Verdict::Drop(DropReason::NotSelected)
    );
    // Of before the switch.
    assert_eq!(
        rewriter.rewrite(&picture(Layer::High, 900, 77, false)),
        Verdict::Drop(DropReason::Late)
    );
    // Switching back before it is done changes nothing.
    rewriter.switch_to(Layer::Low);
    rewriter.switch_to(Layer::High);
    assert_eq!(rewriter.waits_for(), None);
}

#[test]
fn what_came_before_its_key_frame_is_sent_when_it_is_asked_for() {
    let mut rewriter = Rewriter::new(Some(VideoCodec::H264), RATE);
    rewriter.switch_to(Layer::Low);
    let early = picture(Layer::Low, 101, 9, false);
    assert_eq!(
        rewriter.rewrite(&early),
        Verdict::Drop(DropReason::WaitsForKeyFrame)
    );
    let first = number(rewriter.rewrite(&picture(Layer::Low, 100, 9, true)));
    assert_eq!(
        number(rewriter.rewrite(&picture(Layer::Low, 103, 9, false))),
        first + 3
    );
    let original = rewriter.lookup(first + 1).unwrap();
    assert_eq!((original.layer, original.sequence), (Layer::Low, 101));
    let again = rewriter.rewrite_again(first + 1, &early).unwrap();
    assert_eq!(again.sequence_number, first + 1);
    // From now on it is one that was sent.
    assert_eq!(rewriter.rewrite_again(first + 1, &early), Some(again));
    assert_eq!(
        rewriter.rewrite(&early),
        Verdict::Drop(DropReason::Duplicate)
    );
    // Another packet does not take its place.
    let other = picture(Layer::Low, 102, 9, false);
    assert_eq!(rewriter.rewrite_again(first + 1, &other), None);
    assert_eq!(rewriter.lookup(first + 4), None);
}

#[test]
fn padding_is_left_out() {
    let mut rewriter = Rewriter::new(Some(VideoCodec::H264), RATE);
    rewriter.switch_to(Layer::Low);
    let first = number(rewriter.rewrite(&picture(Layer::Low, 100, 9, true)));
    let probe = IncomingPacket {
        payload: PayloadInfo::read(Some(VideoCodec::H264), &[]),
        ..picture(Layer::Low, 101, 9, false)
    };
    assert_eq!(rewriter.rewrite(&probe), Verdict::Drop(DropReason::Empty));
    assert_eq!(
        number(rewriter.rewrite(&picture(Layer::Low, 102, 9, false))),
        first + 1
    );
}

#[test]
fn a_layer_that_begins_anew_goes_on_with_a_key_frame() {
    let mut rewriter = Rewriter::new(Some(VideoCodec::H264), RATE);
    rewriter.switch_to(Layer::Low);
    let first = forwarded(rewriter.rewrite(&picture(Layer::Low, 100, 9, true)));
    rewriter.restarted(Layer::Low);
    assert_eq!(rewriter.lookup(first.sequence_number), None);
    assert_eq!(rewriter.waits_for(), Some(Layer::Low));
    let second = forwarded(rewriter.rewrite(&picture(Layer::Low, 70_000, 4_000_000_000, true)));
    assert_eq!(second.sequence_number, first.sequence_number + 1);
    assert!(second.timestamp.wrapping_sub(first.timestamp) < RATE);
}

#[test]
fn reports_are_mapped_while_their_layer_is_sent() {
    let mut rewriter = Rewriter::new(Some(VideoCodec::H264), RATE);
    rewriter.switch_to(Layer::Low);
    assert_eq!(rewriter.map_timestamp(Layer::Low, 5), None);
    rewriter.rewrite(&picture(Layer::Low, 100, 50_000, true));
    rewriter.switch_to(Layer::High);
    let high = picture(Layer::High, 7, 900, true);
    let sent = forwarded(rewriter.rewrite(&high));
    assert_eq!(
        rewriter.map_timestamp(Layer::High, 800),
        Some(sent.timestamp - 100)
    );
    assert_eq!(rewriter.map_timestamp(Layer::Low, 5), None);
}

proptest! {
    #[test]
    fn packets_that_make_no_sense_do_no_harm(
        packets in proptest::collection::vec(
            (
                (0usize..3, any::<u16>(), any::<u32>(), any::<Option<(u64, u32)>>()),
                proptest::sample::select(VideoCodec::ALL.as_slice()),
                proptest::collection::vec(any::<u8>(), 0..10),
                0u8..30,
            ),
            0..200,
        ),
    ) {
        let start = Instant::now();
        let mut rewriter = Rewriter::new(Some(VideoCodec::Vp9), RATE);
        let mut extenders = [SequenceExtender::default(); 3];
        rewriter.switch_to(Layer::Low);
        for (millis, packet) in (0..).step_by(7).zip(packets) {
            let ((layer, sequence, timestamp, clock), codec, mut payload, order) = packet;
            match order {
                0..=2 => rewriter.switch_to(Layer::ALL[usize::from(order)]),
                3 => rewriter.pause(),
                4 => rewriter.restarted(Layer::ALL[layer]),
                5..=8 => rewriter.limit_temporal(Some(order - 5)),
                _ => {}
            }
            let input = IncomingPacket {
                layer: Layer::ALL[layer],
                sequence: extenders[layer].extend(sequence),
                timestamp,
                arrived: start + Duration::from_millis(millis),
                clock: clock.map(|(ntp, rtp)| SenderClock { ntp, rtp }),
                payload: PayloadInfo::read(Some(codec), &payload),
            };
            if let Verdict::Forward(rewritten) = rewriter.rewrite(&input) {
                rewritten.patch.apply(&mut payload);
                let original = rewriter.lookup(rewritten.sequence_number);
                prop_assert_eq!(original.map(|found| found.sequence), Some(input.sequence));
                prop_assert!(rewriter.rewrite_again(rewritten.sequence_number, &input).is_some());
            }
            let _ = rewriter.lookup(sequence);
            let _ = rewriter.rewrite_again(sequence, &input);
        }
    }
}
