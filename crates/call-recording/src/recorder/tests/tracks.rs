use super::*;
use crate::Gap;

#[test]
fn a_track_begins_with_a_key_frame_and_at_zero() {
    let dir = folder();
    let mut recorder = open(dir.path());
    let bob = user("bob");
    for (at, key) in [(500, false), (540, false), (580, true), (620, false)] {
        recorder
            .frame(&bob, Source::Video, Codec::Vp8, picture(at, key))
            .unwrap();
    }
    let finished = recorder.finish(SECOND).unwrap();
    assert_agrees(dir.path(), &finished);
    assert_eq!(times(&finished, 0), [0, 40]);
    let track = &finished.manifest.tracks[0];
    assert_eq!(
        (track.offset_ms, track.duration_ms, track.frames),
        (580, 80, 2)
    );
    assert_eq!((track.width, track.height), (Some(640), Some(480)));
    assert_eq!((&*track.content_type, track.clean), ("video/webm", true));
    assert_eq!(finished.manifest.duration_ms, 1_000);
    assert!(finished.manifest.complete);
}

#[test]
fn after_a_loss_nothing_is_written_before_the_next_key_frame() {
    let dir = folder();
    let mut recorder = open(dir.path());
    let bob = user("bob");
    for n in 0..200 {
        let mut frame = picture(n * 40, n == 0 || n == 100);
        frame.after_gap = n == 50;
        recorder
            .frame(&bob, Source::Screen, Codec::Vp8, frame)
            .unwrap();
    }
    let finished = recorder.finish(ms(8_000)).unwrap();
    assert_agrees(dir.path(), &finished);
    let track = &finished.manifest.tracks[0];
    assert_eq!(track.frames, 150);
    assert_eq!(
        track.gaps,
        [Gap {
            from_ms: 2_000,
            to_ms: 4_000
        }]
    );
}

#[test]
fn sound_needs_no_key_frame_and_keeps_its_pauses() {
    let dir = folder();
    let mut recorder = open(dir.path());
    let bob = user("bob");
    for at in [100, 120, 140, 7_200_000, 7_200_020] {
        let mut frame = sound(at);
        frame.after_gap = at == 7_200_000;
        recorder
            .frame(&bob, Source::Audio, Codec::Opus, frame)
            .unwrap();
    }
    let finished = recorder.finish(ms(7_300_000)).unwrap();
    assert_agrees(dir.path(), &finished);
    assert_eq!(times(&finished, 0), [0, 20, 40, 7_199_900, 7_199_920]);
    let track = &finished.manifest.tracks[0];
    assert_eq!(
        track.gaps,
        [Gap {
            from_ms: 60,
            to_ms: 7_199_900
        }]
    );
    assert_eq!((track.duration_ms, track.width), (7_199_940, None));
}

#[test]
fn each_participant_and_source_has_a_file() {
    let dir = folder();
    let mut recorder = open(dir.path());
    for name in ["bob", "eve"] {
        for (source, at) in [(Source::Audio, 10), (Source::ScreenAudio, 30)] {
            recorder
                .frame(&user(name), source, Codec::Opus, sound(at))
                .unwrap();
        }
        recorder
            .frame(&user(name), Source::Video, Codec::Vp8, picture(20, true))
            .unwrap();
    }
    let finished = recorder.finish(SECOND).unwrap();
    assert_agrees(dir.path(), &finished);
    let tracks = &finished.manifest.tracks;
    assert_eq!(
        tracks
            .iter()
            .map(|track| track.offset_ms)
            .collect::<Vec<_>>(),
        [10, 10, 20, 20, 30, 30]
    );
    let files: std::collections::BTreeSet<_> = tracks.iter().map(|track| &track.file).collect();
    assert_eq!(files.len(), 6);
    assert!(files.iter().all(|file| !file.contains("bob")));
}

#[test]
fn another_encoding_has_its_own_file_and_returning_goes_on_in_the_first() {
    let dir = folder();
    let mut recorder = open(dir.path());
    let bob = user("bob");
    let vp9 = |recorder: &mut Recorder, at| {
        // A key frame of VP9: profile 0, 640 × 480.
        let data = vec![0x82, 0x49, 0x83, 0x42, 0x20, 0x27, 0xF0, 0x1D, 0xF0, 0, 0];
        recorder
            .frame(&bob, Source::Video, Codec::Vp9, frame(at, true, data))
            .unwrap();
    };
    recorder
        .frame(&user("bob"), Source::Video, Codec::Vp8, picture(0, true))
        .unwrap();
    vp9(&mut recorder, 100);
    // Nothing that refers to what went into the other file.
    for (at, key) in [(200, false), (240, true), (280, false)] {
        recorder
            .frame(&user("bob"), Source::Video, Codec::Vp8, picture(at, key))
            .unwrap();
    }
    vp9(&mut recorder, 400);
    let finished = recorder.finish(SECOND).unwrap();
    assert_agrees(dir.path(), &finished);
    let codecs: Vec<_> = finished
        .manifest
        .tracks
        .iter()
        .map(|track| track.codec)
        .collect();
    assert_eq!(codecs, [Codec::Vp8, Codec::Vp9]);
    assert_eq!(times(&finished, 0), [0, 240, 280]);
    assert_eq!(times(&finished, 1), [0, 300]);
    assert_eq!(finished.manifest.tracks[1].width, Some(640));
}

#[test]
fn times_only_grow() {
    let dir = folder();
    let mut recorder = open(dir.path());
    let bob = user("bob");
    // Two at once, one a little late, one much too late.
    for at in [0, 20, 20, 10, 400, 100, 420] {
        recorder
            .frame(&bob, Source::Audio, Codec::Opus, sound(at))
            .unwrap();
    }
    let finished = recorder.finish(SECOND).unwrap();
    assert_eq!(times(&finished, 0), [0, 20, 21, 22, 400, 420]);
}

#[test]
fn a_clock_that_is_set_back_moves_all_tracks_alike() {
    let dir = folder();
    let mut recorder = open(dir.path());
    let bob = user("bob");
    for at in [3_600_000, 3_600_020] {
        recorder
            .frame(&bob, Source::Audio, Codec::Opus, sound(at))
            .unwrap();
        recorder
            .frame(&bob, Source::Video, Codec::Vp8, picture(at, true))
            .unwrap();
    }
    // Half an hour back.
    for at in [1_800_040, 1_800_080] {
        recorder
            .frame(&bob, Source::Audio, Codec::Opus, sound(at))
            .unwrap();
        recorder
            .frame(&bob, Source::Video, Codec::Vp8, picture(at, true))
            .unwrap();
    }
    let finished = recorder.finish(ms(1_801_000)).unwrap();
    assert_agrees(dir.path(), &finished);
    assert_eq!(times(&finished, 0), [0, 20, 21, 60]);
    assert_eq!(times(&finished, 1), [0, 20, 21, 60]);
    assert!(finished.manifest.duration_ms >= 3_600_080);
}

#[test]
fn what_is_no_frame_is_left_out() {
    let dir = folder();
    let mut recorder = open(dir.path());
    let bob = user("bob");
    for (codec, data) in [
        (Codec::Opus, vec![]),
        (Codec::H264, vec![1, 2, 3]),
        (Codec::H264, vec![0, 0, 0, 1, 0x65, 1, 2, 3]),
        (Codec::Av1, vec![0x12, 0]),
        (Codec::Vp8, vec![0; 9]),
        (Codec::Vp9, vec![0x82; 3]),
    ] {
        recorder
            .frame(&bob, Source::Video, codec, frame(5, true, data))
            .unwrap();
    }
    let late = EncodedFrame {
        at: Duration::MAX,
        ..sound(0)
    };
    recorder
        .frame(&bob, Source::Audio, Codec::Opus, late)
        .unwrap();
    let finished = recorder.finish(SECOND).unwrap();
    assert_eq!(finished.manifest.tracks, []);
    assert!(finished.manifest.complete);
    let names: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn the_manifest_tells_who_was_there_and_what_happened() {
    let dir = folder();
    let mut recorder = open(dir.path());
    let bob = user("bob");
    recorder
        .person(&bob, Some("Bob"), Some(Consent::Asked))
        .unwrap();
    recorder
        .event(
            ms(5),
            Event::ParticipantJoined {
                user_id: bob.clone(),
            },
        )
        .unwrap();
    recorder.person(&bob, None, Some(Consent::Given)).unwrap();
    recorder
        .event(
            ms(9),
            Event::Consent {
                user_id: bob.clone(),
                given: true,
            },
        )
        .unwrap();
    recorder.person(&user("eve"), None, None).unwrap();
    recorder.fault(ms(10), RecordingFault::Overloaded);
    recorder.fault(ms(11), RecordingFault::SfuUnavailable);
    let journal = std::fs::read_to_string(dir.path().join("journal.jsonl")).unwrap();
    for _ in 0..100 {
        recorder
            .person(&bob, Some("Bob"), Some(Consent::Given))
            .unwrap();
    }
    // Nothing new, nothing written.
    assert_eq!(
        std::fs::read_to_string(dir.path().join("journal.jsonl")).unwrap(),
        journal
    );
    let finished = recorder.finish(ms(2_500)).unwrap();
    assert_agrees(dir.path(), &finished);
    let text = std::fs::read(dir.path().join(MANIFEST_FILE)).unwrap();
    let mut json: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let file_id = json.as_object_mut().unwrap().remove("fileId").unwrap();
    assert_eq!(file_id, finished.manifest.file_id.to_string());
    let expected = serde_json::json!({
        "version": 1,
        "recordingId": "01900000-0000-7000-8000-000000000001",
        "callId": "01900000-0000-7000-8000-000000000002",
        "mode": "tracks",
        "startedAt": "2026-09-21T14:13:20.123Z",
        "stoppedAt": "2026-09-21T14:13:22.623Z",
        "durationMs": 2500,
        "participants": [
            {"userId": "bob", "name": "Bob", "consent": "given"},
            {"userId": "eve", "name": null, "consent": null},
        ],
        "tracks": [],
        "events": [
            {"atMs": 5, "type": "participant-joined", "userId": "bob"},
            {"atMs": 9, "type": "consent", "userId": "bob", "given": true},
            {"atMs": 2500, "type": "recording-stopped", "userId": null},
        ],
        "complete": false,
        "cause": "overloaded",
    });
    assert_eq!(json, expected);
}
