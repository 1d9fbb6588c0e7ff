use std::path::Path as FilePath;

use call_domain::RecordingId;
use futures_util::TryStreamExt as _;
use object_store::{ObjectStore as _, ObjectStoreExt as _};
use tokio::io::AsyncWriteExt as _;

use super::super::local::private_file;
use super::super::{ObjectKey, StorageError};
use super::S3;

/// How many files of one recording are deleted at most: many more than it can have.
const MOST: usize = 100_000;

impl S3 {
    /// Deletes all that there is of a recording, whatever it is called.
    pub(in super::super) async fn remove(
        &self,
        recording: RecordingId,
    ) -> Result<(), StorageError> {
        let folder = self.prefix.clone().join(recording.to_string());
        let mut found = self.store.list(Some(&folder));
        for _ in 0..MOST {
            let Some(object) = found.try_next().await? else {
                break;
            };
            let deleted = self.store.delete(&object.location).await;
            match deleted.map_err(StorageError::from) {
                Ok(()) | Err(StorageError::Missing) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Brings a file back from the store; it is there whole, or not at all.
    pub(in super::super) async fn fetch(
        &self,
        key: &ObjectKey,
        to: &FilePath,
    ) -> Result<(), StorageError> {
        const WHAT: &str = "writing a file that was fetched from the store of recordings";
        let failed = || StorageError::local(WHAT);
        let mut coming = self.store.get(&self.path(key)).await?.into_stream();
        let part = to.with_extension("part");
        let fetched = async {
            let mut file = private_file(&part).await.map_err(failed())?;
            while let Some(piece) = coming.try_next().await? {
                file.write_all(&piece).await.map_err(failed())?;
            }
            file.sync_all().await.map_err(failed())?;
            tokio::fs::rename(&part, to).await.map_err(failed())
        };
        let fetched = fetched.await;
        if fetched.is_err() {
            // The next fetch begins anew.
            let _ = tokio::fs::remove_file(&part).await;
        }
        fetched
    }
}
