//! Files that are cut, filled with garbage, or whose disk is full; read back by a parser that shares no code with the writer.

use std::io::Cursor;
use std::time::{Duration, SystemTime};

use matroska_demuxer::{Frame, MatroskaFile};
use proptest::prelude::*;

use super::{Closed, WebmFile, close_left};
use crate::Codec;
use crate::codec::Beginning;
use crate::disk::memory::{Memory, Step};

/// A frame of a file.
#[derive(Clone, PartialEq, Eq)]
struct Sample {
    at_ms: u64,
    is_key: bool,
    data: Vec<u8>,
}

impl std::fmt::Debug for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = if self.is_key { "key" } else { "" };
        write!(f, "{}{key}+{}", self.at_ms, self.data.len())
    }
}

/// A packet that plays for 20 ms.
fn packet(at_ms: u64, length: usize) -> Sample {
    let mut data = vec![u8::try_from(at_ms % 251).unwrap(); length + 1];
    data[0] = 31 << 3;
    Sample {
        at_ms,
        is_key: true,
        data,
    }
}

/// What looks like VP8, with a size in key frames.
fn picture(at_ms: u64, is_key: bool, length: usize) -> Sample {
    let mut data = vec![u8::try_from(at_ms % 251).unwrap(); length + 10];
    data[0] = u8::from(!is_key);
    data[3..10].copy_from_slice(&[0x9D, 0x01, 0x2A, 0x80, 0x02, 0xE0, 0x01]);
    Sample {
        at_ms,
        is_key,
        data,
    }
}

fn begun(codec: Codec, medium: &Memory) -> WebmFile {
    let beginning =
        crate::codec::beginning(codec, &picture(0, true, 0).data).unwrap_or(Beginning {
            private: None,
            size: None,
        });
    WebmFile::new(medium.boxed(), codec, &beginning, SystemTime::UNIX_EPOCH, 7).unwrap()
}

/// What the other parser finds in a file that is finished, and its duration in milliseconds.
fn read(bytes: &[u8]) -> (Vec<Sample>, f64) {
    let mut file = MatroskaFile::open(Cursor::new(bytes)).expect("a file of Matroska");
    let duration = file.info().duration().expect("a duration");
    let mut samples = Vec::new();
    let mut frame = Frame::default();
    while file.next_frame(&mut frame).expect("whole frames only") {
        let is_key = frame.is_keyframe.unwrap();
        samples.push(Sample {
            at_ms: frame.timestamp,
            is_key,
            data: frame.data.clone(),
        });
    }
    (samples, duration)
}

/// Closes what was left, and says what is in it.
fn recovered(medium: &Memory) -> (Vec<Sample>, Option<Closed>) {
    let closed = close_left(medium.boxed()).unwrap();
    let Some(closed) = closed else {
        return (Vec::new(), None);
    };
    let bytes = medium.bytes();
    let (samples, duration) = read(&bytes);
    assert!(closed.error.is_none());
    assert_eq!(closed.bytes, bytes.len() as u64);
    assert_eq!(closed.frames, samples.len() as u64);
    let nanos = Duration::from_millis(closed.duration_ms).as_secs_f64() * 1e9;
    assert!(
        (duration * 1e6 - nanos).abs() < 0.5,
        "{duration} {closed:?}"
    );
    // Nothing is left to be done.
    let again = close_left(medium.boxed()).unwrap().unwrap();
    assert!(again.was_finished && medium.bytes() == bytes);
    (samples, Some(closed))
}

/// A file of these samples, and how long it was when each of them was written.
fn live(codec: Codec, samples: &[Sample]) -> (WebmFile, Memory, Vec<usize>) {
    let medium = Memory::default();
    let mut file = begun(codec, &medium);
    let mut ends = Vec::new();
    for sample in samples {
        file.add(sample.at_ms, sample.is_key, &sample.data).unwrap();
        file.flush().unwrap();
        ends.push(medium.bytes().len());
    }
    (file, medium, ends)
}

/// Sound with a pause of three hours, in frames of some milliseconds to some hundred.
fn sound() -> Vec<Sample> {
    let spaces = (0..40).map(|n| {
        if n == 25 {
            3 * 3_600_000
        } else {
            20 + (n % 7) * 90
        }
    });
    let mut at = 0;
    spaces
        .enumerate()
        .map(|(n, space)| {
            let sample = packet(at, n * 3 % 40);
            at += space;
            sample
        })
        .collect()
}

fn pictures() -> Vec<Sample> {
    (0..60)
        .map(|n| picture(n * 40, n % 17 == 0, usize::try_from(n).unwrap() * 5 % 60))
        .collect()
}

#[test]
fn every_beginning_keeps_every_whole_frame() {
    for (codec, samples) in [(Codec::Opus, sound()), (Codec::Vp8, pictures())] {
        let (file, medium, ends) = live(codec, &samples);
        let growing = medium.bytes();
        file.close().unwrap().unwrap();
        let finished = medium.bytes();
        assert!(finished.len() > growing.len());
        for bytes in [growing, finished] {
            for length in 0..=bytes.len() {
                let whole = ends.iter().take_while(|end| **end <= length).count();
                let (kept, _) = recovered(&Memory::of(&bytes[..length]));
                assert_eq!(kept, samples[..whole], "{codec:?} cut at {length}");
            }
        }
    }
}

#[test]
fn every_beginning_can_be_gone_on_with() {
    for (codec, samples) in [(Codec::Opus, sound()), (Codec::Vp8, pictures())] {
        let (file, medium, ends) = live(codec, &samples);
        file.close().unwrap().unwrap();
        let bytes = medium.bytes();
        let last = picture(900_000_000, true, 30);
        for length in 0..=bytes.len() {
            let whole = ends.iter().take_while(|end| **end <= length).count();
            let medium = Memory::of(&bytes[..length]);
            let resumed = WebmFile::resumed(medium.boxed()).unwrap();
            assert_eq!(resumed.is_some(), whole > 0, "{codec:?} cut at {length}");
            let Some(mut file) = resumed else { continue };
            assert_eq!(file.last_ms(), Some(samples[whole - 1].at_ms));
            file.add(last.at_ms, last.is_key, &last.data).unwrap();
            file.flush().unwrap();
            // As it is now, and closed.
            let left = Memory::of(&medium.bytes());
            file.close().unwrap().unwrap();
            let expected = [&samples[..whole], std::slice::from_ref(&last)].concat();
            assert_eq!(recovered(&left).0, expected, "{codec:?} cut at {length}");
            assert_eq!(
                read(&medium.bytes()).0,
                expected,
                "{codec:?} cut at {length}"
            );
        }
    }
}

#[test]
fn closing_after_a_crash_makes_the_same_file() {
    for (codec, samples) in [(Codec::Opus, sound()), (Codec::Vp8, pictures())] {
        let (file, medium, _) = live(codec, &samples);
        let left = Memory::of(&medium.bytes());
        let closed = file.close().unwrap().unwrap();
        let (kept, repaired) = recovered(&left);
        assert_eq!(kept, samples);
        assert_eq!(left.bytes(), medium.bytes(), "{codec:?}");
        let repaired = repaired.unwrap();
        assert_eq!((&closed.gaps, closed.size), (&repaired.gaps, repaired.size));
        assert_eq!(closed.duration_ms, repaired.duration_ms);
        assert_eq!(closed.size, (codec == Codec::Vp8).then_some((640, 480)));
    }
}

#[test]
fn gaps_stay_gaps() {
    let samples = sound();
    let (file, medium, _) = live(Codec::Opus, &samples);
    let closed = file.close().unwrap().unwrap();
    let [gap] = closed.gaps[..] else {
        panic!("{:?}", closed.gaps)
    };
    assert_eq!(gap.from_ms, samples[25].at_ms + 20);
    assert_eq!(gap.to_ms, samples[26].at_ms);
    assert_eq!(gap.to_ms - gap.from_ms, 3 * 3_600_000 - 20);
    assert_eq!(read(&medium.bytes()).0, samples);
}

#[test]
fn a_player_can_begin_anywhere() {
    let samples: Vec<Sample> = (0..600).map(|n| picture(n * 40, n % 50 == 0, 20)).collect();
    let (file, medium, _) = live(Codec::Vp8, &samples);
    file.close().unwrap();
    let bytes = medium.bytes();
    // By the other parser, which finds the place by the cues and goes on to the frame that is wanted.
    let mut file = MatroskaFile::open(Cursor::new(&bytes)).unwrap();
    for target in [0, 1_999, 7_000, 23_950] {
        file.seek(target).unwrap();
        let mut frame = Frame::default();
        assert!(file.next_frame(&mut frame).unwrap());
        assert_eq!(frame.timestamp, target.div_ceil(40) * 40);
    }
    // And each cue leads to a cluster that begins with the key frame of that time.
    let (_, places) = super::header::read(&bytes).unwrap();
    let cues = super::scan::scan(&mut medium.clone(), super::scan::Depth::Whole)
        .unwrap()
        .unwrap();
    let entries = cues.index.entries();
    assert_eq!(entries.len(), 12);
    for (at_ms, cluster) in entries {
        assert!(cluster >= places.media && at_ms % 2_000 == 0);
        let cluster = usize::try_from(cluster).unwrap();
        let mut expected = vec![0x1F, 0x43, 0xB6, 0x75];
        assert_eq!(bytes[cluster..cluster + 4], expected);
        expected.clear();
        super::ebml::put_uint(&mut expected, 0xE7, at_ms);
        let timestamp = cluster + super::CLUSTER_HEAD;
        assert_eq!(bytes[timestamp..timestamp + expected.len()], expected);
    }
}

#[test]
fn without_room_what_was_written_stays() {
    let samples = sound();
    let (file, medium, ends) = live(Codec::Opus, &samples);
    drop(file);
    let full = medium.bytes().len();
    for room in (0..full).step_by(3) {
        let medium = Memory::default();
        medium.limit(Some(room));
        let mut file = begun(Codec::Opus, &medium);
        let mut failed = false;
        for sample in &samples {
            let added = file.add(sample.at_ms, sample.is_key, &sample.data);
            failed |= added.and_then(|()| file.flush()).is_err();
        }
        assert!(failed, "{room}");
        let whole = ends.iter().take_while(|end| **end <= room).count();
        // No room for cues; the frames are there.
        let closed = file.close().unwrap();
        assert_eq!(closed.is_some(), whole > 0, "{room}");
        let Some(closed) = closed else { continue };
        assert!(closed.error.is_some());
        assert_eq!(read(&medium.bytes()).0, samples[..whole], "{room}");
        // With room again, the rest is made up for.
        medium.limit(None);
        assert_eq!(recovered(&medium).0, samples[..whole], "{room}");
    }
}

/// What is done to a file, and how many frames are safe after which step.
fn life(codec: Codec, samples: &[Sample], stops: &[usize]) -> (Vec<Step>, Vec<(usize, usize)>) {
    let medium = Memory::default();
    let mut file = Some(begun(codec, &medium));
    let mut safe = Vec::new();
    for (n, sample) in samples.iter().enumerate() {
        let mut open = match file.take() {
            Some(file) => file,
            None => WebmFile::resumed(medium.boxed()).unwrap().unwrap(),
        };
        open.add(sample.at_ms, sample.is_key, &sample.data).unwrap();
        if n % 3 == 0 {
            open.flush().unwrap();
            safe.push((medium.steps().len(), n + 1));
        }
        if stops.contains(&n) {
            open.close().unwrap();
            safe.push((medium.steps().len(), n + 1));
        } else {
            file = Some(open);
        }
    }
    (medium.steps(), safe)
}

fn any_samples() -> impl Strategy<Value = (Codec, Vec<Sample>)> {
    let spaces = prop_oneof![5 => 1..60_u64, 1 => 400..3_000_u64, 1 => 30_000..40_000_000_u64];
    let frames = proptest::collection::vec((spaces, any::<bool>(), 0..300_usize), 1..50);
    (any::<bool>(), frames).prop_map(|(is_sound, frames)| {
        let mut at = 0;
        let samples = frames
            .into_iter()
            .enumerate()
            .map(|(n, (space, is_key, length))| {
                at += space;
                if is_sound {
                    packet(at, length)
                } else {
                    picture(at, is_key || n == 0, length)
                }
            });
        let codec = if is_sound { Codec::Opus } else { Codec::Vp8 };
        (codec, samples.collect())
    })
}

proptest! {
    // Each case is a crash at every one of its steps.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_crash_at_any_step_takes_nothing_that_was_flushed(
        (codec, samples) in any_samples(),
        stops in proptest::collection::vec(0..50_usize, 0..3),
        torn in 0..100_usize,
    ) {
        let (steps, safe) = life(codec, &samples, &stops);
        for count in 0..steps.len() {
            let least = safe.iter().take_while(|(step, _)| *step <= count).last();
            let least = least.map_or(0, |(_, frames)| *frames);
            let mut crashed = steps[..count].to_vec();
            if let Step::Write { at, bytes } = &steps[count] {
                // Small writes are whole or not there; long ones may be torn.
                let part = if bytes.len() > 100 { bytes.len() * torn / 100 } else { 0 };
                crashed.push(Step::Write { at: *at, bytes: bytes[..part].to_vec() });
            }
            let (kept, _) = recovered(&Memory::after(&crashed));
            prop_assert!(kept.len() >= least, "{} of {least} after step {count}", kept.len());
            prop_assert_eq!(&kept[..], &samples[..kept.len()]);
        }
    }

    #[test]
    fn garbage_at_the_end_goes(
        (codec, samples) in any_samples(),
        zeros in 0..5_000_usize,
        noise in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let (file, medium, _) = live(codec, &samples);
        drop(file);
        let garbage = [vec![0; zeros], noise].concat();
        let medium = Memory::of(&[medium.bytes(), garbage].concat());
        let (kept, _) = recovered(&medium);
        prop_assert_eq!(kept, samples);
    }

    #[test]
    fn damage_within_takes_only_what_it_hit(
        (codec, samples) in any_samples(),
        at in 0..1_000_usize,
        length in 1..400_usize,
        is_finished: bool,
    ) {
        let (file, medium, ends) = live(codec, &samples);
        if is_finished {
            file.close().unwrap();
        }
        let mut bytes = medium.bytes();
        // Behind the header, which is written first and never again but in place.
        let media = ends[0] - samples[0].data.len() - 30;
        let from = media + 30 + (bytes.len() - media - 30) * at / 1_000;
        let to = (from + length).min(bytes.len());
        bytes[from..to].fill(0);
        let medium = Memory::of(&bytes);
        let (kept, _) = recovered(&medium);
        // What lies before the damage is as it was.
        let before = ends.iter().take_while(|end| **end <= from).count();
        prop_assert_eq!(&kept[..before.min(kept.len())], &samples[..before.min(kept.len())]);
        prop_assert!(kept.len() >= before);
        for sample in &kept {
            prop_assert!(samples.iter().any(|known| known.data.len() == sample.data.len()));
        }
        let resumed = WebmFile::resumed(Memory::of(&bytes).boxed()).unwrap();
        prop_assert!(resumed.is_some());
    }

    #[test]
    fn noise_is_read_without_harm(
        (codec, samples) in any_samples(),
        noise in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..30),
    ) {
        let (file, medium, _) = live(codec, &samples);
        file.close().unwrap();
        let mut bytes = medium.bytes();
        for (at, value) in noise {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let medium = Memory::of(&bytes);
        let closed = close_left(medium.boxed()).unwrap();
        if closed.is_some() {
            let bytes = medium.bytes();
            let again = close_left(medium.boxed()).unwrap();
            prop_assert!(again.is_some_and(|again| again.was_finished), "{closed:?}");
            prop_assert_eq!(medium.bytes(), bytes);
        }
        let _ = WebmFile::resumed(medium.boxed()).unwrap();
    }
}
