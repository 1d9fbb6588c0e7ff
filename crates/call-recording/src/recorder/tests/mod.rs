mod crash;
mod full;
mod tracks;

use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use call_domain::{CallId, RecordingFault, RecordingId, RecordingMode, UserId};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::Manifest;

const SECOND: Duration = Duration::from_secs(1);

fn info() -> RecordingInfo {
    RecordingInfo {
        recording_id: RecordingId::new(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001)),
        call_id: CallId::new(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0002)),
        mode: RecordingMode::Tracks,
        started_at: SystemTime::UNIX_EPOCH + Duration::from_nanos(1_790_000_000_123_456_789),
    }
}

fn limits() -> Limits {
    Limits {
        min_free_bytes: 0,
        sync_every: None,
    }
}

fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(dir: &Path) -> Recorder {
    Recorder::open(dir, info(), limits()).unwrap()
}

fn ms(at: u64) -> Duration {
    Duration::from_millis(at)
}

/// A packet that plays for 20 ms.
fn sound(at: u64) -> EncodedFrame {
    frame(at, true, vec![31 << 3; 40])
}

/// What begins like a frame of VP8.
fn picture(at: u64, key: bool) -> EncodedFrame {
    let mut data = vec![7; 60];
    data[0] = u8::from(!key);
    data[3..10].copy_from_slice(&[0x9D, 0x01, 0x2A, 0x80, 0x02, 0xE0, 0x01]);
    frame(at, key, data)
}

fn frame(at: u64, key: bool, data: Vec<u8>) -> EncodedFrame {
    EncodedFrame {
        at: ms(at),
        key,
        after_gap: false,
        size: None,
        data: Bytes::from(data),
    }
}

/// When the frames of a track begin, by another parser.
fn times(finished: &Finished, track: usize) -> Vec<u64> {
    use matroska_demuxer::{Frame, MatroskaFile};
    let file = std::fs::File::open(&finished.files[track].path).unwrap();
    let mut file = MatroskaFile::open(file).unwrap();
    let mut times = Vec::new();
    let mut frame = Frame::default();
    while file.next_frame(&mut frame).unwrap() {
        times.push(frame.timestamp);
    }
    times
}

/// What the manifest says of the files is what they are.
fn assert_agrees(dir: &Path, finished: &Finished) {
    assert_eq!(
        Manifest::read(dir).unwrap().as_ref(),
        Some(&finished.manifest)
    );
    assert_eq!(finished.files.len(), finished.manifest.tracks.len() + 1);
    for (index, track) in finished.manifest.tracks.iter().enumerate() {
        let file = &finished.files[index];
        assert_eq!(file.path, dir.join(&track.file));
        assert_eq!(file.bytes, track.bytes);
        assert_eq!(file.bytes, std::fs::metadata(&file.path).unwrap().len());
        let times = times(finished, index);
        assert_eq!(times.len() as u64, track.frames);
        assert!(times.last().is_none_or(|last| *last < track.duration_ms));
    }
}
