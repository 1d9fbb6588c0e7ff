//! Mixes by the machine's ffmpeg (Debian's package `ffmpeg`), and what is to be seen and heard in them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod codecs;
mod failures;
mod hostile;
mod measure;
mod recorded;
mod room;
mod sent;
mod sound;
mod tracks;
mod whole;

use std::sync::Mutex;

use call_domain::RecordingFileId;
use call_recording::mix::{Ffmpeg, Layout, Mix, MixConfig, MixError, Mixer};
use uuid::Uuid;

use crate::tracks::Recorded;

/// Small pictures, for short tests.
fn small(layout: Layout) -> MixConfig {
    MixConfig {
        layout,
        width: 320,
        height: 180,
        nice: 5,
        ..MixConfig::default()
    }
}

async fn mix_with(ffmpeg: Ffmpeg, layout: Layout, recorded: &Recorded) -> Result<Mix, MixError> {
    let told = Mutex::new(vec![0.0]);
    let mixer = Mixer::new(ffmpeg, small(layout));
    let id = RecordingFileId::new(Uuid::new_v4());
    let progress = |share| told.lock().unwrap().push(share);
    let result = mixer
        .mix(recorded.dir(), &recorded.manifest, id, &progress)
        .await;
    let told = told.into_inner().unwrap();
    assert!(
        told.is_sorted() && told.iter().all(|share| (0.0..=1.0).contains(share)),
        "{told:?}"
    );
    if let Ok(mix) = &result {
        assert_eq!(told.last(), Some(&1.0));
        assert_eq!(mix.bytes, std::fs::metadata(&mix.path).unwrap().len());
        assert_eq!(mix.file_id, id);
        assert!(
            mix.path
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with(&id.to_string())
        );
        assert!(
            !recorded.dir().join("mix").exists(),
            "the steps' files are taken away"
        );
    }
    result
}

async fn mix(layout: Layout, recorded: &Recorded) -> Mix {
    mix_with(tracks::ffmpeg(), layout, recorded).await.unwrap()
}
