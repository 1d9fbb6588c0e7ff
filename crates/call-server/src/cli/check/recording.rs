use call_domain::{RecordingMode, RecordingPolicy};
use call_recording::mix::Ffmpeg;
use call_recording::storage::{LocalFolder, Storage, StorageConfig};

use super::Findings;
use crate::recording::{free_bytes, storage};
use crate::settings::Settings;

/// Whether calls can be recorded, mixed, and kept where they are to be kept.
pub(super) async fn check(settings: &Settings, findings: &mut Findings) {
    folder(settings, findings).await;
    store(settings, findings).await;
    ffmpeg(settings, findings).await;
}

async fn folder(settings: &Settings, findings: &mut Findings) {
    let folder = settings.recordings_dir();
    if let Err(error) = LocalFolder::new(&folder).check().await {
        let what = format!(
            "recording.folder: {} cannot be used: {error}",
            folder.display()
        );
        let needed = settings.recording.folder.is_some()
            || settings.policy.recording == RecordingPolicy::Force;
        return if needed {
            findings.error(what);
        } else {
            findings.warning(format_args!("{what}; no call can be recorded"));
        };
    }
    findings.ok(format_args!(
        "recording.folder: {} can be written",
        folder.display()
    ));
    let least = settings.recording.min_free_bytes;
    match free_bytes(&folder) {
        Some(free) if free < least => findings.warning(format_args!(
            "recording.min_free_bytes: {} are to stay free, and {} are; nothing can be recorded",
            shown(least),
            shown(free)
        )),
        Some(free) => findings.ok(format_args!(
            "recording.folder: {} are free for recordings",
            shown(free - least)
        )),
        None => {
            findings.warning("recording.folder: the system does not tell how much room is left");
        }
    }
}

async fn store(settings: &Settings, findings: &mut Findings) {
    let config = storage(settings);
    let StorageConfig::S3(s3) = &config else {
        return;
    };
    let place = s3.location.to_string();
    let checked = match Storage::new(&config) {
        Ok(storage) => storage.check().await,
        Err(error) => Err(error),
    };
    match checked {
        Ok(()) => findings.ok(format_args!(
            "recording.store: {place} is reached, and takes, gives and deletes files"
        )),
        Err(error) => findings.error(format_args!("recording.store: {place}: {error}")),
    }
}

async fn ffmpeg(settings: &Settings, findings: &mut Findings) {
    let program = settings.recording.ffmpeg.clone();
    let found = tokio::task::spawn_blocking(move || Ffmpeg::find(&program)).await;
    let policy = &settings.policy;
    let needed =
        policy.recording == RecordingPolicy::Force && policy.recording_mode == RecordingMode::Mixed;
    match found {
        Ok(Ok(ffmpeg)) => findings.ok(format_args!(
            "recording.ffmpeg: {} makes mixes, as {:?} ({})",
            settings.recording.ffmpeg.display(),
            ffmpeg.format(),
            ffmpeg.version()
        )),
        Ok(Err(missing)) if needed => findings.error(format_args!(
            "recording.ffmpeg: {missing}; and recording.mode is mixed"
        )),
        Ok(Err(missing)) => findings.warning(format_args!(
            "recording.ffmpeg: {missing}; without it there are tracks, and no mixes"
        )),
        Err(error) => findings.error(format_args!("recording.ffmpeg: {error}")),
    }
}

/// In the unit that people think in.
fn shown(bytes: u64) -> String {
    const GIB: u64 = 1 << 30;
    const MIB: u64 = 1 << 20;
    if bytes >= GIB {
        format!("{} GiB", bytes / GIB)
    } else {
        format!("{} MiB", bytes / MIB)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_as_people_say_them() {
        assert_eq!(shown(5 << 30), "5 GiB");
        assert_eq!(shown((1 << 30) - 1), "1023 MiB");
    }
}
