use proptest::prelude::*;

use super::*;
use crate::sfu::rtp::SenderClock;
use crate::sfu::tap::{FrameCodec, PacketRecord};
use crate::sfu::{Source, VideoCodec};

const RATE: u32 = 90_000;
/// Ticks of a picture's clock in a frame.
const TICKS: u32 = 3_000;
const STREAM: u32 = 7;

fn at(start: Instant, micros: i64) -> Instant {
    start + Duration::from_micros(u64::try_from(micros).unwrap())
}

fn began(stream: u32, source: Source, codec: FrameCodec) -> Record {
    Record::Began {
        stream,
        user: "alice".parse().unwrap(),
        source,
        codec,
    }
}

fn record(stream: u32, number: u16, timestamp: u32, arrived: Instant) -> PacketRecord {
    PacketRecord {
        stream,
        number,
        timestamp,
        marker: true,
        switched: false,
        red: false,
        arrived,
        length: 0,
    }
}

fn batch(records: impl IntoIterator<Item = Record>) -> Batch {
    let mut batch = Batch::default();
    batch.records.extend(records);
    batch
}

fn push(batch: &mut Batch, mut packet: PacketRecord, payload: &[u8]) {
    packet.length = payload.len();
    batch.push(packet, payload);
}

/// A moment in NTP format.
fn ntp(micros: i64) -> u64 {
    let micros = u128::try_from(micros).unwrap();
    u64::try_from((micros << 32) / 1_000_000 + 1).unwrap()
}

fn frames(assembler: &mut Assembler) -> Vec<EncodedFrame> {
    let frame = |event| match event {
        TapEvent::Frame(frame) => Some(frame),
        TapEvent::Lost { .. } | TapEvent::Ended => None,
    };
    std::iter::from_fn(|| assembler.pop())
        .filter_map(frame)
        .collect()
}

/// Pictures of one to three packets, each with its number and part in it; every `keys`th is a key frame.
struct Film {
    packets: Vec<(u16, u32, bool, Vec<u8>)>,
    pictures: Vec<Vec<u8>>,
    is_key: Vec<bool>,
}

impl Film {
    fn new(parts: &[usize], keys: usize) -> Self {
        let mut film = Self {
            packets: Vec::new(),
            pictures: Vec::new(),
            is_key: Vec::new(),
        };
        let mut number = 65_500_u16;
        for (picture, parts) in parts.iter().enumerate() {
            let is_key = picture % keys == 0;
            let mut whole = if is_key {
                vec![0x50, 0x2d, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1]
            } else {
                vec![0x31]
            };
            let id = u8::try_from(picture).unwrap();
            whole.extend([id; 30]);
            let chunk = whole.len().div_ceil(*parts);
            let chunks: Vec<_> = whole.chunks(chunk).collect();
            let timestamp = (u32::MAX - 9_000).wrapping_add(u32::from(id) * TICKS);
            for (part, bytes) in chunks.iter().enumerate() {
                let descriptor = if part == 0 { 0x10 } else { 0x00 };
                let payload = [&[descriptor], *bytes].concat();
                film.packets
                    .push((number, timestamp, part + 1 == chunks.len(), payload));
                number = number.wrapping_add(1);
            }
            film.pictures.push(whole);
            film.is_key.push(is_key);
        }
        film
    }
}

/// What happens to a packet on its way.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Comes,
    Lost,
    Twice,
    /// So many places later than its turn.
    Late(usize),
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        12 => Just(Fate::Comes),
        1 => Just(Fate::Lost),
        1 => Just(Fate::Twice),
        2 => (1usize..12).prop_map(Fate::Late),
    ]
}

proptest! {
    #[test]
    fn whatever_is_lost_or_late_only_decodable_pictures_come_and_in_order(
        parts in proptest::collection::vec(1usize..4, 1..60),
        keys in 2usize..12,
        fates in proptest::collection::vec(fate(), 180),
        drops in proptest::collection::vec(0usize..100, 0..2),
        size in 1usize..20,
    ) {
        let film = Film::new(&parts, keys);
        let start = Instant::now();
        let mut order: Vec<(usize, usize)> = Vec::new();
        for (place, fate) in (0..film.packets.len()).zip(fates) {
            match fate {
                Fate::Comes => order.push((place, place)),
                Fate::Lost => {}
                Fate::Twice => order.extend([(place, place), (place + 3, place)]),
                Fate::Late(by) => order.push((place + by, place)),
            }
        }
        order.sort_by_key(|(turn, _)| *turn);
        let mut assembler = Assembler::new(start, SystemTime::UNIX_EPOCH);
        assembler.batch(&batch([
            began(STREAM, Source::Video, FrameCodec::Video(VideoCodec::Vp8)),
            Record::Clock {
                stream: STREAM,
                clock: SenderClock { ntp: ntp(9_000_000_000), rtp: film.packets[0].1 },
                at: start,
            },
        ]));
        let mut shown = Vec::new();
        let mut came = Vec::new();
        let mut is_dropped = false;
        for (turn, some) in order.chunks(size).enumerate() {
            let mut copied = Batch::default();
            for (_, place) in some {
                let (number, timestamp, marker, payload) = &film.packets[*place];
                let moment = u64::from(timestamp.wrapping_sub(film.packets[0].1)) / 90;
                let mut packet = record(STREAM, *number, *timestamp, start + Duration::from_millis(moment));
                packet.marker = *marker;
                push(&mut copied, packet, payload);
            }
            if drops.contains(&turn) {
                // The reader did not keep up.
                copied.drop_packets();
                is_dropped = true;
            } else {
                came.extend(some.iter().map(|(_, place)| *place));
            }
            assembler.batch(&copied);
            shown.extend(frames(&mut assembler));
        }
        assembler.finish();
        shown.extend(frames(&mut assembler));
        let mut last: Option<(usize, SystemTime)> = None;
        for frame in &shown {
            let picture = usize::from(*frame.data.last().unwrap());
            prop_assert_eq!(&frame.data[..], &film.pictures[picture][..]);
            prop_assert_eq!(frame.key, film.is_key[picture]);
            prop_assert_eq!(frame.size, frame.key.then_some((640, 360)));
            let before = last.map(|(before, _)| before);
            // It is a beginning, or what it needs was there.
            prop_assert!(frame.key || before == Some(picture - 1));
            prop_assert!(before.is_none_or(|before| before < picture));
            prop_assert!(last.is_none_or(|(_, time)| time < frame.captured));
            if let Some(before) = before {
                prop_assert_eq!(frame.after_gap, before + 1 != picture, "{} after {}", picture, before);
            }
            last = Some((picture, frame.captured));
        }
        // Nothing that could be shown is missing, if nothing was dropped.
        let all: Vec<usize> = (0..film.packets.len()).collect();
        came.sort_unstable();
        came.dedup();
        if !is_dropped && came == all && order.first().is_some_and(|(_, place)| *place == 0) {
            prop_assert_eq!(shown.len(), film.pictures.len());
        }
    }

    #[test]
    fn sound_and_pictures_stay_together_whatever_clocks_do(
        parts_per_million in -150i64..150,
        skew in 0i64..4_000_000_000,
        jitter in proptest::collection::vec(0i64..40_000, 64),
    ) {
        let start = Instant::now();
        let mut assembler = Assembler::new(start, SystemTime::UNIX_EPOCH);
        let (picture, sound) = (1, 2);
        assembler.batch(&batch([
            began(picture, Source::Video, FrameCodec::Video(VideoCodec::Vp8)),
            began(sound, Source::Audio, FrameCodec::Opus),
        ]));
        let theirs = |ours: i64| skew + ours + ours * parts_per_million / 1_000_000;
        let ticks = |micros: i64, rate: u32| {
            u32::try_from(micros * i64::from(rate) / 1_000_000 % (1 << 32)).unwrap()
        };
        let mut jitter = jitter.into_iter().cycle();
        let mut way = |least: i64| least + jitter.next().unwrap();
        let mut number = 0;
        let mut both = Vec::new();
        for tenth in 0..600_i64 {
            let moment = tenth * 100_000;
            let stamp = theirs(moment);
            let mut copied = Batch::default();
            // Pictures take longer to be made; both are of the same moment.
            let came = at(start, moment + way(15_000));
            push(&mut copied, record(sound, number, ticks(stamp, 48_000), came), &[0]);
            let came = at(start, moment + way(60_000));
            push(&mut copied, record(picture, number, ticks(stamp, RATE), came), &vp8_key());
            number = number.wrapping_add(1);
            // Reports of each at other times, every two seconds and every five.
            for (stream, every, rate) in [(picture, 20, RATE), (sound, 50, 48_000)] {
                if tenth % every == 13 {
                    let reported = moment + 37_000;
                    let stamp = theirs(reported);
                    copied.records.push(Record::Clock {
                        stream,
                        clock: SenderClock { ntp: ntp(stamp), rtp: ticks(stamp, rate) },
                        at: at(start, reported + way(10_000)),
                    });
                }
            }
            assembler.batch(&copied);
            both.extend(frames(&mut assembler));
        }
        assembler.finish();
        both.extend(frames(&mut assembler));
        let of = |source: Source| {
            let times = both.iter().filter(move |frame| frame.source == source);
            times.map(|frame| i64::try_from(
                frame.captured.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros(),
            ).unwrap())
        };
        prop_assert_eq!((of(Source::Audio).count(), of(Source::Video).count()), (600, 600));
        for (tenth, (sound, picture)) in (0..).zip(of(Source::Audio).zip(of(Source::Video))) {
            let apart = (sound - picture).abs();
            prop_assert!(apart < 2_000, "{} µs apart after {} s", apart, tenth / 10);
            // On our clock: off by the way that packets take, whatever theirs does.
            let error = sound - tenth * 100_000;
            prop_assert!((-2_000..60_000).contains(&error), "{} µs off after {} s", error, tenth / 10);
        }
    }

    #[test]
    fn garbage_does_no_harm(
        records in proptest::collection::vec(
            (0u32..3, any::<u16>(), any::<u32>(), any::<u8>(), any::<u64>(), 0u64..3_000_000,
             proptest::collection::vec(any::<u8>(), 0..40)),
            0..200,
        ),
    ) {
        let start = Instant::now();
        let mut assembler = Assembler::new(start, SystemTime::UNIX_EPOCH);
        let codecs = VideoCodec::ALL.map(FrameCodec::Video).into_iter().chain([FrameCodec::Opus]);
        let codecs: Vec<_> = codecs.collect();
        let mut now = start;
        let mut latest: [Option<SystemTime>; Source::ALL.len()] = [None; Source::ALL.len()];
        for (stream, number, timestamp, flags, clock, wait, payload) in records {
            now += Duration::from_micros(wait);
            let mut copied = Batch::default();
            match flags % 16 {
                0 => copied.records.push(began(
                    stream,
                    Source::ALL[usize::from(number) % 4],
                    codecs[usize::from(flags >> 4) % codecs.len()],
                )),
                1 => copied.records.push(Record::Over { stream }),
                2 => copied.records.push(Record::Clock {
                    stream,
                    clock: SenderClock { ntp: clock, rtp: timestamp },
                    at: now,
                }),
                3 => copied.lost = 1,
                _ => {
                    let mut packet = record(stream, number % 64, timestamp, now);
                    packet.marker = flags & 0x10 != 0;
                    packet.red = flags & 0x20 != 0;
                    packet.switched = flags & 0xc0 == 0xc0;
                    push(&mut copied, packet, &payload);
                }
            }
            assembler.batch(&copied);
            assembler.poll(now);
            for frame in frames(&mut assembler) {
                prop_assert!(!frame.data.is_empty());
                let latest = &mut latest[frame.source.index()];
                prop_assert!(latest.is_none_or(|latest| latest < frame.captured));
                *latest = Some(frame.captured);
            }
            let deadline = assembler.deadline();
            prop_assert!(deadline.is_none_or(|deadline| deadline > now));
        }
        assembler.finish();
        prop_assert_eq!(std::iter::from_fn(|| assembler.pop()).last(), Some(TapEvent::Ended));
        prop_assert!(assembler.tracks.is_empty());
    }
}

fn vp8_key() -> Vec<u8> {
    vec![0x10, 0x50, 0x2d, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1]
}

#[test]
fn what_waits_goes_out_when_nothing_comes_any_more() {
    let start = Instant::now();
    let mut assembler = Assembler::new(start, SystemTime::UNIX_EPOCH);
    let mut copied = batch([began(
        STREAM,
        Source::Video,
        FrameCodec::Video(VideoCodec::Vp8),
    )]);
    push(&mut copied, record(STREAM, 0, 0, start), &vp8_key());
    push(&mut copied, record(STREAM, 2, 6_000, start), &vp8_key());
    assembler.batch(&copied);
    let repaired = assembler.deadline().unwrap();
    assembler.poll(repaired);
    assert_eq!(frames(&mut assembler), []);
    let reported = assembler.deadline().unwrap();
    assert!(repaired < reported);
    assembler.poll(reported);
    let told = frames(&mut assembler);
    assert_eq!(
        told.iter().map(|frame| frame.after_gap).collect::<Vec<_>>(),
        [false, true]
    );
    assert_eq!(assembler.deadline(), None);
}

#[test]
fn a_key_frame_that_is_needed_is_asked_for_again_and_again() {
    let start = Instant::now();
    let mut assembler = Assembler::new(start, SystemTime::UNIX_EPOCH);
    let mut copied = batch([began(
        STREAM,
        Source::Video,
        FrameCodec::Video(VideoCodec::Vp8),
    )]);
    let mut asked = Vec::new();
    for number in 0..20_u16 {
        let millis = u64::from(number) * 100;
        let packet = record(
            STREAM,
            number,
            u32::from(number),
            start + Duration::from_millis(millis),
        );
        let payload = if number == 13 {
            vp8_key()
        } else {
            vec![0x10, 0x31]
        };
        push(&mut copied, packet, &payload);
        assembler.batch(&copied);
        copied.clear();
        asked.extend(assembler.asks().map(|_| number));
    }
    assert_eq!(asked, [2, 7, 12]);
}

#[test]
fn redundant_sound_fills_its_gaps() {
    let start = Instant::now();
    let mut assembler = Assembler::new(start, SystemTime::UNIX_EPOCH);
    let mut copied = batch([
        began(STREAM, Source::Audio, FrameCodec::Opus),
        Record::Clock {
            stream: STREAM,
            clock: SenderClock {
                ntp: ntp(1_000_000),
                rtp: 0,
            },
            at: start,
        },
    ]);
    for number in [0_u8, 2, 5] {
        let payload = [0xef, 0x0f, 0x00, 1, 0x6f, number.wrapping_sub(1), number];
        let timestamp = u32::from(number) * 960;
        let arrived = start + Duration::from_millis(u64::from(number) * 20);
        let mut packet = record(STREAM, u16::from(number), timestamp, arrived);
        packet.red = true;
        push(&mut copied, packet, &payload);
    }
    assembler.batch(&copied);
    assembler.finish();
    let told = frames(&mut assembler);
    let heard: Vec<_> = told
        .iter()
        .map(|frame| (frame.data[0], frame.after_gap))
        .collect();
    assert_eq!(
        heard,
        [(0, false), (1, false), (2, false), (4, true), (5, false)]
    );
    let distance = told[1].captured.duration_since(told[0].captured).unwrap();
    assert!(distance.abs_diff(Duration::from_millis(20)) < Duration::from_micros(10));
}
