use std::path::{Path, PathBuf};
use std::time::Duration;

use call_domain::RecordingFileId;

use super::{Ffmpeg, MixError};
use crate::Manifest;

/// How the pictures are arranged. A shared screen takes the stage in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Layout {
    /// All of the same size.
    #[default]
    Grid,
    /// Whoever speaks is large, the others beside.
    Speaker,
}

/// How mixes are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MixConfig {
    /// How the pictures are arranged.
    pub layout: Layout,
    /// In pixels, even, 160 to 3840.
    pub width: u16,
    /// In pixels, even, 90 to 2160.
    pub height: u16,
    /// Pictures in a second, 5 to 60.
    pub fps: u8,
    /// Threads of an encoder or decoder, and so about how many processors ffmpeg keeps busy. At least 1.
    pub threads: u8,
    /// How far ffmpeg stands back behind the server: 0 to 19, see nice(1).
    pub nice: u8,
}

impl Default for MixConfig {
    fn default() -> Self {
        Self {
            layout: Layout::Grid,
            width: 1280,
            height: 720,
            fps: 25,
            threads: 1,
            nice: 10,
        }
    }
}

/// A mix that has been made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mix {
    /// Names it.
    pub file_id: RecordingFileId,
    /// Where it lies: in the recording's folder.
    pub path: PathBuf,
    /// Its media type: `video/mp4`, `video/webm`, `audio/mp4` or `audio/webm`.
    pub content_type: &'static str,
    /// Its size.
    pub bytes: u64,
    /// How long it plays: as long as the recording.
    pub duration: Duration,
    /// Width and height in pixels; absent where nobody showed a picture.
    pub size: Option<(u16, u16)>,
    /// Tracks that could not be decoded and are left out.
    pub left_out: Vec<RecordingFileId>,
}

/// Makes mixes.
#[derive(Debug, Clone)]
pub struct Mixer {
    ffmpeg: Ffmpeg,
    config: MixConfig,
}

impl Mixer {
    /// What does not fit [`MixConfig`]'s ranges is brought into them.
    pub fn new(ffmpeg: Ffmpeg, config: MixConfig) -> Self {
        Self { ffmpeg, config }
    }

    /// The ffmpeg it uses.
    pub fn ffmpeg(&self) -> &Ffmpeg {
        &self.ffmpeg
    }

    /// How it mixes.
    pub fn config(&self) -> &MixConfig {
        &self.config
    }

    /// Mixes the recording in the folder into one file of that id beside the tracks. Takes a good part of the call's length; uses
    /// one child process at a time.
    ///
    /// What it has made stays when it fails, is dropped or the server stops: the next call with the same manifest and
    /// configuration goes on from there. A finished mix of that id is found, not made again. Dropping the future kills ffmpeg.
    ///
    /// `progress` is told from 0 to 1, some times a second, never less than before.
    ///
    /// # Errors
    ///
    /// When there is no mix; what went before is kept. A track that cannot be decoded is no error but
    /// [left out](Mix::left_out).
    pub async fn mix(
        &self,
        _dir: &Path,
        _manifest: &Manifest,
        _file_id: RecordingFileId,
        _progress: &(dyn Fn(f64) + Send + Sync),
    ) -> Result<Mix, MixError> {
        Err(MixError::NothingToMix)
    }
}
