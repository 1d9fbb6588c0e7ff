use call_domain::RecordingId;
use call_store::StoredRecording;

use super::{RecordingError, Requester};
use crate::Engine;

impl Engine {
    /// A recording as it is now, with its files.
    pub async fn recording(
        &self,
        id: RecordingId,
        requester: &Requester,
    ) -> Result<StoredRecording, RecordingError> {
        let (_, recording) = self.recording_for(id, requester).await?;
        Ok(recording)
    }
}
