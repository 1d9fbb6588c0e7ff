use call_domain::{RecordingFileId, RecordingId};

use super::{RecordingError, Requester};
use crate::Engine;
use crate::recording_plane::{Disposition, SignedUrl};

impl Engine {
    /// A URL by which a file of a recording can be read for a while, by whoever has it.
    pub async fn recording_url(
        &self,
        id: RecordingId,
        file: RecordingFileId,
        disposition: Disposition,
        requester: &Requester,
    ) -> Result<SignedUrl, RecordingError> {
        let (config, recording) = self.recording_for(id, requester).await?;
        let mut files = recording.files.iter();
        let file = files.find(|known| known.id == file);
        let file = file.ok_or(RecordingError::NotFound)?;
        let url = config
            .plane
            .url(id, file, config.rules.url_ttl, disposition);
        url.await.map_err(RecordingError::Files)
    }
}
