//! Recordings of calls: encoded frames become one WebM file for each participant and source, with a manifest that says who, when
//! and how they belong together; later, a mix of them; and a store that keeps them.
//!
//! For whoever has encoded frames and knows when they were captured: a selective forwarding unit, a gateway, a test. Nothing is
//! decoded while people talk, so recording costs little more than writing.
//!
//! # Contract for embedders
//!
//! 1. [`Recorder::open`] begins a recording in a folder of its own, or goes on with the one that a crash or a restart has left there.
//!    It blocks on the disk, and reads no clock: give it a thread, and the time with everything you tell it, from the recording's
//!    beginning and on one clock for all participants. That clock is what keeps them in sync.
//! 2. [`Recorder::frame`] takes the frames of a source in the order of decoding. Say where frames are missing ([`EncodedFrame::after_gap`]):
//!    what cannot be decoded is left out until the next key frame, and stays a gap in the file. Whether somebody may be recorded is
//!    yours to decide, before.
//! 3. Call [`Recorder::flush`] about once a second. What was flushed is not lost, whenever the process ends, and can be played as it is.
//! 4. An error is final, and [`RecordingFault`] says which it is (the log says more): [`Recorder::finish`] keeps what there is.
//! 5. [`Recorder::finish`] closes the files, so that players can seek in them, and writes the [`Manifest`]; after a crash
//!    [`finish_abandoned`] does the same. Files are named at random: nothing a user chose gets into a path.
//!
//! [`mix`] makes one file of a finished recording, [`storage`] keeps recordings and gives them out.
//!
//! # Example
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use call_recording::{Codec, EncodedFrame, Limits, Manifest, Recorder, RecordingId, RecordingInfo, RecordingMode, Source};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path().join("recording");
//! let info = RecordingInfo {
//!     recording_id: RecordingId::new(uuid::Uuid::from_u128(1)),
//!     call_id: "01900000-0000-7000-8000-0000000000ab".parse()?,
//!     mode: RecordingMode::Tracks,
//!     started_at: SystemTime::now(),
//! };
//! let bob = "bob".parse()?;
//! let limits = Limits { min_free_bytes: 1 << 20, ..Limits::default() };
//! # let failed = |fault| format!("{fault}");
//! let mut recorder = Recorder::open(&folder, info, limits).map_err(failed)?;
//! recorder.person(&bob, Some("Bob"), None).map_err(failed)?;
//! // Two packets of silence, 20 ms each.
//! for n in 0..2 {
//!     let frame = EncodedFrame {
//!         at: Duration::from_millis(1_500 + n * 20),
//!         key: true,
//!         after_gap: n == 0,
//!         size: None,
//!         data: vec![0xF8, 0xFF, 0xFE].into(),
//!     };
//!     recorder.frame(&bob, Source::Audio, Codec::Opus, frame).map_err(failed)?;
//! }
//! recorder.flush(Duration::from_secs(2)).map_err(failed)?;
//!
//! let finished = recorder.finish(Duration::from_secs(3)).map_err(failed)?;
//! let track = &finished.manifest.tracks[0];
//! assert_eq!((track.offset_ms, track.duration_ms, track.frames), (1_500, 40, 2));
//! assert_eq!(Manifest::read(&folder).map_err(failed)?, Some(finished.manifest));
//! # Ok(())
//! # }
//! ```

mod codec;
mod disk;
mod event;
mod frame;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod journal;
mod manifest;
pub mod mix;
mod moment;
mod recorder;
pub mod storage;
mod track;
mod webm;

pub use call_domain::{RecordingFault, RecordingFileId, RecordingId, RecordingMode};
pub use event::{Event, TimedEvent};
pub use frame::{Codec, EncodedFrame, Source};
pub use manifest::{
    Consent, Gap, MANIFEST_FILE, MANIFEST_VERSION, Manifest, ManifestParticipant, ManifestTrack,
};
pub use recorder::{Finished, Limits, RecordedFile, Recorder, RecordingInfo, finish_abandoned};
