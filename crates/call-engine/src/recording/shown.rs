use call_domain::{CallId, RecordingId};
use call_store::StoreError;

use super::outcome::has_media;
use crate::Engine;
use crate::recording_config::RecordingConfig;
use crate::roster::Found;

impl Engine {
    /// Keeps with a call where its latest recording is found that has something to show, other than `without`.
    pub(crate) async fn show_recordings(
        &self,
        config: &RecordingConfig,
        call: CallId,
        without: Option<RecordingId>,
    ) -> Result<(), StoreError> {
        let recordings = config.store.recordings_of(call).await?;
        let shown = recordings
            .iter()
            .filter(|recording| Some(recording.id) != without && has_media(&recording.files))
            .max_by_key(|recording| (recording.started_at, recording.id));
        let url = shown.map(|recording| config.plane.page(recording.id));
        config.store.set_recording_url(call, url.clone()).await?;
        if let Some(live) = self.roster.get(call) {
            *live.line.recording_url.lock() = Some(Found(url));
        }
        Ok(())
    }
}
