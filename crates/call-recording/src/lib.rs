//! Recordings of calls: encoded frames become one WebM file for each participant and source, with a manifest that says who, when
//! and how they belong together; later, a mix of them; and a store that keeps them.

mod codec;
mod disk;
mod event;
mod frame;
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
