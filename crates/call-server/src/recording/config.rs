use std::time::Duration;

use call_recording::Limits;
use call_recording::mix::{Layout, MixConfig};
use call_recording::storage::StorageConfig;

use crate::settings::{MixLayout, RecordingSettings, Settings};

/// Where finished recordings are kept.
pub(crate) fn storage(settings: &Settings) -> StorageConfig {
    match &settings.recording.s3 {
        Some(s3) => StorageConfig::S3(s3.clone()),
        None => StorageConfig::Local {
            folder: settings.recordings_dir(),
        },
    }
}

/// What recorders keep to.
pub(super) fn limits(settings: &RecordingSettings) -> Limits {
    Limits {
        min_free_bytes: settings.min_free_bytes,
        sync_every: Some(Duration::from_secs(5)),
    }
}

/// How much room mixes leave: twice as much as recordings, so that none ends one that runs.
pub(super) fn min_free_of_mixes(settings: &RecordingSettings) -> u64 {
    settings.min_free_bytes.saturating_mul(2)
}

/// How mixes are made.
pub(super) fn mix(settings: &RecordingSettings) -> MixConfig {
    let mix = settings.mix;
    MixConfig {
        layout: match mix.layout {
            MixLayout::Grid => Layout::Grid,
            MixLayout::Speaker => Layout::Speaker,
        },
        width: u16::try_from(mix.width).unwrap_or(u16::MAX),
        height: u16::try_from(mix.height).unwrap_or(u16::MAX),
        threads: u8::try_from(mix.threads).unwrap_or(u8::MAX),
        min_free_bytes: min_free_of_mixes(settings),
        ..MixConfig::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let variables = variables
            .iter()
            .map(|(key, text)| (format!("CALL__{key}"), (*text).to_owned()));
        Settings::load_from(None, variables).expect("right")
    }

    #[test]
    fn recordings_are_beside_the_database_unless_said_otherwise() {
        let folder = |variables: &[_]| match storage(&settings(variables)) {
            StorageConfig::Local { folder } => folder,
            StorageConfig::S3(_) => panic!("not asked for"),
        };
        assert_eq!(folder(&[]).to_str(), Some("data/recordings"));
        assert_eq!(
            folder(&[("DATABASE__URL", "sqlite:///srv/calls/db.sqlite3")]).to_str(),
            Some("/srv/calls/recordings")
        );
        assert_eq!(
            folder(&[("RECORDING__FOLDER", "/mnt/large")]).to_str(),
            Some("/mnt/large")
        );
    }

    #[test]
    fn what_is_set_reaches_the_mixer_and_the_recorders() {
        let settings = settings(&[
            ("RECORDING__MIX_SIZE", "640x360"),
            ("RECORDING__MIX_LAYOUT", "speaker"),
            ("RECORDING__MIX_THREADS", "3"),
            ("RECORDING__MIN_FREE_BYTES", "7"),
        ]);
        let mix = mix(&settings.recording);
        assert_eq!((mix.width, mix.height, mix.threads), (640, 360, 3));
        assert_eq!(mix.layout, Layout::Speaker);
        assert_eq!(mix.min_free_bytes, 14);
        assert_eq!(limits(&settings.recording).min_free_bytes, 7);
    }
}
