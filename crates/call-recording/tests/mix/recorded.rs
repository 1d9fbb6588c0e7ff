//! What the recorder has written, mixed.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use call_domain::{CallId, RecordingId, RecordingMode};
use call_recording::mix::Layout;
use call_recording::{Codec, Event, Limits, Recorder, RecordingInfo, finish_abandoned};
use uuid::Uuid;

use crate::measure::{self, Colour};
use crate::mix;
use crate::sent::Sent;
use crate::tracks::{Recorded, Stretch};

/// The recorder of a call.
pub(crate) fn recorder(call: &Recorded) -> Recorder {
    let limits = Limits {
        min_free_bytes: 0,
        sync_every: None,
    };
    Recorder::open(call.dir(), info(call), limits).unwrap()
}

fn info(call: &Recorded) -> RecordingInfo {
    RecordingInfo {
        recording_id: RecordingId::new(Uuid::from_u128(2)),
        call_id: CallId::new(Uuid::from_u128(3)),
        mode: RecordingMode::Mixed,
        started_at: call.manifest.started_at,
    }
}

/// Ann's camera and microphone from a time of the recording on, for so long, in milliseconds.
fn ann(recorder: &mut Recorder, from: u64, length: u64, width: u32) {
    let camera = [Stretch(from, length, width)];
    Sent::default()
        .camera("ann", Codec::Vp8, "red", &camera)
        .voice("ann", 1_000, from, length)
        .record(recorder);
}

#[tokio::test]
async fn a_recording_with_a_pause_and_a_crash_is_in_step_from_beginning_to_end() {
    let mut call = Recorded::new(0);
    call.manifest.started_at = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
    let user_id: call_domain::UserId = "ann".parse().unwrap();
    let mut first = recorder(&call);
    first.person(&user_id, Some("Ann"), None).unwrap();
    let joined = Event::ParticipantJoined {
        user_id: user_id.clone(),
    };
    first.event(Duration::ZERO, joined).unwrap();
    ann(&mut first, 520, 2_480, 160);
    // Nothing comes for seven seconds, then a smaller picture, until the server is killed.
    ann(&mut first, 10_000, 2_000, 96);
    first.flush(Duration::from_secs(12)).unwrap();
    std::mem::forget(first);
    let mut second = recorder(&call);
    ann(&mut second, 13_000, 3_000, 160);
    second.flush(Duration::from_secs(16)).unwrap();
    std::mem::forget(second);
    let end = Some(Duration::from_secs(16));
    let finished = finish_abandoned(call.dir(), &info(&call), end, None).unwrap();
    call.manifest = finished.manifest;

    let mix = mix(Layout::Grid, &call).await;
    assert!(mix.left_out.is_empty());
    measure::decodes(&mix.path);
    let expected = [1.0, 2.0, 10.0, 11.0, 13.0, 14.0, 15.0];
    for times in [
        measure::flashes(&mix.path),
        measure::beeps(&mix.path, 1_000),
    ] {
        let near = |(time, expected): (&f64, &f64)| (time - expected).abs() < 0.06;
        assert_eq!(times.len(), expected.len(), "{times:?}");
        assert!(times.iter().zip(&expected).all(near), "{times:?}");
    }
    let pictures = measure::pictures(&mix.path);
    // The last sound may end a little after the sixteenth second.
    assert!((400..=402).contains(&pictures.len()), "{}", pictures.len());
    for (second, seen) in [(2, true), (5, false), (9, false), (11, true), (15, true)] {
        let people = pictures[second * 25 + 20].people();
        let expected: BTreeSet<Colour> = seen.then_some(Colour::Red).into_iter().collect();
        assert_eq!(people, expected, "{second}");
    }
}
