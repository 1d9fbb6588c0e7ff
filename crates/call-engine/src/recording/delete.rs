use call_store::JobKind;

use super::job::{Trouble, Try};
use crate::Engine;

impl Engine {
    /// The files of a recording that was discarded are deleted, and then all that was stored of it.
    pub(super) async fn delete_files(&self, this: &Try) -> Result<Vec<JobKind>, Trouble> {
        let id = this.job.recording;
        if self.recordings.is_at_another(id, this.kind()) {
            // It has to see first that there is nothing to do any more.
            return Err(Trouble::NotYet);
        }
        this.config.plane.delete(id).await?;
        this.store().remove_recording(id).await?;
        tracing::info!(recording = %id, "a recording was deleted");
        // The job went with the recording.
        Err(Trouble::Lost)
    }
}
