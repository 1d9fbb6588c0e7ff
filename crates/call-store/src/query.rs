//! What is asked of the databases, one file per use; each function runs in a transaction that its
//! caller began.

mod alert;
mod commit;
mod credential;
mod history;
mod job;
mod lock;
mod place;
mod quality;
mod read;
mod recording;
mod recording_step;
mod retention;

pub(crate) use alert::{alerts, insert_alert};
pub(crate) use commit::{Change, Committed, commit};
pub(crate) use credential::{delete_expired_turn_credentials, insert_turn_credential};
pub(crate) use history::history;
pub(crate) use job::{
    Held, enqueue_job, extend_lease, finish_job, job_counts, jobs_of, lease_job, put_job_state,
    retry_job,
};
pub(crate) use place::{Placing, delete_expired_idempotency_keys, place};
pub(crate) use quality::{insert_samples, quality_samples, set_quality, set_quality_stats};
pub(crate) use read::{due, events, live_calls, live_calls_of, load};
pub(crate) use recording::{
    recording, recording_file, recordings_of, replace_files, set_recording_url,
    unfinished_recordings, update_recording,
};
pub(crate) use retention::{
    discard_recording, recordings_beyond, recordings_stopped_before, remove_recording,
};
