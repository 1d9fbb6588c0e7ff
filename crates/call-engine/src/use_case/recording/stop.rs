use std::sync::{Arc, OnceLock};

use call_domain::{CallId, Command};
use call_store::StoredRecording;

use super::{RecordingError, Requester};
use crate::Engine;

impl Engine {
    /// A moderator, or an administrator who need not be in the call, stops its recording; only an administrator stops one that
    /// the policy wants.
    pub async fn stop_recording(
        self: &Arc<Self>,
        call: CallId,
        by: Requester,
    ) -> Result<StoredRecording, RecordingError> {
        let stopped = Arc::new(OnceLock::new());
        let seen = Arc::clone(&stopped);
        self.execute(call, move |_, call| {
            if let Some(running) = call.recording() {
                let _ = seen.set(running.id);
            }
            Some(Command::StopRecording {
                by: by.user.clone(),
                admin: by.admin,
            })
        })
        .await?;
        let id = stopped.get().ok_or(RecordingError::NotFound)?;
        self.stored_recording(*id).await
    }
}
