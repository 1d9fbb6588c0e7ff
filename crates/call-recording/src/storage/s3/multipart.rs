use std::fs::Metadata;
use std::time::UNIX_EPOCH;

use futures_util::stream::{self, StreamExt as _};
use object_store::PutMultipartOptions;
use object_store::multipart::{MultipartStore as _, PartId};

use super::{S3, attributes, read};
use crate::storage::{StorageError, Upload, UploadState, UploadWatch};

/// How long a part is while the file is not too long for that, in bytes: the least that a store must take.
pub(super) const PART_LENGTH: u64 = 5 << 20;

/// A store need not take more.
const MAX_PARTS: u64 = 10_000;

/// The longest part: two of them are in memory.
const MAX_PART_LENGTH: u64 = 64 << 20;

/// Parts under way at the same time.
const IN_FLIGHT: usize = 2;

impl S3 {
    pub(super) async fn upload_parts(
        &self,
        upload: Upload<'_>,
        metadata: &Metadata,
        state: Option<UploadState>,
        watch: &mut impl UploadWatch,
    ) -> Result<u64, StorageError> {
        let length = metadata.len();
        let fresh = plan(&upload, metadata)?;
        let mut state = match state {
            Some(state) if continues(&state, &fresh) => state,
            Some(old) => {
                self.forget(&old, watch).await;
                self.begin(&upload, fresh.clone(), watch).await?
            }
            None => self.begin(&upload, fresh.clone(), watch).await?,
        };
        match self.send(&upload, &mut state, watch).await {
            Ok(()) => {}
            // It was completed already and we were not told, or the store has thrown it away.
            Err(StorageError::Missing) => match self.verify(&upload.key, length).await {
                Ok(()) => {}
                Err(StorageError::Missing | StorageError::Damaged { .. }) => {
                    state = self.begin(&upload, fresh, watch).await?;
                    self.send(&upload, &mut state, watch).await?;
                }
                Err(error) => return Err(error),
            },
            Err(error) => return Err(error),
        }
        save(watch, None).await;
        self.verify(&upload.key, length).await?;
        watch.progress(length, length);
        Ok(length)
    }

    pub(in crate::storage) async fn abort(&self, state: &UploadState) -> Result<(), StorageError> {
        let path = self.path(&state.key);
        let abort = self.store.abort_multipart(&path, &state.upload_id);
        match abort.await.map_err(StorageError::from) {
            Ok(()) | Err(StorageError::Missing) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Gives up what cannot be gone on with.
    pub(super) async fn forget(&self, old: &UploadState, watch: &mut impl UploadWatch) {
        if let Err(error) = self.abort(old).await {
            tracing::warn!(%error, "parts of an upload that was given up stay in the store");
        }
        save(watch, None).await;
    }

    async fn begin(
        &self,
        upload: &Upload<'_>,
        mut state: UploadState,
        watch: &mut impl UploadWatch,
    ) -> Result<UploadState, StorageError> {
        let options = PutMultipartOptions {
            attributes: attributes(upload.content_type),
            ..PutMultipartOptions::default()
        };
        let path = self.path(&upload.key);
        let created = self.store.create_multipart_opts(&path, options).await;
        state.upload_id = created?;
        save(watch, Some(&state)).await;
        Ok(state)
    }

    /// Sends the parts that the store does not have, and has it put them together.
    async fn send(
        &self,
        upload: &Upload<'_>,
        state: &mut UploadState,
        watch: &mut impl UploadWatch,
    ) -> Result<(), StorageError> {
        watch.progress(state.sent(), state.length);
        let path = self.path(&upload.key);
        let (id, length, part_length) = (state.upload_id.clone(), state.length, state.part_length);
        let parts = state.parts.iter().enumerate();
        let missing = parts.filter(|(_, part)| part.is_none()).map(|(at, _)| at);
        let missing: Vec<usize> = missing.collect();
        let mut sending = stream::iter(missing)
            .map(async |at| {
                let begin = part_length * at as u64;
                let content = read(upload.file, begin, part_length.min(length - begin)).await?;
                let put = self.store.put_part(&path, &id, at, content.into());
                let part = put.await?;
                Ok::<_, StorageError>((at, part.content_id))
            })
            .buffer_unordered(IN_FLIGHT);
        while let Some(sent) = sending.next().await {
            let (at, part) = sent?;
            state.parts[at] = Some(part);
            save(watch, Some(state)).await;
            watch.progress(state.sent(), length);
        }
        drop(sending);
        let parts = state.parts.iter().flatten();
        let parts = parts.map(|id| PartId {
            content_id: id.clone(),
        });
        let complete = self.store.complete_multipart(&path, &id, parts.collect());
        complete.await?;
        Ok(())
    }
}

/// An upload that has not begun.
fn plan(upload: &Upload<'_>, metadata: &Metadata) -> Result<UploadState, StorageError> {
    let length = metadata.len();
    let part_length = length.div_ceil(MAX_PARTS).max(PART_LENGTH);
    if part_length > MAX_PART_LENGTH {
        return Err(StorageError::Refused {
            what: format!("a file of {length} bytes is too long for it"),
            setting: "recording.store",
        });
    }
    let modified = metadata.modified().ok();
    let modified = modified.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let count = length.div_ceil(part_length);
    Ok(UploadState {
        key: upload.key,
        upload_id: String::new(),
        length,
        modified_ms: modified.map_or(0, |at| u64::try_from(at.as_millis()).unwrap_or(u64::MAX)),
        part_length,
        parts: vec![None; usize::try_from(count).unwrap_or(0)],
    })
}

/// Whether `state` is one that `fresh` can have come to.
fn continues(state: &UploadState, fresh: &UploadState) -> bool {
    let of_state = (
        state.key,
        state.length,
        state.modified_ms,
        state.part_length,
    );
    let of_fresh = (
        fresh.key,
        fresh.length,
        fresh.modified_ms,
        fresh.part_length,
    );
    of_state == of_fresh && state.parts.len() == fresh.parts.len() && !state.upload_id.is_empty()
}

/// An upload goes on without it.
async fn save(watch: &mut impl UploadWatch, state: Option<&UploadState>) {
    if let Err(error) = watch.save(state).await {
        tracing::warn!(%error, "how far an upload has come cannot be kept");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_no_longer_than_they_must_be() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let upload = Upload {
            file: &file,
            key: "0199c2f4-7a3e-7b10-8f6e-0123456789ab/manifest.json"
                .parse()
                .unwrap(),
            content_type: "application/json",
        };
        let planned = |length: u64| {
            // Nothing is in it.
            let sparse = std::fs::File::create(&file).unwrap();
            sparse.set_len(length).unwrap();
            plan(&upload, &sparse.metadata().unwrap())
        };
        let parts = |length| {
            let state = planned(length).unwrap();
            assert!(state.parts.len() as u64 * state.part_length >= length);
            (state.parts.len(), state.part_length)
        };
        assert_eq!(parts(PART_LENGTH + 1), (2, PART_LENGTH));
        assert_eq!(parts(PART_LENGTH * 3), (3, PART_LENGTH));
        assert_eq!(parts(PART_LENGTH * MAX_PARTS), (10_000, PART_LENGTH));
        assert_eq!(
            parts(PART_LENGTH * MAX_PARTS + 1),
            (10_000, PART_LENGTH + 1)
        );
        let error = planned(MAX_PART_LENGTH * MAX_PARTS + 1).unwrap_err();
        assert!(matches!(error, StorageError::Refused { .. }), "{error:?}");

        // Only what fits is gone on with.
        let fresh = planned(PART_LENGTH * 3).unwrap();
        let state = UploadState {
            upload_id: "id".to_owned(),
            ..fresh.clone()
        };
        assert!(continues(&state, &fresh));
        assert!(!continues(&fresh, &fresh));
        let changes: [fn(&mut UploadState); 4] = [
            |state| state.length += 1,
            |state| state.modified_ms += 1,
            |state| state.part_length += 1,
            |state| state.parts.push(None),
        ];
        for change in changes {
            let mut state = state.clone();
            change(&mut state);
            assert!(!continues(&state, &fresh), "{state:?}");
        }
    }
}
