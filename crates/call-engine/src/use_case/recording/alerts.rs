use call_store::{AlertCursor, AlertPage};

use super::RecordingError;
use crate::Engine;

impl Engine {
    /// What operators should know of, newest first. Whoever asks for this must have checked that it is one.
    pub async fn alerts(
        &self,
        cursor: Option<AlertCursor>,
        limit: u32,
    ) -> Result<AlertPage, RecordingError> {
        let Some(config) = &self.config.recording else {
            return Ok(AlertPage {
                items: Vec::new(),
                next: None,
            });
        };
        // What was raised a moment ago is shown.
        self.flush_alerts().await;
        Ok(config.store.alerts(cursor, limit).await?)
    }
}
