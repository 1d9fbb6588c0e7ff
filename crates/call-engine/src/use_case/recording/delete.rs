use call_domain::RecordingId;
use call_store::Discarded;

use super::{RecordingError, Requester};
use crate::Engine;

impl Engine {
    /// A moderator of the call, or an administrator, deletes a recording that does not run. Nobody sees it from now on; its files
    /// are deleted soon.
    pub async fn delete_recording(
        &self,
        id: RecordingId,
        requester: &Requester,
    ) -> Result<(), RecordingError> {
        let (config, recording) = self.recording_to_change(id, requester).await?;
        match self.discard(&config, &recording).await? {
            Discarded::Done => Ok(()),
            Discarded::Live => Err(RecordingError::Live),
            Discarded::Unknown => Err(RecordingError::NotFound),
        }
    }
}
