//! Rows: the shape between a call and its columns. They never leave this crate.

mod alert;
mod call;
mod event;
mod job;
mod participant;
mod recording;
mod recording_file;
mod sample;
mod text;

pub(crate) use alert::AlertRow;
pub(crate) use call::{AnnotationRow, CallRow, Snapshot, stored_call, stored_calls};
pub(crate) use event::{EventRow, event_rows};
pub(crate) use job::JobRow;
pub(crate) use participant::{ParticipantRow, participant_rows};
pub(crate) use recording::{RecordingChange, RecordingRow, RecordingStep, stored_recordings};
pub(crate) use recording_file::{FileRow, file_rows};
pub(crate) use sample::{NewSampleRow, SampleRow};
pub(crate) use text::{json, keepable, text};
