//! Disks without room.

use call_domain::{RecordingFault, RecordingFileId};
use call_recording::mix::{Layout, MixConfig, MixError, Mixer, discard};
use uuid::Uuid;

use crate::tracks::{self, Recorded};
use crate::{measure, small};

#[tokio::test]
async fn what_is_to_stay_free_on_the_disk_stays_free() {
    let mut call = Recorded::new(2_000);
    call.voice("ann", 1_000, 0, 2_000);
    let config = |min_free_bytes| MixConfig {
        min_free_bytes,
        ..small(Layout::Grid)
    };
    let id = RecordingFileId::new(Uuid::new_v4());
    let full = Mixer::new(tracks::ffmpeg(), config(u64::MAX));
    let result = full.mix(call.dir(), &call.manifest, id, &|_| {}).await;
    let error = result.unwrap_err();
    assert!(matches!(error, MixError::DiskFull), "{error}");
    assert_eq!(error.fault(), RecordingFault::DiskFull);
    let left = std::fs::read_dir(call.dir().join("mix")).unwrap();
    assert_eq!(left.count(), 0, "nothing was begun");
    for _ in 0..2 {
        discard(call.dir()).await.unwrap();
        assert!(!call.dir().join("mix").exists());
    }
    let roomy = Mixer::new(tracks::ffmpeg(), config(1));
    let mixed = roomy.mix(call.dir(), &call.manifest, id, &|_| {}).await;
    measure::decodes(&mixed.unwrap().path);
}
