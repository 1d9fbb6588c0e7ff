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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn meaning(status: u16, code: &str) -> StorageError {
        let body = format!(
            "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>a/key</Message></Error>"
        );
        let refusal = Refusal::of(status, body.as_bytes()).unwrap();
        // As it arrives through object_store.
        object_store::Error::Generic {
            store: "S3",
            source: Box::new(refusal.into_http_error()),
        }
        .into()
    }

    #[test]
    fn every_kind_of_no_is_told_from_the_others() {
        let refused = |status, code, expected| match meaning(status, code) {
            StorageError::Refused { setting, .. } => assert_eq!(setting, expected, "{code}"),
            other => panic!("{code}: {other:?}"),
        };
        refused(404, "NoSuchBucket", STORE);
        refused(403, "AccessDenied", KEY_ID);
        refused(403, "", KEY_ID);
        refused(401, "", KEY_ID);
        refused(403, "SignatureDoesNotMatch", SECRET);
        refused(301, "PermanentRedirect", REGION);
        refused(307, "", REGION);
        refused(501, "NotImplemented", ENDPOINT);
        refused(400, "Whatever", ENDPOINT);
        for (status, code) in [(404, "NoSuchUpload"), (404, "NoSuchKey"), (404, "")] {
            assert!(
                matches!(meaning(status, code), StorageError::Missing),
                "{code}"
            );
        }
        for (status, code) in [
            (507, ""),
            (507, "XMinioStorageFull"),
            (403, "QuotaExceeded"),
        ] {
            assert!(
                matches!(meaning(status, code), StorageError::Full(_)),
                "{code}"
            );
        }
        for (status, code) in [
            (500, "InternalError"),
            (503, "SlowDown"),
            (503, ""),
            (502, "<html>"),
            (429, ""),
            (408, "RequestTimeout"),
            (409, "OperationAborted"),
            (200, "InternalError"),
        ] {
            let meaning = meaning(status, code);
            assert!(
                matches!(meaning, StorageError::Unreachable(_)),
                "{code}: {meaning:?}"
            );
        }
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let kind = |status| Refusal::of(status, b"").unwrap().into_http_error().kind();
        assert_eq!(kind(503), HttpErrorKind::Request);
        assert_eq!(kind(403), HttpErrorKind::Unknown);
        assert_eq!(kind(507), HttpErrorKind::Unknown);
        assert_eq!(Refusal::of(200, b"<CompleteMultipartUploadResult/>"), None);
        assert_eq!(Refusal::of(204, b""), None);
    }

    proptest! {
        #[test]
        fn no_answer_is_too_strange(status in 0u16..1000, body in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(refusal) = Refusal::of(status, &body) {
                prop_assert!(refusal.to_string().len() <= 3 + 1 + 64);
                refusal.meaning();
            }
        }

        #[test]
        fn nothing_but_the_code_is_told(before in "\\PC{0,20}", code in "[A-Za-z<>/ ]{0,70}", after in "\\PC{0,20}") {
            let body = format!("{before}<Code>{code}</Code>{after}");
            if let Some(found) = super::code(&body) {
                prop_assert!(found.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            }
        }
    }
}
