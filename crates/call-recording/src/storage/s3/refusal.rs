use std::error::Error;

use object_store::client::{HttpError, HttpErrorKind};

use crate::storage::StorageError;

/// The longest that is told of what somebody else said.
const MAX_WORDS: usize = 200;

/// An answer that says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {code}")]
pub(super) struct Refusal {
    status: u16,
    /// Of `<Error>`; empty where the answer has none.
    code: String,
}

const STORE: &str = "recording.store";
const ENDPOINT: &str = "recording.s3_endpoint";
const REGION: &str = "recording.s3_region";
const KEY_ID: &str = "recording.s3_access_key_id";
const SECRET: &str = "recording.s3_secret_access_key";
const CLOCK: &str = "the clock of this machine";

impl Refusal {
    /// The one in an answer. Some are told with status 200, after the store had begun to answer.
    pub(super) fn of(status: u16, body: &[u8]) -> Option<Self> {
        let body = String::from_utf8_lossy(body);
        if (200..300).contains(&status) && !body.contains("<Error>") {
            return None;
        }
        let code = code(&body).unwrap_or_default().to_owned();
        Some(Self { status, code })
    }

    /// Tells `object_store` whether to try again at once.
    pub(super) fn into_http_error(self) -> HttpError {
        let kind = match self.meaning() {
            StorageError::Unreachable(_) => HttpErrorKind::Request,
            _ => HttpErrorKind::Unknown,
        };
        HttpError::new(kind, self)
    }

    /// By <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>, and what `MinIO` and Ceph add to it.
    fn meaning(&self) -> StorageError {
        let refused = |setting| refused(self.to_string(), setting);
        match &*self.code {
            "NoSuchBucket" | "InvalidBucketName" => refused(STORE),
            "NoSuchKey" | "NoSuchUpload" => StorageError::Missing,
            "AccessDenied" | "AccountProblem" | "AllAccessDisabled" | "InvalidAccessKeyId" => {
                refused(KEY_ID)
            }
            "SignatureDoesNotMatch" => refused(SECRET),
            "AuthorizationHeaderMalformed" | "PermanentRedirect" | "TemporaryRedirect" => {
                refused(REGION)
            }
            "RequestTimeTooSkewed" => refused(CLOCK),
            "QuotaExceeded"
            | "ServiceQuotaExceeded"
            | "XMinioStorageFull"
            | "XMinioAdminBucketQuotaExceeded" => StorageError::Full(self.to_string()),
            "InternalError" | "OperationAborted" | "RequestTimeout" | "ServiceUnavailable"
            | "SlowDown" => StorageError::Unreachable(self.to_string()),
            _ => self.meaning_of_status(),
        }
    }

    fn meaning_of_status(&self) -> StorageError {
        let refused = |setting| refused(self.to_string(), setting);
        match self.status {
            301 | 302 | 307 | 308 => refused(REGION),
            401 | 403 => refused(KEY_ID),
            404 => StorageError::Missing,
            507 => StorageError::Full(self.to_string()),
            // It lacks something that it is asked for.
            501 | 505 => refused(ENDPOINT),
            408 | 429 | 500.. => StorageError::Unreachable(self.to_string()),
            _ => refused(ENDPOINT),
        }
    }
}

/// What an error of the store comes to. Its own text would tell URLs.
impl From<object_store::Error> for StorageError {
    fn from(error: object_store::Error) -> Self {
        let mut root: &(dyn Error + 'static) = &error;
        let mut has_no_answer = false;
        loop {
            if let Some(refusal) = root.downcast_ref::<Refusal>() {
                return refusal.meaning();
            }
            has_no_answer |= root.is::<HttpError>();
            match root.source() {
                Some(deeper) => root = deeper,
                None => break,
            }
        }
        if has_no_answer {
            let words = root.to_string();
            Self::Unreachable(words.chars().take(MAX_WORDS).collect())
        } else {
            refused("its answer is not one of S3".to_owned(), ENDPOINT)
        }
    }
}

fn refused(what: String, setting: &'static str) -> StorageError {
    StorageError::Refused { what, setting }
}

/// The code of an error. Its message and its other elements may tell keys.
fn code(body: &str) -> Option<&str> {
    let (_, rest) = body.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let is_word = code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_word && (1..=64).contains(&code.len())).then_some(code)
}
