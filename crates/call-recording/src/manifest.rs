use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use call_domain::{CallId, RecordingFault, RecordingFileId, RecordingId, RecordingMode, UserId};
use serde::{Deserialize, Serialize};

use crate::disk::{self, Disk};
use crate::event::TimedEvent;
use crate::{Codec, Source, moment};

/// The name of a manifest in the folder of its recording.
pub const MANIFEST_FILE: &str = "manifest.json";

/// The version of [`Manifest`] that is written.
pub const MANIFEST_VERSION: u32 = 1;

/// No manifest is longer: what is longer was not written here, and is not read.
const MAX_BYTES: u64 = 64 << 20;

/// Who, when and what: how the files of a recording belong together. Camel case JSON in [`MANIFEST_FILE`].
///
/// All its times are milliseconds from the recording's beginning, on the server's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// [`MANIFEST_VERSION`]. Fields may be added within a version.
    pub version: u32,
    /// Names the manifest itself among the files of the recording.
    pub file_id: RecordingFileId,
    /// Which recording (UUID version 7).
    pub recording_id: RecordingId,
    /// Of which call.
    pub call_id: CallId,
    /// What was asked for: `tracks` or `mixed`.
    pub mode: RecordingMode,
    /// When it began (RFC 3339, milliseconds, UTC).
    #[serde(with = "moment")]
    pub started_at: SystemTime,
    /// When it stopped.
    #[serde(with = "moment")]
    pub stopped_at: SystemTime,
    /// From its beginning to its end.
    pub duration_ms: u64,
    /// Everybody who was in the call meanwhile, recorded or not, in the order of coming.
    pub participants: Vec<ManifestParticipant>,
    /// One for each participant and source, and one more wherever the codec changed; in the order of their beginnings.
    pub tracks: Vec<ManifestTrack>,
    /// What happened, in the order of time.
    pub events: Vec<TimedEvent>,
    /// Whether all is here that was to be recorded.
    pub complete: bool,
    /// Why it is not.
    pub cause: Option<RecordingFault>,
}

/// Somebody who was in the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestParticipant {
    /// Who.
    pub user_id: UserId,
    /// Under which name, as far as it was known.
    pub name: Option<String>,
    /// What they last said to being recorded; absent where nobody was asked.
    pub consent: Option<Consent>,
}

/// A file of encoded frames. It begins at 0; `offset_ms` is its place in the recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestTrack {
    /// Names the file.
    pub file_id: RecordingFileId,
    /// The file beside the manifest: `<file id>.webm` or `.mkv`.
    pub file: String,
    /// Whose.
    pub user_id: UserId,
    /// From what.
    pub source: Source,
    /// How it is encoded.
    pub codec: Codec,
    /// The file's media type.
    pub content_type: String,
    /// From the recording's beginning to the file's.
    pub offset_ms: u64,
    /// From the file's beginning to the end of its last frame, gaps included.
    pub duration_ms: u64,
    /// The file's size.
    pub bytes: u64,
    /// The largest picture's width in pixels; absent for sound.
    pub width: Option<u16>,
    /// The largest picture's height in pixels; absent for sound.
    pub height: Option<u16>,
    /// How many frames there are.
    pub frames: u64,
    /// Where nothing was received for a second or longer, in the order of time; the first 16 384 of them.
    pub gaps: Vec<Gap>,
    /// Whether the recorder closed it itself: otherwise what was written last before a crash may be missing.
    pub clean: bool,
}

/// A time without frames, from the file's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    /// The end of the last frame before it, in milliseconds.
    pub from_ms: u64,
    /// The next frame's beginning, in milliseconds.
    pub to_ms: u64,
}

/// What somebody said to being recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Nothing yet.
    Asked,
    /// Yes.
    Given,
    /// No, or no longer.
    Refused,
}

impl Manifest {
    /// The manifest in the folder of a recording; `None` while there is none: the recording is not finished.
    ///
    /// # Errors
    ///
    /// [`RecordingFault::WriteFailed`] when it cannot be read or is damaged; the log says more.
    pub fn read(dir: &Path) -> Result<Option<Self>, RecordingFault> {
        let path = dir.join(MANIFEST_FILE);
        let read = || -> io::Result<Self> {
            let mut text = Vec::new();
            File::open(&path)?.take(MAX_BYTES).read_to_end(&mut text)?;
            Ok(serde_json::from_slice(&text)?)
        };
        match read() {
            Ok(manifest) => Ok(Some(manifest)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                tracing::error!(path = %path.display(), %error, "the manifest of a recording cannot be read");
                Err(RecordingFault::WriteFailed)
            }
        }
    }

    /// Puts it into the folder, whole or not at all: readers see the one before or this one. Its size in bytes.
    pub(crate) fn write(&self, disk: &dyn Disk, dir: &Path) -> io::Result<u64> {
        let text = serde_json::to_vec_pretty(self)?;
        let temporary = dir.join(".manifest.json.new");
        disk::remove(&temporary)?;
        let mut medium = disk.create(&temporary)?;
        medium.write_at(&text, 0)?;
        medium.sync()?;
        fs::rename(&temporary, dir.join(MANIFEST_FILE))?;
        disk::sync_folder(dir)?;
        Ok(text.len() as u64)
    }

    /// Where the file of one of its tracks lies.
    pub fn path(dir: &Path, track: &ManifestTrack) -> PathBuf {
        dir.join(track.codec.file_name(track.file_id))
    }
}
