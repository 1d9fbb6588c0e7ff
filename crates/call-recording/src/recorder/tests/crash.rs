use super::*;
use crate::Gap;

/// What is left when the process is killed: nothing in memory gets out any more.
fn killed(recorder: Recorder) {
    std::mem::forget(recorder);
}

fn speak(recorder: &mut Recorder, from: u64, to: u64) {
    for at in (from..to).step_by(20) {
        recorder
            .frame(&user("bob"), Source::Audio, Codec::Opus, sound(at))
            .unwrap();
        let key = (at - from).is_multiple_of(400);
        recorder
            .frame(&user("bob"), Source::Video, Codec::Vp8, picture(at, key))
            .unwrap();
    }
}

/// By whom the manifest says that the recording was stopped, as often as it says so.
fn stops(finished: &Finished) -> Vec<Option<UserId>> {
    let events = finished.manifest.events.iter();
    let stops = events.filter_map(|timed| match &timed.event {
        Event::RecordingStopped { user_id } => Some(user_id.clone()),
        _ => None,
    });
    stops.collect()
}

#[test]
fn who_stopped_it_is_noted_once_it_is_known() {
    let dir = folder();
    let mut recorder = open(dir.path());
    speak(&mut recorder, 0, 1_000);
    let first = recorder.finish(SECOND).unwrap();
    assert_eq!(stops(&first), [None]);
    let noted = first.clone().stopped_by(dir.path(), &user("alice"));
    assert_eq!(stops(&noted), [Some(user("alice"))]);
    assert_agrees(dir.path(), &noted);
    let (mut before, mut after) = (first.manifest, noted.manifest.clone());
    before.events.clear();
    after.events.clear();
    assert_eq!(after, before, "nothing else is another");
    // Whoever finishes it again finds that, and may note it again.
    let again = finish_abandoned(dir.path(), &info(), Some(SECOND), None).unwrap();
    assert_eq!(again, noted);
    assert_eq!(again.stopped_by(dir.path(), &user("alice")), noted);
}

#[test]
fn what_was_flushed_survives() {
    let dir = folder();
    let mut recorder = open(dir.path());
    speak(&mut recorder, 0, 1_000);
    recorder.flush(SECOND).unwrap();
    speak(&mut recorder, 1_000, 1_500);
    killed(recorder);
    let finished = finish_abandoned(dir.path(), &info(), None, None).unwrap();
    assert_agrees(dir.path(), &finished);
    assert_eq!(
        times(&finished, 0),
        (0..1_000).step_by(20).collect::<Vec<_>>()
    );
    assert_eq!(
        times(&finished, 1),
        (0..1_000).step_by(20).collect::<Vec<_>>()
    );
    let manifest = &finished.manifest;
    assert_eq!((manifest.duration_ms, manifest.complete), (1_000, false));
    assert_eq!(manifest.cause, Some(RecordingFault::Interrupted));
    assert!(manifest.tracks.iter().all(|track| !track.clean));
    // Again: nothing changes, ids included.
    assert_eq!(
        finish_abandoned(dir.path(), &info(), Some(SECOND), None).unwrap(),
        finished
    );
}

#[test]
fn a_recorder_that_comes_back_goes_on_in_the_same_files() {
    let dir = folder();
    let mut recorder = open(dir.path());
    speak(&mut recorder, 0, 1_000);
    drop(recorder);
    let mut recorder = open(dir.path());
    // What refers to frames from before is of no use.
    recorder
        .frame(
            &user("bob"),
            Source::Video,
            Codec::Vp8,
            picture(2_900, false),
        )
        .unwrap();
    speak(&mut recorder, 3_000, 4_000);
    recorder
        .frame(&user("eve"), Source::Audio, Codec::Opus, sound(3_500))
        .unwrap();
    killed(recorder);
    let mut recorder = open(dir.path());
    recorder.flush(ms(4_500)).unwrap();
    recorder
        .frame(&user("kim"), Source::Audio, Codec::Opus, sound(5_000))
        .unwrap();
    let finished = recorder.finish(ms(6_000)).unwrap();
    assert_agrees(dir.path(), &finished);
    let manifest = &finished.manifest;
    // Eve's frame was never flushed; what was dropped in order had been.
    let who: Vec<_> = manifest
        .tracks
        .iter()
        .map(|track| track.user_id.as_str())
        .collect();
    assert_eq!(who, ["bob", "bob", "kim"]);
    assert_eq!(
        times(&finished, 0),
        (0..1_000).step_by(20).collect::<Vec<_>>()
    );
    let clean: Vec<_> = manifest.tracks.iter().map(|track| track.clean).collect();
    assert_eq!(clean, [false, false, true]);
    let restarts: Vec<_> = manifest
        .events
        .iter()
        .map(|event| (event.at_ms, &event.event))
        .collect();
    assert_eq!(
        restarts,
        [
            (2_900, &Event::RecorderRestarted),
            (4_500, &Event::RecorderRestarted),
            (6_000, &Event::RecordingStopped { user_id: None }),
        ]
    );
    assert_eq!(manifest.cause, Some(RecordingFault::Interrupted));
}

#[test]
fn a_pause_of_the_recorder_is_a_gap() {
    let dir = folder();
    let mut recorder = open(dir.path());
    speak(&mut recorder, 0, 1_000);
    recorder.flush(SECOND).unwrap();
    killed(recorder);
    let mut recorder = open(dir.path());
    speak(&mut recorder, 3_000, 4_000);
    let finished = recorder.finish(ms(4_000)).unwrap();
    assert_agrees(dir.path(), &finished);
    for (index, track) in finished.manifest.tracks.iter().enumerate() {
        let expected = (0..1_000).step_by(20).chain((3_000..4_000).step_by(20));
        assert_eq!(times(&finished, index), expected.collect::<Vec<_>>());
        assert_eq!(
            track.gaps,
            [Gap {
                from_ms: 1_000,
                to_ms: 3_000
            }]
        );
    }
}

#[test]
fn a_finished_recording_can_be_gone_on_with() {
    let dir = folder();
    let mut recorder = open(dir.path());
    speak(&mut recorder, 0, 1_000);
    let first = recorder.finish(SECOND).unwrap();
    let mut recorder = open(dir.path());
    assert_eq!(Manifest::read(dir.path()).unwrap(), None);
    speak(&mut recorder, 2_000, 3_000);
    let second = recorder.finish(ms(3_000)).unwrap();
    assert_agrees(dir.path(), &second);
    assert_eq!(second.manifest.file_id, first.manifest.file_id);
    assert_eq!(second.manifest.tracks[0].frames, 100);
}

#[test]
fn a_journal_that_ends_anywhere_tells_what_is_whole() {
    let dir = folder();
    let mut recorder = open(dir.path());
    speak(&mut recorder, 0, 400);
    recorder
        .event(
            ms(300),
            Event::ParticipantLeft {
                user_id: user("eve"),
            },
        )
        .unwrap();
    recorder.flush(SECOND).unwrap();
    killed(recorder);
    let path = dir.path().join("journal.jsonl");
    let journal = std::fs::read(&path).unwrap();
    let tracks_in = |text: &[u8]| {
        let whole = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        String::from_utf8(text[..whole].to_vec())
            .unwrap()
            .matches("\"line\":\"track\"")
            .count()
    };
    assert_eq!(tracks_in(&journal), 2);
    for length in (0..=journal.len()).step_by(7) {
        std::fs::write(&path, &journal[..length]).unwrap();
        let _ = std::fs::remove_file(dir.path().join(MANIFEST_FILE));
        let finished = finish_abandoned(dir.path(), &info(), None, None).unwrap();
        assert_eq!(
            finished.manifest.tracks.len(),
            tracks_in(&journal[..length]),
            "{length}"
        );
        // And a recorder goes on behind the last whole line.
        let mut recorder = open(dir.path());
        recorder
            .event(SECOND, Event::RecordingStopped { user_id: None })
            .unwrap();
        killed(recorder);
        let again = std::fs::read_to_string(&path).unwrap();
        assert!(
            again
                .lines()
                .all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok())
        );
    }
}

#[test]
fn lines_that_are_damaged_are_passed_over() {
    let dir = folder();
    let mut recorder = open(dir.path());
    speak(&mut recorder, 0, 400);
    recorder.flush(SECOND).unwrap();
    killed(recorder);
    let path = dir.path().join("journal.jsonl");
    let mut journal = std::fs::read(&path).unwrap();
    let second = journal.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    journal.splice(second..second, *b"{\"line\":\"else\"}\n\xFF\xFE\n\n");
    std::fs::write(&path, journal).unwrap();
    let finished = finish_abandoned(dir.path(), &info(), None, None).unwrap();
    assert_eq!(finished.manifest.tracks.len(), 2);
}

#[test]
fn without_a_folder_it_was_a_recording_of_nothing() {
    let dir = folder();
    let inside = dir.path().join("never");
    let cause = Some(RecordingFault::SfuUnavailable);
    let finished = finish_abandoned(&inside, &info(), Some(SECOND), cause).unwrap();
    assert_eq!(finished.manifest.tracks, []);
    assert_eq!(
        (finished.manifest.duration_ms, finished.manifest.cause),
        (1_000, cause)
    );
    assert_eq!(
        finish_abandoned(&inside, &info(), None, None).unwrap(),
        finished
    );
}

#[test]
fn a_folder_belongs_to_one_recording() {
    let dir = folder();
    drop(open(dir.path()));
    let mut other = info();
    other.recording_id = RecordingId::new(Uuid::from_u128(9));
    let refused = Recorder::open(dir.path(), other.clone(), limits());
    assert_eq!(refused.unwrap_err(), RecordingFault::WriteFailed);
    let refused = finish_abandoned(dir.path(), &other, None, None);
    assert_eq!(refused.unwrap_err(), RecordingFault::WriteFailed);
}

#[test]
fn a_file_that_has_gone_is_not_among_the_files() {
    let dir = folder();
    let mut recorder = open(dir.path());
    speak(&mut recorder, 0, 400);
    let finished = recorder.finish(SECOND).unwrap();
    std::fs::remove_file(&finished.files[0].path).unwrap();
    let again = finish_abandoned(dir.path(), &info(), None, None).unwrap();
    assert_eq!(again.manifest, finished.manifest);
    assert_eq!(again.files, finished.files[1..]);
}
