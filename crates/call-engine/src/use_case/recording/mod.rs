//! What may be asked about the recordings of calls.
//!
//! Whoever took part in a call may see its recordings; moderators of it, and administrators, may do something to them. To
//! everybody else there are none.

mod alerts;
mod consent;
mod delete;
mod get;
mod list;
mod mix;
mod rights;
mod start;
mod stop;
mod url;

use call_domain::{Call, RecordingFault, RecordingId, UserId};
use call_store::{StoreError, StoredRecording};

use crate::error::Unavailable;
use crate::recording_config::RecordingConfig;
use crate::{CommandError, Engine, ReadError, Reader};
use rights::Rights;

/// Who asks about recordings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    /// Who.
    pub user: UserId,
    /// An administrator, who has power over all calls and need not have been in them. Whoever says so must have checked it.
    pub admin: bool,
}

/// Why something about a recording was refused.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The call refused.
    #[error(transparent)]
    Call(#[from] CommandError),
    /// No such recording or file, or none of the user's business: never told apart.
    #[error("no such recording")]
    NotFound,
    /// A file of the whole call cannot be made: there is nothing to make it with, or of.
    #[error("files of whole calls cannot be made")]
    MixingUnavailable,
    /// A file of the whole call cannot be made at the moment.
    #[error("a file of the whole call cannot be made now: {0}")]
    MixRefused(RecordingFault),
    /// The recording still runs, or its files are being made.
    #[error("the recording is not done")]
    Live,
    /// The place of the files could not be reached.
    #[error("the files of recordings cannot be reached: {0}")]
    Files(RecordingFault),
}

impl From<StoreError> for RecordingError {
    fn from(error: StoreError) -> Self {
        Self::Call(error.into())
    }
}

impl From<Unavailable> for RecordingError {
    fn from(error: Unavailable) -> Self {
        Self::Call(error.into())
    }
}

impl From<ReadError> for RecordingError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NotFound => Self::NotFound,
            ReadError::Store(error) => error.into(),
        }
    }
}

impl Engine {
    /// A recording, and what this server records with; only for whoever may see it.
    async fn recording_for(
        &self,
        id: RecordingId,
        requester: &Requester,
    ) -> Result<(RecordingConfig, StoredRecording), RecordingError> {
        let (config, recording, _) = self.recording_and_rights(id, requester).await?;
        Ok((config, recording))
    }

    /// As [`Engine::recording_for`]; only for whoever may do something to it.
    async fn recording_to_change(
        &self,
        id: RecordingId,
        requester: &Requester,
    ) -> Result<(RecordingConfig, StoredRecording), RecordingError> {
        let (config, recording, rights) = self.recording_and_rights(id, requester).await?;
        if rights.may_change(id) {
            Ok((config, recording))
        } else {
            Err(CommandError::NotAllowed.into())
        }
    }

    async fn recording_and_rights(
        &self,
        id: RecordingId,
        requester: &Requester,
    ) -> Result<(RecordingConfig, StoredRecording, Rights), RecordingError> {
        let config = self.recording_config()?;
        let recording = config.store.recording(id).await?;
        let recording = recording.ok_or(RecordingError::NotFound)?;
        let call = self.call(recording.call_id, &Reader::Admin).await?.call;
        let rights = self.rights(requester, &call).await?;
        if !rights.may_see(id) {
            return Err(RecordingError::NotFound);
        }
        Ok((config.clone(), recording, rights))
    }

    async fn rights(&self, requester: &Requester, call: &Call) -> Result<Rights, StoreError> {
        let log = self.store.events(call.id()).await?;
        Ok(Rights::of(requester, call, &log))
    }

    fn recording_config(&self) -> Result<&RecordingConfig, RecordingError> {
        let config = self.config.recording.as_ref();
        config.ok_or(RecordingError::NotFound)
    }

    /// A recording as it is stored after a command on its call.
    async fn stored_recording(&self, id: RecordingId) -> Result<StoredRecording, RecordingError> {
        let recording = self.recording_config()?.store.recording(id).await?;
        recording.ok_or(RecordingError::NotFound)
    }
}
