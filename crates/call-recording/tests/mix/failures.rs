//! Tracks that are no good, and an ffmpeg that dies.

use std::collections::BTreeSet;
use std::future::Future as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use call_domain::{RecordingFault, RecordingFileId};
use call_recording::mix::{Ffmpeg, Layout, MixError, Mixer};
use call_recording::{Codec, Source};
use uuid::Uuid;

use crate::measure::{self, Colour};
use crate::tracks::{self, Recorded, Stretch};
use crate::{mix, mix_with, small};

#[tokio::test]
async fn what_cannot_be_decoded_is_left_out() {
    let mut call = Recorded::new(3_000);
    call.picture("ann", Source::Video, "red", &[Stretch(0, 3_000, 160)]);
    call.voice("ann", 1_000, 0, 3_000);
    let rubbish = call.track("bob", Source::Video, Codec::Vp8, 0, 3_000, Vec::new());
    std::fs::write(rubbish, vec![7; 5_000]).unwrap();
    let rubbish = call.track("bob", Source::Audio, Codec::Opus, 0, 3_000, Vec::new());
    std::fs::write(rubbish, vec![7; 5_000]).unwrap();
    call.track("eve", Source::Audio, Codec::Opus, 0, 3_000, Vec::new());
    let mix = mix(Layout::Grid, &call).await;
    let bad: BTreeSet<RecordingFileId> = call.manifest.tracks[2..]
        .iter()
        .map(|track| track.file_id)
        .collect();
    assert_eq!(mix.left_out.iter().copied().collect::<BTreeSet<_>>(), bad);
    measure::decodes(&mix.path);
    let picture = measure::picture_at(&mix.path, "1.5");
    assert_eq!(picture.people(), BTreeSet::from([Colour::Red]));
    assert_eq!(measure::beeps(&mix.path, 1_000).len(), 3);
}

#[tokio::test]
async fn of_nothing_there_is_no_mix() {
    let empty = Recorded::new(5_000);
    let error = mix_with(tracks::ffmpeg(), Layout::Grid, &empty)
        .await
        .unwrap_err();
    assert!(matches!(error, MixError::NothingToMix), "{error}");
    let mut bad = Recorded::new(5_000);
    for (source, codec) in [(Source::Video, Codec::Vp8), (Source::Audio, Codec::Opus)] {
        let rubbish = bad.track("bob", source, codec, 0, 3_000, Vec::new());
        std::fs::write(rubbish, vec![7; 5_000]).unwrap();
    }
    let error = mix_with(tracks::ffmpeg(), Layout::Speaker, &bad)
        .await
        .unwrap_err();
    assert!(matches!(error, MixError::NothingToMix), "{error}");
    assert!(!bad.dir().join("mix").exists());
}

/// An ffmpeg that notes what it is asked for, and dies of what a file names, in the middle of it.
struct Mortal {
    bin: tempfile::TempDir,
}

impl Mortal {
    fn new() -> Self {
        let bin = tempfile::tempdir().unwrap();
        let program = bin.path().join("ffmpeg");
        let script = r#"#!/bin/sh
here=$(dirname "$0")
case "$*" in *-progress*) echo "$*" >> "$here/asked";; esac
if [ -e "$here/dies-of" ]; then
    case "$*" in *"$(cat "$here/dies-of")"*) ffmpeg "$@" | head -c 2000; kill -9 $$;; esac
fi
exec ffmpeg "$@"
"#;
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { bin }
    }

    fn ffmpeg(&self) -> Ffmpeg {
        Ffmpeg::find(&self.bin.path().join("ffmpeg")).unwrap()
    }

    fn dies_of(&self, what: &str) {
        std::fs::write(self.bin.path().join("dies-of"), what).unwrap();
    }

    fn lives(&self) {
        std::fs::remove_file(self.bin.path().join("dies-of")).unwrap();
    }

    /// What it was asked for since the last time.
    fn asked(&self) -> Vec<String> {
        let asked = self.bin.path().join("asked");
        let text = std::fs::read_to_string(&asked).unwrap_or_default();
        let _ = std::fs::remove_file(asked);
        text.lines().map(str::to_owned).collect()
    }
}

fn count(asked: &[String], what: &str) -> usize {
    asked.iter().filter(|line| line.contains(what)).count()
}

#[tokio::test]
async fn a_second_try_goes_on_where_ffmpeg_was_killed() {
    let mut call = Recorded::new(4_000);
    call.picture("ann", Source::Video, "red", &[Stretch(0, 4_000, 160)]);
    call.voice("ann", 1_000, 0, 4_000);
    call.picture("bob", Source::Video, "blue", &[Stretch(1_000, 3_000, 160)]);
    let mortal = Mortal::new();

    // The second scene is the only one of two pictures.
    mortal.dies_of("[1:v:0]");
    let error = mix_with(mortal.ffmpeg(), Layout::Grid, &call)
        .await
        .unwrap_err();
    assert!(
        matches!(error, MixError::Killed { signal: 9, .. }),
        "{error}"
    );
    assert_eq!(error.fault(), RecordingFault::MixFailed);
    let asked = mortal.asked();
    assert_eq!(
        (count(&asked, "force_original"), count(&asked, "overlay")),
        (2, 2)
    );

    // It dies again, of another thing; what was half done is done again, what was done is not.
    mortal.dies_of("concat");
    let error = mix_with(mortal.ffmpeg(), Layout::Grid, &call)
        .await
        .unwrap_err();
    assert!(
        matches!(error, MixError::Killed { signal: 9, .. }),
        "{error}"
    );
    let asked = mortal.asked();
    assert_eq!(
        (count(&asked, "force_original"), count(&asked, "overlay")),
        (0, 1)
    );
    assert_eq!((count(&asked, "amix"), count(&asked, "concat")), (1, 1));

    mortal.lives();
    let mix = mix_with(mortal.ffmpeg(), Layout::Grid, &call)
        .await
        .unwrap();
    let asked = mortal.asked();
    assert_eq!(
        (
            count(&asked, "overlay"),
            count(&asked, "amix"),
            count(&asked, "concat")
        ),
        (0, 0, 1)
    );
    measure::decodes(&mix.path);
    let pictures = measure::pictures(&mix.path);
    assert_eq!(pictures.len(), 100);
    assert_eq!(pictures[15].people(), BTreeSet::from([Colour::Red]));
    assert_eq!(
        pictures[60].people(),
        BTreeSet::from([Colour::Red, Colour::Blue])
    );
    assert!(mix.left_out.is_empty());
}

/// Processes that run in a folder.
fn running_in(folder: &Path) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let folders =
        processes.filter_map(|process| std::fs::read_link(process.path().join("cwd")).ok());
    folders.filter(|cwd: &PathBuf| cwd == folder).count()
}

#[tokio::test]
async fn whoever_waits_no_longer_leaves_no_ffmpeg_behind() {
    let mut call = Recorded::new(600_000);
    // Minutes of work.
    call.picture(
        "ann",
        Source::Video,
        "red",
        &[Stretch(0, 1_000, 160), Stretch(599_000, 1_000, 160)],
    );
    let ann = "ann".parse().unwrap();
    call.event(0, call_recording::Event::ParticipantJoined { user_id: ann });
    call.manifest.tracks[0].gaps.clear();
    let folder = call.dir().canonicalize().unwrap();
    let mixer = Mixer::new(tracks::ffmpeg(), small(Layout::Grid));
    let moved = AtomicBool::new(false);
    let progress = |share: f64| moved.store(share > 0.0, Ordering::Relaxed);
    let id = RecordingFileId::new(Uuid::new_v4());
    {
        let mut mixing = Box::pin(mixer.mix(&folder, &call.manifest, id, &progress));
        std::future::poll_fn(|context| match mixing.as_mut().poll(context) {
            Poll::Ready(result) => panic!("too quick: {result:?}"),
            Poll::Pending if moved.load(Ordering::Relaxed) => Poll::Ready(()),
            Poll::Pending => Poll::Pending,
        })
        .await;
        assert!(running_in(&folder) > 0);
    }
    let patience = Instant::now();
    while running_in(&folder) > 0 {
        assert!(
            patience.elapsed() < Duration::from_secs(5),
            "ffmpeg goes on"
        );
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn an_ffmpeg_that_has_gone_away_is_told() {
    let mut call = Recorded::new(2_000);
    call.voice("ann", 1_000, 0, 2_000);
    let mortal = Mortal::new();
    let ffmpeg = mortal.ffmpeg();
    drop(mortal);
    let error = mix_with(ffmpeg, Layout::Grid, &call).await.unwrap_err();
    assert!(matches!(error, MixError::FfmpegMissing(_)), "{error}");
    assert_eq!(error.fault(), RecordingFault::MixingUnavailable);
}
