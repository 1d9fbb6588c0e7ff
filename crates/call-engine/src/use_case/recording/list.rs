use call_domain::CallId;
use call_store::StoredRecording;

use super::{RecordingError, Requester};
use crate::{CommandError, Engine, ReadError, Reader};

impl Engine {
    /// The recordings of a call, oldest first.
    ///
    /// Whoever belongs to the call and did not take part in it sees none; to everybody else there is no such call.
    pub async fn recordings(
        &self,
        call: CallId,
        requester: &Requester,
    ) -> Result<Vec<StoredRecording>, RecordingError> {
        let view = self.call(call, &Reader::Admin).await;
        let view = view.map_err(|error| match error {
            ReadError::NotFound => RecordingError::Call(CommandError::NotFound),
            ReadError::Store(error) => error.into(),
        })?;
        if !requester.admin && view.call.participant(&requester.user).is_none() {
            return Err(CommandError::NotFound.into());
        }
        let Some(config) = &self.config.recording else {
            return Ok(Vec::new());
        };
        let rights = self.rights(requester, &view.call).await?;
        let mut recordings = config.store.recordings_of(call).await?;
        recordings.retain(|recording| rights.may_see(recording.id));
        Ok(recordings)
    }
}
