use std::sync::Arc;

use call_domain::{CallId, Command, UserId};
use call_store::StoredRecording;

use super::RecordingError;
use crate::Engine;

impl Engine {
    /// A participant who was asked says whether anything of theirs may be kept, from now on.
    pub async fn consent_to_recording(
        self: &Arc<Self>,
        call: CallId,
        user: UserId,
        given: bool,
    ) -> Result<StoredRecording, RecordingError> {
        let view = self
            .execute(call, move |_, _| {
                Some(Command::ConsentToRecording {
                    user: user.clone(),
                    given,
                })
            })
            .await?;
        let running = view.call.recording().map(|recording| recording.id);
        self.stored_recording(running.ok_or(RecordingError::NotFound)?)
            .await
    }
}
