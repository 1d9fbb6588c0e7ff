//! Frames that real encoders made become files that real players play, whatever happens on the way.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod encoded;
mod player;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use call_recording::{
    Codec, EncodedFrame, Finished, Limits, Recorder, RecordingId, RecordingInfo, RecordingMode,
    Source, finish_abandoned,
};
use encoded::{Encoded, pictures, sound};
use matroska_demuxer::MatroskaFile;
use tempfile::TempDir;
use uuid::Uuid;

const PICTURES: [Codec; 4] = [Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1];
const ALL: [Codec; 5] = [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1];

/// Two seconds, a key frame every half.
fn encoded(codec: Codec) -> Vec<Encoded> {
    if codec == Codec::Opus {
        sound()
    } else {
        pictures(codec, 320, 180)
    }
}

fn info() -> RecordingInfo {
    RecordingInfo {
        recording_id: RecordingId::new(Uuid::from_u128(1)),
        call_id: "01900000-0000-7000-8000-0000000000ab".parse().unwrap(),
        mode: RecordingMode::Tracks,
        started_at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000),
    }
}

fn open(dir: &Path) -> Recorder {
    let limits = Limits {
        min_free_bytes: 0,
        sync_every: None,
    };
    Recorder::open(dir, info(), limits).unwrap()
}

fn source(codec: Codec) -> Source {
    if codec == Codec::Opus {
        Source::Audio
    } else {
        Source::Video
    }
}

/// Records frames from that time on, in milliseconds.
fn record(recorder: &mut Recorder, codec: Codec, frames: &[Encoded], from: u64) {
    for frame in frames {
        let frame = EncodedFrame {
            at: Duration::from_millis(from + frame.at_ms),
            key: frame.is_key,
            after_gap: false,
            size: None,
            data: Bytes::from(frame.data.clone()),
        };
        recorder
            .frame(&"bob".parse().unwrap(), source(codec), codec, frame)
            .unwrap();
    }
}

fn finished(codec: Codec, frames: &[Encoded]) -> (TempDir, Finished) {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = open(dir.path());
    record(&mut recorder, codec, frames, 700);
    let finished = recorder.finish(Duration::from_secs(4)).unwrap();
    (dir, finished)
}

#[test]
fn every_encoding_is_played_without_a_complaint() {
    for codec in ALL {
        let frames = encoded(codec);
        let (_dir, finished) = finished(codec, &frames);
        let (track, file) = (&finished.manifest.tracks[0], &finished.files[0].path);
        player::decode(file);
        assert_eq!(track.frames, frames.len() as u64, "{codec:?}");
        let shown = player::frame_times(file);
        assert_eq!(shown.len(), frames.len(), "{codec:?}");
        for (shown, frame) in shown.iter().zip(&frames) {
            // What Opus decodes comes 6.5 ms after it was captured, and players make up for it.
            let early = if codec == Codec::Opus { 7.0 } else { 0.0 };
            let expected = (f64::from(u32::try_from(frame.at_ms).unwrap()) - early).max(0.0);
            assert!(
                (shown - expected).abs() < 1.5,
                "{codec:?}: {shown} is not {expected}"
            );
        }
        let about = player::about(file);
        let duration: f64 = about["format"]["duration"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!(
            (duration - Duration::from_millis(track.duration_ms).as_secs_f64()).abs() < 0.001,
            "{codec:?}"
        );
        assert!((1_950..=2_050).contains(&track.duration_ms), "{codec:?}");
        if codec != Codec::Opus {
            assert_eq!((track.width, track.height), (Some(320), Some(180)));
            assert_eq!(about["streams"][0]["width"], 320, "{codec:?}");
        }
        let bytes = fs::metadata(file).unwrap().len();
        assert_eq!(
            about["format"]["size"]
                .as_str()
                .unwrap()
                .parse::<u64>()
                .unwrap(),
            bytes
        );
    }
}

#[test]
fn players_seek() {
    for codec in ALL {
        let (_dir, finished) = finished(codec, &encoded(codec));
        let file = &finished.files[0].path;
        for from in ["0.6", "1.2", "1.9"] {
            let left = player::decode_from(file, from);
            let expected = 2.0 - from.parse::<f64>().unwrap();
            assert!(
                (left - expected).abs() < 0.1,
                "{codec:?} from {from}: {left} s"
            );
        }
    }
}

#[test]
fn what_is_being_written_can_be_watched() {
    for codec in ALL {
        let dir = tempfile::tempdir().unwrap();
        let mut recorder = open(dir.path());
        let frames = encoded(codec);
        let half = frames.len() / 2;
        record(&mut recorder, codec, &frames[..half], 0);
        recorder.flush(Duration::from_secs(1)).unwrap();
        let files: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        let file = files.iter().find(|path| {
            path.extension()
                .is_some_and(|ending| ending == "webm" || ending == "mkv")
        });
        let file = file.unwrap();
        player::decode(file);
        assert_eq!(player::frame_times(file).len(), half, "{codec:?}");
    }
}

#[test]
fn cut_anywhere_the_rest_is_played() {
    for codec in ALL {
        let frames = encoded(codec);
        let (dir, whole) = finished(codec, &frames);
        let file = &whole.files[0].path;
        let bytes = fs::read(file).unwrap();
        // Everywhere in the file, but the same places in every run.
        let cuts: BTreeSet<usize> = (1..=6).map(|n| bytes.len() * n / 6 - n * 13).collect();
        let mut kept = 0;
        for cut in cuts {
            fs::write(file, &bytes[..cut]).unwrap();
            fs::remove_file(dir.path().join("manifest.json")).unwrap();
            let journal = dir.path().join("journal.jsonl");
            let lines = fs::read_to_string(&journal).unwrap();
            let before_end: Vec<&str> = lines.lines().filter(|l| !l.contains("stopped")).collect();
            fs::write(&journal, before_end.join("\n") + "\n").unwrap();
            let rest = finish_abandoned(dir.path(), &info(), None, None).unwrap();
            let track = &rest.manifest.tracks[0];
            player::decode(file);
            assert_eq!(
                player::frame_times(file).len() as u64,
                track.frames,
                "{codec:?} {cut}"
            );
            assert!(track.frames >= kept && !track.clean, "{codec:?} {cut}");
            kept = track.frames;
        }
        assert!(kept > frames.len() as u64 / 2, "{codec:?}");
    }
}

#[test]
fn after_a_restart_it_goes_on_in_the_same_file() {
    for codec in ALL {
        let dir = tempfile::tempdir().unwrap();
        let frames = encoded(codec);
        let mut recorder = open(dir.path());
        record(&mut recorder, codec, &frames, 0);
        drop(recorder);
        let mut recorder = open(dir.path());
        // Three hours later.
        record(&mut recorder, codec, &frames, 10_800_000);
        let finished = recorder.finish(Duration::from_secs(10_803)).unwrap();
        let [track] = &finished.manifest.tracks[..] else {
            panic!("{codec:?}")
        };
        assert_eq!(track.frames, frames.len() as u64 * 2);
        assert_eq!((track.gaps.len(), track.clean), (1, false));
        let file = &finished.files[0].path;
        player::decode(file);
        let shown = player::frame_times(file);
        assert_eq!(shown.len(), frames.len() * 2, "{codec:?}");
        assert!(shown[frames.len()] > 10_799_000.0, "{codec:?}");
        assert!(player::decode_from(file, "10801") < 1.5, "{codec:?}");
    }
}

#[test]
fn a_resolution_may_change_within_a_file() {
    for codec in PICTURES {
        let dir = tempfile::tempdir().unwrap();
        let mut recorder = open(dir.path());
        for (n, (width, height)) in [(160, 90), (640, 360), (320, 180)].into_iter().enumerate() {
            record(
                &mut recorder,
                codec,
                &pictures(codec, width, height),
                n as u64 * 2_000,
            );
        }
        let finished = recorder.finish(Duration::from_secs(6)).unwrap();
        let [track] = &finished.manifest.tracks[..] else {
            panic!("{codec:?}")
        };
        assert_eq!(
            (track.width, track.height),
            (Some(640), Some(360)),
            "{codec:?}"
        );
        assert_eq!(track.gaps, []);
        let file = &finished.files[0].path;
        player::decode(file);
        let sizes = player::frame_widths(file);
        let expected = [[160; 60], [640; 60], [320; 60]].concat();
        assert_eq!(sizes, expected, "{codec:?}");
        // What the header says, by a parser that decodes nothing.
        let header = MatroskaFile::open(fs::File::open(file).unwrap()).unwrap();
        let video = header.tracks()[0].video().unwrap();
        assert_eq!(
            (video.pixel_width().get(), video.pixel_height().get()),
            (640, 360),
            "{codec:?}"
        );
    }
}

#[test]
fn silence_of_one_byte_is_played() {
    let mut frames = sound();
    for (n, frame) in frames.iter_mut().enumerate() {
        if n > 10 {
            // As an encoder sends it that has nothing to say (RFC 6716, 3.1: the table of contents alone).
            frame.data.truncate(1);
            frame.data[0] &= !3;
            frame.at_ms += (n as u64 - 10) * 380;
        }
    }
    let (_dir, finished) = finished(Codec::Opus, &frames);
    player::decode(&finished.files[0].path);
    assert_eq!(
        player::frame_times(&finished.files[0].path).len(),
        frames.len()
    );
    assert_eq!(finished.manifest.tracks[0].gaps, []);
}
