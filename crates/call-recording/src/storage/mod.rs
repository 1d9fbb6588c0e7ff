//! Where the files of recordings are kept: in the folder where they were written, or in an object store that speaks S3.
//!
//! Every file has an [`ObjectKey`] of ids that were made here, and of nothing that a user sent; it is the same in every store. From
//! a folder a server gives files out itself, to those who show a [`MediaToken`]; a store in S3 does by URLs that are signed for it.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//!
//! use call_recording::storage::{
//!     Disposition, LocalFolder, ObjectKey, Storage, StorageConfig, Upload, UploadJournal,
//! };
//!
//! let written = LocalFolder::new("data/recordings");
//! let store = Storage::new(&StorageConfig::Local { folder: written.path().into() })?;
//! store.check().await?;
//!
//! let key: ObjectKey = "0199c2f4-7a3e-7b10-8f6e-0123456789ab/manifest.json".parse()?;
//! let upload = Upload { file: &written.file(&key), key, content_type: "application/json" };
//! let mut journal = UploadJournal::new(&written, &key, |sent, of| println!("{sent} of {of}"));
//! store.upload(upload, journal.state().await, &mut journal).await?;
//!
//! let minute = Duration::from_secs(60);
//! match store.signed_url(&key, minute, Disposition::Inline, "application/json").await? {
//!     Some(url) => drop(url.into_inner()), // to whoever may read it
//!     None => drop(written.open(&key).await?), // for whoever shows a token
//! }
//! # Ok(())
//! # }
//! ```

mod config;
mod error;
mod journal;
mod key;
mod local;
#[cfg(feature = "s3")]
mod s3;
mod token;
mod upload;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use call_domain::RecordingId;

pub use config::{ConfigError, S3Config, S3Location, SecretKey, StorageConfig};
pub use error::StorageError;
pub use journal::UploadJournal;
pub use key::{Container, FileName, InvalidKey, ObjectKey};
pub use local::{LocalFolder, OpenFile};
pub use token::{MediaKey, MediaToken, TokenError};
pub use upload::{Upload, UploadState, UploadWatch};

/// What a browser is to do with a file (RFC 6266).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// Play or show it.
    Inline,
    /// Save it.
    Attachment,
}

impl Disposition {
    /// The value of a `Content-Disposition` header for a file of that name.
    pub fn header(self, name: &FileName) -> String {
        let kind = match self {
            Self::Inline => "inline",
            Self::Attachment => "attachment",
        };
        // Such a name needs no escaping.
        format!("{kind}; filename=\"{name}\"")
    }
}

/// A URL by which anybody can read a file until it expires. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedUrl(String);

impl SignedUrl {
    /// The URL, for the one who may read the file, and for no log.
    pub fn into_inner(self) -> String {
        self.0
    }
}

impl fmt::Debug for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedUrl(…)")
    }
}

/// A store of recordings. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Storage(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Local(LocalFolder),
    #[cfg(feature = "s3")]
    S3(s3::S3),
}

impl Storage {
    /// The store that settings describe; it is not asked anything yet.
    pub fn new(config: &StorageConfig) -> Result<Self, StorageError> {
        match config {
            StorageConfig::Local { folder } => Ok(Self(Kind::Local(LocalFolder::new(folder)))),
            #[cfg(feature = "s3")]
            StorageConfig::S3(config) => Ok(Self(Kind::S3(s3::S3::new(config)?))),
            #[cfg(not(feature = "s3"))]
            StorageConfig::S3(_) => Err(ConfigError::NoS3.into()),
        }
    }

    /// Whether files must be uploaded, so that they stay when this machine goes.
    pub fn is_remote(&self) -> bool {
        match &self.0 {
            Kind::Local(_) => false,
            #[cfg(feature = "s3")]
            Kind::S3(_) => true,
        }
    }

    /// Whether it lets us do all that a recording needs, by doing it to a small object that is deleted again.
    pub async fn check(&self) -> Result<(), StorageError> {
        match &self.0 {
            Kind::Local(folder) => folder.check().await,
            #[cfg(feature = "s3")]
            Kind::S3(store) => store.check().await,
        }
    }

    /// Brings a file into the store, and returns how long it is there. In a folder it already is where it stays.
    ///
    /// Begins where `state` says that an earlier attempt came to. It can be dropped at any time; what it had done by then is in the
    /// state that `watch` was given last.
    pub async fn upload(
        &self,
        upload: Upload<'_>,
        state: Option<UploadState>,
        watch: &mut impl UploadWatch,
    ) -> Result<u64, StorageError> {
        match &self.0 {
            Kind::Local(folder) => {
                let _ = state;
                let length = folder.open(&upload.key).await?.length;
                watch.progress(length, length);
                Ok(length)
            }
            #[cfg(feature = "s3")]
            Kind::S3(store) => store.upload(upload, state, watch).await,
        }
    }

    /// Gives up an upload, so that the store forgets the parts that it has. One that it does not know counts as given up.
    #[cfg_attr(
        not(feature = "s3"),
        expect(clippy::unused_async, reason = "only S3 is waited for")
    )]
    pub async fn abort(&self, state: &UploadState) -> Result<(), StorageError> {
        match &self.0 {
            Kind::Local(_) => {
                let _ = state;
                Ok(())
            }
            #[cfg(feature = "s3")]
            Kind::S3(store) => store.abort(state).await,
        }
    }

    /// Deletes files; those that are not there count as deleted.
    pub async fn delete(&self, keys: &[ObjectKey]) -> Result<(), StorageError> {
        match &self.0 {
            Kind::Local(folder) => folder.delete(keys).await,
            #[cfg(feature = "s3")]
            Kind::S3(store) => store.delete(keys).await,
        }
    }

    /// Deletes all that there is of a recording; nothing at all counts as deleted.
    pub async fn remove(&self, recording: RecordingId) -> Result<(), StorageError> {
        match &self.0 {
            Kind::Local(folder) => folder.remove(recording).await,
            #[cfg(feature = "s3")]
            Kind::S3(store) => store.remove(recording).await,
        }
    }

    /// Brings a file from the store to that path, into a folder that exists. In a folder it already is where it stays.
    pub async fn fetch(&self, key: &ObjectKey, to: &Path) -> Result<(), StorageError> {
        match &self.0 {
            Kind::Local(folder) => {
                let _ = to;
                folder.open(key).await.map(drop)
            }
            #[cfg(feature = "s3")]
            Kind::S3(store) => store.fetch(key, to).await,
        }
    }

    /// Whether it has a file of that many bytes; [`StorageError::Missing`] or [`StorageError::Damaged`] if not.
    pub async fn verify(&self, key: &ObjectKey, length: u64) -> Result<(), StorageError> {
        match &self.0 {
            Kind::Local(folder) => match folder.open(key).await?.length {
                found if found == length => Ok(()),
                found => Err(StorageError::Damaged {
                    expected: length,
                    found,
                }),
            },
            #[cfg(feature = "s3")]
            Kind::S3(store) => store.verify(key, length).await,
        }
    }

    /// A URL of the store itself for a file, good for `ttl` (at most seven days). None: the store is a folder, whose files a server
    /// gives out itself ([`MediaKey`], [`LocalFolder::open`]).
    #[cfg_attr(
        not(feature = "s3"),
        expect(clippy::unused_async, reason = "only S3 is waited for")
    )]
    pub async fn signed_url(
        &self,
        key: &ObjectKey,
        ttl: Duration,
        disposition: Disposition,
        content_type: &str,
    ) -> Result<Option<SignedUrl>, StorageError> {
        match &self.0 {
            Kind::Local(_) => {
                let _ = (key, ttl, disposition, content_type);
                Ok(None)
            }
            #[cfg(feature = "s3")]
            Kind::S3(store) => {
                let url = store.signed_url(key, ttl, disposition, content_type);
                url.await.map(Some)
            }
        }
    }
}
