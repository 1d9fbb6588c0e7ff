//! Rows: the shape between a call and its columns. They never leave this crate.

mod call;
mod event;
mod participant;
mod sample;
mod text;

pub(crate) use call::{AnnotationRow, CallRow, Snapshot, stored_call, stored_calls};
pub(crate) use event::{EventRow, event_rows};
pub(crate) use participant::{ParticipantRow, participant_rows};
pub(crate) use sample::{NewSampleRow, SampleRow};
pub(crate) use text::{json, keepable, text};
