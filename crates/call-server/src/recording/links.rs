use std::time::{Duration, SystemTime, UNIX_EPOCH};

use call_domain::{RecordingFault, RecordingId, Timestamp};
use call_engine::{Disposition, SignedUrl};
use call_recording::storage::{self as files, LocalFolder, MediaKey, MediaToken, Storage};
use call_store::RecordingFile;

use super::error::RecordingStartError;
use super::files::key;
use super::jobs::fault;
use crate::kept_secret::{kept_secret, random_secret};
use crate::settings::{Origin, Settings};

const SECRET_FILE: &str = "recording-secret";

/// Gives out URLs of files, and the files that are here to whoever has such a URL.
#[derive(Debug)]
pub(crate) struct Links {
    folder: LocalFolder,
    key: MediaKey,
    /// What paths are put behind.
    base: String,
}

impl Links {
    pub(super) fn new(
        settings: &Settings,
        folder: LocalFolder,
    ) -> Result<Self, RecordingStartError> {
        let kept = settings.data_dir();
        let secret = kept_secret(&kept, SECRET_FILE).unwrap_or_else(|error| {
            tracing::warn!(
                %error,
                "a secret cannot be kept in {}: URLs of recordings end with this process",
                kept.display()
            );
            random_secret()
        });
        let key = MediaKey::new(secret.expose().as_bytes()).ok_or_else(|| {
            let empty = std::io::Error::other("it is empty");
            RecordingStartError::Secret(empty)
        })?;
        let public = settings.server.public_url.as_ref();
        Ok(Self {
            folder,
            key,
            base: public.map(Origin::to_string).unwrap_or_default(),
        })
    }

    /// Where a recording is found by those who may see it.
    pub(super) fn page(&self, recording: RecordingId) -> String {
        format!("{}/api/recordings/{recording}", self.base)
    }

    /// A URL by which anybody reads a file for a while: of this server while the file is here, else of the store.
    pub(super) async fn url(
        &self,
        storage: &Storage,
        recording: RecordingId,
        file: &RecordingFile,
        ttl: Duration,
        disposition: Disposition,
        now: SystemTime,
    ) -> Result<SignedUrl, RecordingFault> {
        let key = key(file)?;
        let disposition = match disposition {
            Disposition::Inline => files::Disposition::Inline,
            Disposition::Attachment => files::Disposition::Attachment,
        };
        let expires = now + ttl;
        let path = self.folder.file(&key);
        let here = tokio::fs::try_exists(&path).await.unwrap_or(true);
        if !here {
            let url = elsewhere(storage, recording, file, ttl, disposition).await?;
            if let Some(url) = url {
                return Ok(SignedUrl {
                    url,
                    expires_at: timestamp(expires),
                });
            }
        }
        let token = self.key.issue(&MediaToken {
            file: file.id,
            expires,
            disposition,
        });
        Ok(SignedUrl {
            url: format!("{}/api/recordings/media/{token}", self.base),
            expires_at: timestamp(expires),
        })
    }

    /// What a token permits.
    pub(crate) fn verify(
        &self,
        token: &str,
        now: SystemTime,
    ) -> Result<MediaToken, files::TokenError> {
        self.key.verify(token, now)
    }

    /// Opens a file that is here; `None` if it is not.
    pub(crate) async fn open(
        &self,
        file: &RecordingFile,
    ) -> Result<Option<files::OpenFile>, files::StorageError> {
        let Ok(key) = key(file) else {
            return Ok(None);
        };
        match self.folder.open(&key).await {
            Ok(open) => Ok(Some(open)),
            Err(files::StorageError::Missing) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A URL of the store itself; `None` if files are kept nowhere but here.
pub(super) async fn elsewhere(
    storage: &Storage,
    recording: RecordingId,
    file: &RecordingFile,
    ttl: Duration,
    disposition: files::Disposition,
) -> Result<Option<String>, RecordingFault> {
    let key = key(file)?;
    let url = storage.signed_url(&key, ttl, disposition, &file.content_type);
    let url = url.await.map_err(|error| fault(recording, &error))?;
    Ok(url.map(files::SignedUrl::into_inner))
}

fn timestamp(at: SystemTime) -> Timestamp {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
