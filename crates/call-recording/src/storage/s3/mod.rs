//! An object store that speaks S3.

mod client;
mod multipart;
mod refusal;
mod whole;

use std::io;
use std::time::Duration;

use bytes::Bytes;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::multipart::MultipartStore as _;
use object_store::path::Path;
use object_store::signer::{Method, SignedUrlOptions, Signer as _};
use object_store::{
    Attribute, Attributes, BackoffConfig, ObjectStore as _, ObjectStoreExt as _, PutOptions,
    RetryConfig,
};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use uuid::Uuid;

use super::{
    ConfigError, Disposition, ObjectKey, S3Config, SignedUrl, StorageError, Upload, UploadState,
    UploadWatch,
};
use client::Connector;

/// The region that a store is spoken to in when it has none.
const DEFAULT_REGION: &str = "us-east-1";

/// The longest that a URL can be signed for.
const MAX_TTL: Duration = Duration::from_hours(7 * 24);

/// Of one request: who calls tries again later, and rarely.
const RETRY: RetryConfig = RetryConfig {
    backoff: BackoffConfig {
        init_backoff: Duration::from_millis(200),
        max_backoff: Duration::from_secs(5),
        base: 2.0,
    },
    max_retries: 3,
    retry_timeout: Duration::from_mins(1),
};

/// A bucket, and a place in it.
#[derive(Debug, Clone)]
pub(super) struct S3 {
    store: AmazonS3,
    prefix: Path,
}

impl S3 {
    pub(super) fn new(config: &S3Config) -> Result<Self, StorageError> {
        let is_plaintext = config
            .endpoint
            .as_ref()
            .is_some_and(|endpoint| endpoint.starts_with("http:"));
        let connector = Connector::new(!is_plaintext)?;
        Self::over(config, connector, RETRY)
    }

    fn over(
        config: &S3Config,
        connector: impl object_store::client::HttpConnector,
        retry: RetryConfig,
    ) -> Result<Self, StorageError> {
        config.validate()?;
        let region = match &*config.region {
            "" => DEFAULT_REGION,
            region => region,
        };
        let bucket = &config.location.bucket;
        let builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(region)
            .with_access_key_id(&config.access_key_id)
            .with_secret_access_key(config.secret_access_key.reveal())
            .with_allow_http(config.allow_http)
            // Not every store has the request that deletes many.
            .with_disable_bulk_delete(true)
            .with_retry(retry)
            .with_http_connector(connector);
        let builder = match &config.endpoint {
            Some(endpoint) => builder.with_endpoint(endpoint),
            // The certificate of Amazon's hosts covers one label.
            None => builder.with_virtual_hosted_style_request(!bucket.contains('.')),
        };
        Ok(Self {
            store: builder.build()?,
            prefix: Path::parse(&config.location.prefix).map_err(|_| ConfigError::Location)?,
        })
    }

    pub(super) async fn check(&self) -> Result<(), StorageError> {
        const CONTENT: &[u8] = b"call-server";
        let probe = self
            .prefix
            .clone()
            .join(format!("probe-{}", Uuid::new_v4().as_simple()));
        let put = self.store.put(&probe, Bytes::from_static(CONTENT).into());
        put.await?;
        let read = async { self.store.get(&probe).await?.bytes().await }.await;
        self.store.delete(&probe).await?;
        let (expected, found) = (CONTENT.len() as u64, read?.len() as u64);
        if expected != found {
            return Err(StorageError::Damaged { expected, found });
        }
        let upload = self.store.create_multipart(&probe).await?;
        let abort = self.store.abort_multipart(&probe, &upload);
        Ok(abort.await?)
    }

    pub(super) async fn upload(
        &self,
        upload: Upload<'_>,
        state: Option<UploadState>,
        watch: &mut impl UploadWatch,
    ) -> Result<u64, StorageError> {
        let metadata = tokio::fs::metadata(upload.file).await;
        let metadata = metadata.map_err(StorageError::local(READING))?;
        if metadata.len() > multipart::PART_LENGTH {
            return self.upload_parts(upload, &metadata, state, watch).await;
        }
        if let Some(stale) = state {
            self.forget(&stale, watch).await;
        }
        self.put(upload, metadata.len()).await?;
        watch.progress(metadata.len(), metadata.len());
        Ok(metadata.len())
    }

    /// Sends a small file at once.
    async fn put(&self, upload: Upload<'_>, length: u64) -> Result<(), StorageError> {
        let content = read(upload.file, 0, length).await?;
        let options = PutOptions {
            attributes: attributes(upload.content_type),
            ..PutOptions::default()
        };
        let path = self.path(&upload.key);
        let put = self.store.put_opts(&path, content.into(), options);
        put.await?;
        self.verify(&upload.key, length).await
    }

    pub(super) async fn delete(&self, keys: &[ObjectKey]) -> Result<(), StorageError> {
        for key in keys {
            match self
                .store
                .delete(&self.path(key))
                .await
                .map_err(StorageError::from)
            {
                Ok(()) | Err(StorageError::Missing) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub(super) async fn signed_url(
        &self,
        key: &ObjectKey,
        ttl: Duration,
        disposition: Disposition,
        content_type: &str,
    ) -> Result<SignedUrl, StorageError> {
        let disposition = disposition.header(&key.file);
        let options = SignedUrlOptions::new().with_query([
            ("response-content-disposition", &*disposition),
            ("response-content-type", content_type),
        ]);
        let (path, ttl) = (self.path(key), ttl.min(MAX_TTL));
        let url = self
            .store
            .signed_url_opts(Method::GET, &path, ttl, &options);
        let url = url.await?;
        Ok(SignedUrl(url.into()))
    }

    /// Whether the store has it, and all of it.
    pub(super) async fn verify(&self, key: &ObjectKey, expected: u64) -> Result<(), StorageError> {
        let found = self.store.head(&self.path(key)).await?.size;
        if expected == found {
            Ok(())
        } else {
            Err(StorageError::Damaged { expected, found })
        }
    }

    fn path(&self, key: &ObjectKey) -> Path {
        let path = self.prefix.clone();
        path.join(key.recording.to_string())
            .join(key.file.to_string())
    }
}

const READING: &str = "reading a file of a recording";

/// What lies in a file from `begin` on.
async fn read(file: &std::path::Path, begin: u64, length: u64) -> Result<Bytes, StorageError> {
    let failed = || StorageError::local(READING);
    let mut file = File::open(file).await.map_err(failed())?;
    let begin = io::SeekFrom::Start(begin);
    file.seek(begin).await.map_err(failed())?;
    let mut content = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    let mut file = file.take(length);
    let read = file.read_to_end(&mut content).await.map_err(failed())?;
    if read as u64 != length {
        let source = io::Error::new(io::ErrorKind::UnexpectedEof, "it became shorter meanwhile");
        return Err(failed()(source));
    }
    Ok(content.into())
}

fn attributes(content_type: &str) -> Attributes {
    Attributes::from_iter([(Attribute::ContentType, content_type.to_owned())])
}
