use super::*;
use crate::disk::memory::SmallDisk;
use crate::recorder::finish::finish_abandoned_on;

/// A recorder on a disk with so much room, once it has begun.
fn on_disk(dir: &Path, room: u64) -> (Recorder, SmallDisk) {
    let disk = SmallDisk::new(dir, u64::MAX);
    let recorder = Recorder::open_on(Box::new(disk.clone()), dir, info(), limits()).unwrap();
    disk.resize(disk.used() + room);
    (recorder, disk)
}

/// Records until it fails; when, and how many frames had been flushed by then.
fn until_full(recorder: &mut Recorder) -> (RecordingFault, u64) {
    let mut flushed = 0;
    for n in 0..100_000 {
        let at = n * 20;
        let result = recorder.frame(&user("bob"), Source::Audio, Codec::Opus, sound(at));
        let result = result.and_then(|()| {
            if n % 50 == 49 {
                recorder.flush(ms(at))
            } else {
                Ok(())
            }
        });
        match result {
            Ok(()) if n % 50 == 49 => flushed = n + 1,
            Ok(()) => {}
            Err(fault) => return (fault, flushed),
        }
    }
    panic!("it never gets full");
}

#[test]
fn a_disk_without_room_for_who_stopped_it_keeps_the_manifest() {
    let dir = folder();
    let (mut recorder, disk) = on_disk(dir.path(), 300_000);
    let frame = sound(0);
    let written = recorder.frame(&user("bob"), Source::Audio, Codec::Opus, frame);
    written.unwrap();
    let finished = recorder.finish(ms(1_000)).unwrap();
    disk.resize(disk.used());
    let noted = (finished.clone()).stopped_by_on(&disk, dir.path(), &user("alice"));
    assert_eq!(noted, finished);
    assert_agrees(dir.path(), &finished);
    disk.resize(u64::MAX);
    let noted = noted.stopped_by_on(&disk, dir.path(), &user("alice"));
    assert_ne!(noted, finished);
    assert_agrees(dir.path(), &noted);
}

#[test]
fn a_full_disk_ends_a_recording_and_keeps_what_there_is() {
    for room in [900, 5_000, 5_001, 40_000, 300_000] {
        let dir = folder();
        let (mut recorder, _disk) = on_disk(dir.path(), room);
        let (fault, flushed) = until_full(&mut recorder);
        assert_eq!(fault, RecordingFault::DiskFull);
        // It stays so.
        let again = recorder.frame(&user("bob"), Source::Audio, Codec::Opus, sound(9_000_000));
        assert_eq!(again, Err(RecordingFault::DiskFull));
        assert_eq!(recorder.flush(ms(9_000_000)), Err(RecordingFault::DiskFull));
        let finished = recorder.finish(ms(60_000)).unwrap();
        assert_agrees(dir.path(), &finished);
        assert_eq!(finished.manifest.cause, Some(RecordingFault::DiskFull));
        let frames: u64 = finished
            .manifest
            .tracks
            .iter()
            .map(|track| track.frames)
            .sum();
        assert!(frames >= flushed, "{frames} of {flushed} with {room}");
        assert!(!dir.path().join(".reserve").exists());
    }
}

#[test]
fn with_less_than_is_to_stay_free_it_ends_too() {
    let dir = folder();
    let disk = SmallDisk::new(dir.path(), 20 << 20);
    let limits = Limits {
        min_free_bytes: 10 << 20,
        ..limits()
    };
    let boxed = || Box::new(disk.clone());
    let mut recorder = Recorder::open_on(boxed(), dir.path(), info(), limits.clone()).unwrap();
    recorder
        .frame(&user("bob"), Source::Audio, Codec::Opus, sound(0))
        .unwrap();
    recorder.flush(SECOND).unwrap();
    disk.resize(11 << 20);
    recorder
        .frame(&user("bob"), Source::Audio, Codec::Opus, sound(1_000))
        .unwrap();
    // Not looked at more than once a second.
    recorder.flush(ms(1_100)).unwrap();
    assert_eq!(recorder.flush(ms(2_100)), Err(RecordingFault::DiskFull));
    let finished = recorder.finish(ms(2_200)).unwrap();
    assert_agrees(dir.path(), &finished);
    assert_eq!(finished.manifest.tracks[0].frames, 2);
    assert_eq!(finished.manifest.cause, Some(RecordingFault::DiskFull));
    // And none begins.
    disk.resize(10 << 20);
    let other = folder();
    let refused = Recorder::open_on(boxed(), other.path(), info(), limits);
    assert_eq!(refused.unwrap_err(), RecordingFault::DiskFull);
}

#[test]
fn without_room_for_a_manifest_it_can_be_finished_later() {
    let dir = folder();
    let (mut recorder, disk) = on_disk(dir.path(), 20_000);
    let (_, flushed) = until_full(&mut recorder);
    // Somebody else takes the room that was kept.
    disk.resize(0);
    assert_eq!(
        recorder.finish(ms(60_000)).unwrap_err(),
        RecordingFault::DiskFull
    );
    assert_eq!(Manifest::read(dir.path()).unwrap(), None);
    disk.resize(u64::MAX);
    let finished = finish_abandoned_on(&disk, dir.path(), &info(), Some(ms(60_000)), None).unwrap();
    assert_agrees(dir.path(), &finished);
    assert!(finished.manifest.tracks[0].frames >= flushed);
    assert_eq!(finished.manifest.duration_ms, 60_000);
}

#[test]
fn a_clock_that_is_set_back_does_not_keep_it_from_looking_for_room() {
    let dir = folder();
    let disk = SmallDisk::new(dir.path(), u64::MAX);
    let limits = Limits {
        min_free_bytes: 10 << 20,
        ..limits()
    };
    let open = Recorder::open_on(Box::new(disk.clone()), dir.path(), info(), limits);
    let mut recorder = open.unwrap();
    recorder.flush(ms(3_600_000)).unwrap();
    disk.resize(disk.used() + (1 << 20));
    assert_eq!(recorder.flush(ms(60_000)), Err(RecordingFault::DiskFull));
}
