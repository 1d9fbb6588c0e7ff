//! Calls that are only heard.

use std::time::Duration;

use call_recording::mix::Layout;
use call_recording::{Codec, Event, Gap, Manifest, Source};

use crate::tracks::{self, Recorded};
use crate::{measure, mix};

#[tokio::test]
async fn a_call_without_pictures_is_an_audio_file() {
    let mut call = Recorded::new(7_000);
    call.event(
        0,
        Event::ParticipantJoined {
            user_id: "ann".parse().unwrap(),
        },
    );
    call.voice("ann", 1_000, 0, 7_000);
    call.voice("bob", 2_000, 3_400, 2_000);
    let mix = mix(Layout::Speaker, &call).await;
    assert_eq!(mix.content_type, "audio/mp4");
    assert_eq!((mix.size, mix.duration), (None, Duration::from_secs(7)));
    assert_eq!(mix.path.extension().unwrap(), "m4a");
    measure::decodes(&mix.path);
    assert_eq!(measure::probe(&mix.path, "stream=codec_name"), ["aac"]);
    at(
        &measure::beeps(&mix.path, 1_000),
        &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    );
    at(&measure::beeps(&mix.path, 2_000), &[4.0, 5.0]);
}

#[tokio::test]
async fn pauses_long_and_short_stay_as_long_as_they_were() {
    let mut call = Recorded::new(14_000);
    let whole = tempfile::tempdir().unwrap();
    // What came in these seconds of the track; in between nothing was received.
    call.sound("ann", "0.4*sin(2*PI*1000*t)*lt(mod(t,1),0.12)", 500, 13_000);
    let track = call.manifest.tracks.last_mut().unwrap();
    track.gaps = vec![
        Gap {
            from_ms: 2_500,
            to_ms: 4_500,
        },
        Gap {
            from_ms: 5_500,
            to_ms: 11_500,
        },
    ];
    let path = call.dir().join(&call.manifest.tracks[0].file);
    let cut = whole.path().join("cut.webm");
    let keep = "noise=drop='between(pts*tb\\,2.5\\,4.5)+between(pts*tb\\,5.5\\,11.5)'";
    let copy = ["-i", path.to_str().unwrap(), "-c", "copy", "-bsf:a", keep];
    tracks::run(&[&copy[..], &[cut.to_str().unwrap()]].concat());
    std::fs::copy(cut, path).unwrap();
    let mix = mix(Layout::Grid, &call).await;
    at(
        &measure::beeps(&mix.path, 1_000),
        &[0.5, 1.5, 2.5, 5.5, 12.5],
    );
    let duration: f64 = measure::probe(&mix.path, "format=duration")[0]
        .parse()
        .unwrap();
    assert!((duration - 14.0).abs() < 0.05, "{duration}");
}

#[tokio::test]
async fn a_time_stamp_that_is_a_little_late_moves_no_voice() {
    let mut call = Recorded::new(12_000);
    call.person("ann", "Ann");
    call.voice("ann", 1_000, 0, 12_000);
    // As when a sender's clock is found to be two milliseconds behind, from four seconds on.
    let track = Manifest::path(call.dir(), &call.manifest.tracks[0]);
    let moved = track.with_extension("moved.webm");
    let later = "setts=ts=TS+2*gte(N\\,200)";
    let (from, to) = (track.to_str().unwrap(), moved.to_str().unwrap());
    tracks::run(&["-i", from, "-c", "copy", "-bsf:a", later, to]);
    std::fs::rename(moved, track).unwrap();
    let mix = mix(Layout::Grid, &call).await;
    let beeps = measure::beeps(&mix.path, 1_000);
    assert_eq!(beeps.len(), 12, "{beeps:?}");
    for (second, beep) in (0_u32..).zip(&beeps) {
        assert!((beep - f64::from(second)).abs() < 0.04, "{beeps:?}");
    }
}

#[tokio::test]
async fn very_many_voices_are_mixed_without_being_cut_off() {
    let mut call = Recorded::new(2_000);
    call.voice("user0", 1_000, 0, 2_000);
    let first = call.dir().join(&call.manifest.tracks[0].file);
    for number in 1..40 {
        let user = format!("user{number}");
        let copy = call.track(&user, Source::Audio, Codec::Opus, 0, 2_000, Vec::new());
        std::fs::copy(&first, copy).unwrap();
    }
    let mix = mix(Layout::Grid, &call).await;
    at(&measure::beeps(&mix.path, 1_000), &[0.0, 1.0]);
    assert!(mix.left_out.is_empty());
}

fn at(times: &[f64], expected: &[f64]) {
    let near = |(time, expected): (&f64, &f64)| (time - expected).abs() < 0.04;
    assert_eq!(times.len(), expected.len(), "{times:?}");
    assert!(times.iter().zip(expected).all(near), "{times:?}");
}
