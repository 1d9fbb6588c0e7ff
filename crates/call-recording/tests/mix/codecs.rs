//! Calls of people whose browsers encode in different ways, as the recorder has written them.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use call_recording::mix::Layout;
use call_recording::{Codec, Event, ManifestTrack, Source};

use crate::measure::{self, Colour};
use crate::mix;
use crate::recorded::recorder;
use crate::sent::Sent;
use crate::tracks::{Recorded, Stretch};
use crate::whole::is_the_call;

/// What of somebody's camera was recorded: its encoding, and the size of its largest picture.
fn camera<'a>(call: &'a Recorded, user: &str) -> &'a ManifestTrack {
    let mut tracks = call.manifest.tracks.iter();
    let is =
        |track: &&ManifestTrack| track.user_id.as_str() == user && track.source == Source::Video;
    tracks.find(is).unwrap()
}

fn new_call() -> Recorded {
    let mut call = Recorded::new(0);
    call.manifest.started_at = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
    call
}

/// One person: the picture becomes larger, then nothing comes for four seconds, then it is a small one.
async fn is_in_step(codec: Codec) {
    let mut call = new_call();
    let mut recorder = recorder(&call);
    let user = "ann".parse().unwrap();
    recorder.person(&user, Some("Ann"), None).unwrap();
    let stretches = [
        Stretch(520, 2_480, 160),
        Stretch(3_000, 3_000, 320),
        Stretch(10_000, 3_000, 96),
    ];
    Sent::default()
        .camera("ann", codec, "red", &stretches)
        .voice("ann", 1_000, 520, 5_480)
        .voice("ann", 1_000, 10_000, 3_000)
        .record(&mut recorder);
    call.manifest = recorder.finish(Duration::from_secs(13)).unwrap().manifest;
    let track = camera(&call, "ann");
    assert_eq!(
        (track.codec, track.width, track.height),
        (codec, Some(320), Some(180))
    );
    assert_eq!(track.frames, 62 + 75 + 75);
    assert_eq!(track.gaps.len(), 1, "{:?}", track.gaps);

    let mix = mix(Layout::Grid, &call).await;
    assert!(mix.left_out.is_empty(), "{:?}", mix.left_out);
    measure::decodes(&mix.path);
    let expected = [1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 11.0, 12.0];
    let flashes = measure::flashes(&mix.path);
    let beeps = measure::beeps(&mix.path, 1_000);
    for times in [&flashes, &beeps] {
        let near = |(time, expected): (&f64, &f64)| (time - expected).abs() < 0.06;
        assert_eq!(times.len(), expected.len(), "{times:?}");
        assert!(times.iter().zip(&expected).all(near), "{times:?}");
    }
    for (flash, beep) in flashes.iter().zip(&beeps) {
        assert!((flash - beep).abs() < 0.08, "{flashes:?} {beeps:?}");
    }
    let pictures = measure::pictures(&mix.path);
    // The last sound may end a little after the thirteenth second.
    assert!((325..=327).contains(&pictures.len()), "{}", pictures.len());
    for (second, seen) in [
        (0, true),
        (2, true),
        (3, true),
        (5, true),
        (7, false),
        (9, false),
        (10, true),
        (12, true),
    ] {
        let people = pictures[second * 25 + 20].people();
        let expected: BTreeSet<Colour> = seen.then_some(Colour::Red).into_iter().collect();
        assert_eq!(people, expected, "{second}");
    }
}

#[tokio::test]
async fn h264_is_in_step_whatever_its_size() {
    is_in_step(Codec::H264).await;
}

#[tokio::test]
async fn vp9_is_in_step_whatever_its_size() {
    is_in_step(Codec::Vp9).await;
}

#[tokio::test]
async fn av1_is_in_step_whatever_its_size() {
    is_in_step(Codec::Av1).await;
}

/// The call of three of [`crate::whole`], where each has another encoding, and another layer in the middle.
#[tokio::test]
async fn people_of_every_encoding_are_in_one_picture() {
    let mut call = new_call();
    let mut recorder = recorder(&call);
    let people = [
        ("ann", "Ann", 0),
        ("bob", "Bob", 2_000),
        ("eve", "Eve", 3_000),
    ];
    for (user, name, at) in people {
        let user_id: call_domain::UserId = user.parse().unwrap();
        recorder.person(&user_id, Some(name), None).unwrap();
        let joined = Event::ParticipantJoined { user_id };
        recorder.event(Duration::from_millis(at), joined).unwrap();
    }
    for (at, video) in [(2_000, true), (5_000, false), (6_500, true)] {
        let changed = Event::MediaChanged {
            user_id: "bob".parse().unwrap(),
            audio: true,
            video,
            screen: false,
        };
        recorder.event(Duration::from_millis(at), changed).unwrap();
    }
    let user_id = "eve".parse().unwrap();
    let left = Event::ParticipantLeft { user_id };
    recorder.event(Duration::from_secs(7), left).unwrap();
    Sent::default()
        .camera(
            "ann",
            Codec::H264,
            "red",
            &[Stretch(0, 4_000, 160), Stretch(4_000, 6_000, 320)],
        )
        .voice("ann", 1_000, 0, 10_000)
        .camera(
            "bob",
            Codec::Vp9,
            "green",
            &[Stretch(2_000, 3_000, 320), Stretch(6_520, 3_480, 160)],
        )
        .voice("bob", 2_000, 2_000, 8_000)
        .camera(
            "eve",
            Codec::Av1,
            "blue",
            &[Stretch(3_000, 2_000, 160), Stretch(5_000, 2_000, 96)],
        )
        .voice("eve", 3_000, 3_000, 4_000)
        .record(&mut recorder);
    call.manifest = recorder.finish(Duration::from_secs(10)).unwrap().manifest;
    for (user, codec, width, gaps) in [
        ("ann", Codec::H264, 320, 0),
        ("bob", Codec::Vp9, 320, 1),
        ("eve", Codec::Av1, 160, 0),
    ] {
        let track = camera(&call, user);
        assert_eq!(
            (track.codec, track.width, track.gaps.len()),
            (codec, Some(width), gaps)
        );
    }

    let mix = mix(Layout::Grid, &call).await;
    assert!(mix.left_out.is_empty(), "{:?}", mix.left_out);
    measure::decodes(&mix.path);
    let pictures = measure::pictures(&mix.path);
    assert!((250..=252).contains(&pictures.len()), "{}", pictures.len());
    is_the_call(&mix.path, &pictures);
    for duration in measure::probe(&mix.path, "stream=duration") {
        let duration: f64 = duration.parse().unwrap();
        assert!((duration - 10.0).abs() < 0.1, "{duration}");
    }
}
