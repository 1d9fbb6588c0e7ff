//! Whole calls.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use call_recording::mix::{Ffmpeg, Format, Layout};
use call_recording::{Event, Source};

use crate::measure::{self, Colour, Seen};
use crate::tracks::{self, Recorded, Stretch};
use crate::{mix, mix_with};

/// Ten seconds: Ann is there all the time, and her picture becomes smaller in the middle; Bob comes after two seconds and has
/// his camera off from the fifth to 6.5; Eve is there from the third second to the seventh.
fn three_people() -> Recorded {
    let mut call = Recorded::new(10_000);
    call.person("ann", "Ann %{pts}:',;[x]\\ = y");
    call.person("bob", "Bob");
    call.person("eve", "Eve");
    call.media(0, "ann", true, false);
    call.picture(
        "ann",
        Source::Video,
        "red",
        &[Stretch(0, 4_000, 160), Stretch(4_000, 6_000, 96)],
    );
    call.voice("ann", 1_000, 0, 10_000);
    call.event(
        2_000,
        Event::ParticipantJoined {
            user_id: "bob".parse().unwrap(),
        },
    );
    call.media(2_000, "bob", true, false);
    call.picture(
        "bob",
        Source::Video,
        "green",
        &[Stretch(2_000, 3_000, 160), Stretch(6_520, 3_480, 160)],
    );
    call.voice("bob", 2_000, 2_000, 8_000);
    call.media(5_000, "bob", false, false);
    call.media(6_500, "bob", true, false);
    call.picture("eve", Source::Video, "blue", &[Stretch(3_000, 4_000, 160)]);
    call.voice("eve", 3_000, 3_000, 4_000);
    call
}

/// Who is to be seen at a time, in seconds; `None` where something is just changing, or flashes.
fn expected(at: f64) -> Option<BTreeSet<Colour>> {
    // A frame, and half of one by which times are rounded.
    let near = |edge: f64| (at - edge).abs() < 0.065;
    if [2.0, 3.0, 5.0, 6.5, 7.0].into_iter().any(near) || !(0.2..0.95).contains(&at.fract()) {
        return None;
    }
    let bob = (2.0..5.0).contains(&at) || at > 6.5;
    let eve = (3.0..7.0).contains(&at);
    let people = [
        (true, Colour::Red),
        (bob, Colour::Green),
        (eve, Colour::Blue),
    ];
    Some(
        people
            .into_iter()
            .filter(|(is, _)| *is)
            .map(|(_, colour)| colour)
            .collect(),
    )
}

/// Beeps of every full second of a time, none later than the flash by 80 ms, nor earlier.
fn in_step(beeps: &[f64], flashes: &[f64], seconds: std::ops::Range<u32>) {
    for second in seconds.clone() {
        let second = f64::from(second);
        let near = |times: &[f64]| times.iter().copied().find(|at| (at - second).abs() < 0.3);
        let flash = near(flashes).unwrap_or_else(|| panic!("no flash at {second}: {flashes:?}"));
        let beep = near(beeps).unwrap_or_else(|| panic!("no beep at {second}: {beeps:?}"));
        assert!(
            (flash - second).abs() < 0.08,
            "the flash of {second} is at {flash}"
        );
        assert!(
            (beep - flash).abs() < 0.08,
            "the beep of {flash} is at {beep}"
        );
    }
    assert_eq!(beeps.len(), seconds.len(), "{beeps:?}");
}

/// The ten seconds of the whole call are seen, as [`expected`], and heard.
pub(crate) fn is_the_call(mix: &Path, pictures: &[Seen]) {
    let mut looked_at = 0;
    for (number, picture) in (0_u32..250).zip(pictures) {
        let at = (f64::from(number) + 0.5) / 25.0;
        if let Some(people) = expected(at) {
            assert_eq!(picture.people(), people, "at {at:.3}");
            looked_at += 1;
        }
    }
    assert!(looked_at > 150, "{looked_at}");

    // Voices and pictures begin and end together, also after a change of resolution, a pause, and scenes.
    let flashes = measure::flashes(mix);
    in_step(&measure::beeps(mix, 1_000), &flashes, 0..10);
    in_step(&measure::beeps(mix, 2_000), &flashes, 2..10);
    in_step(&measure::beeps(mix, 3_000), &flashes, 3..7);
}

#[tokio::test]
async fn shows_three_for_the_time_that_there_were_three() {
    let call = three_people();
    let mix = mix(Layout::Grid, &call).await;
    assert_eq!(mix.content_type, "video/mp4");
    assert_eq!(
        (mix.size, mix.duration),
        (Some((320, 180)), Duration::from_secs(10))
    );
    assert!(mix.left_out.is_empty(), "{:?}", mix.left_out);
    measure::decodes(&mix.path);

    let pictures = measure::pictures(&mix.path);
    assert_eq!(pictures.len(), 250);
    is_the_call(&mix.path, &pictures);
    let durations = measure::probe(&mix.path, "stream=duration");
    for duration in durations {
        let duration: f64 = duration.parse().unwrap();
        assert!((duration - 10.0).abs() < 0.05, "{duration}");
    }
}

#[tokio::test]
async fn a_player_can_jump_anywhere() {
    let call = three_people();
    let mix = mix(Layout::Grid, &call).await;
    for at in ["0.5", "2.6", "4.4", "5.7", "6.8", "9.5"] {
        let seconds: f64 = at.parse().unwrap();
        assert_eq!(
            Some(measure::picture_at(&mix.path, at).people()),
            expected(seconds),
            "{at}"
        );
    }
    let frames = measure::probe(&mix.path, "packet=pts_time,flags,codec_type");
    let keys = frames
        .iter()
        .filter(|frame| frame.starts_with("video") && frame.contains('K'));
    let mut keys: Vec<f64> = keys
        .map(|frame| frame.split(',').nth(1).unwrap().parse().unwrap())
        .collect();
    keys.push(10.0);
    assert!(
        keys.windows(2).all(|pair| pair[1] - pair[0] <= 2.001),
        "{keys:?}"
    );
    // The index comes before the media.
    let bytes = std::fs::read(&mix.path).unwrap();
    let place = |name: &[u8]| bytes.windows(4).position(|window| window == name).unwrap();
    assert!(place(b"moov") < place(b"mdat"));
}

#[tokio::test]
async fn whoever_speaks_is_large() {
    let mut call = Recorded::new(8_000);
    call.picture("ann", Source::Video, "red", &[Stretch(0, 8_000, 160)]);
    call.picture("bob", Source::Video, "blue", &[Stretch(0, 8_000, 160)]);
    call.sound("ann", "0.3*sin(2*PI*300*t)*lt(t,4)", 0, 8_000);
    call.sound("bob", "0.3*sin(2*PI*500*t)*gte(t,3)", 1_000, 7_000);
    let mix = mix(Layout::Speaker, &call).await;
    let pictures = measure::pictures(&mix.path);
    assert_eq!(pictures.len(), 200);
    for (second, large, small) in [
        (1, Colour::Red, Colour::Blue),
        (6, Colour::Blue, Colour::Red),
    ] {
        let picture = &pictures[second * 25 + 12];
        assert!(
            picture.share(large) > 0.5,
            "{second}: {}",
            picture.share(large)
        );
        assert!(
            (0.01..0.1).contains(&picture.share(small)),
            "{second}: {}",
            picture.share(small)
        );
    }
}

#[tokio::test]
async fn a_shared_screen_stands_still_on_the_stage() {
    let mut call = Recorded::new(8_000);
    call.picture("ann", Source::Video, "red", &[Stretch(0, 8_000, 160)]);
    call.voice("ann", 1_000, 0, 8_000);
    call.media(0, "bob", false, false);
    call.media(1_900, "bob", false, true);
    // After a second, nothing moves on it: nothing is sent until the end.
    call.picture(
        "bob",
        Source::Screen,
        "blue",
        &[Stretch(2_000, 1_000, 320), Stretch(6_960, 40, 320)],
    );
    call.media(7_000, "bob", false, false);
    let mix = mix(Layout::Grid, &call).await;
    let pictures = measure::pictures(&mix.path);
    for (frame, picture) in pictures.iter().enumerate() {
        let screen = picture.share(Colour::Blue);
        match frame {
            0..48 | 177.. => assert!(screen < 0.01, "{frame}: {screen}"),
            // It flashes as it begins.
            54..174 => {
                assert!(screen > 0.5, "{frame}: {screen}");
                let flashes = frame % 25 < 5;
                assert!(
                    flashes || (0.01..0.1).contains(&picture.share(Colour::Red)),
                    "{frame}"
                );
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn without_h264_it_is_webm() {
    let bin = tempfile::tempdir().unwrap();
    let program = bin.path().join("ffmpeg");
    let script = "#!/bin/sh\ncase \"$*\" in *-encoders*) ffmpeg \"$@\" | grep -v 264;; *) exec ffmpeg \"$@\";; esac\n";
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let ffmpeg = Ffmpeg::find(&program).unwrap();
    assert_eq!(ffmpeg.format(), Format::WebM);
    assert_eq!(tracks::ffmpeg().format(), Format::Mp4);

    let call = three_people();
    let mix = mix_with(ffmpeg, Layout::Grid, &call).await.unwrap();
    assert_eq!(mix.content_type, "video/webm");
    measure::decodes(&mix.path);
    let pictures = measure::pictures(&mix.path);
    assert_eq!(pictures.len(), 250);
    for (number, picture) in (0_u32..).zip(&pictures) {
        let at = (f64::from(number) + 0.5) / 25.0;
        if let Some(people) = expected(at) {
            assert_eq!(picture.people(), people, "at {at:.3}");
        }
    }
    in_step(
        &measure::beeps(&mix.path, 1_000),
        &measure::flashes(&mix.path),
        0..10,
    );
}
