//! Errors as `application/problem+json` (RFC 9457), with one table of codes.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use call_domain::{CallId, EndReason, RecordingFault};
use call_signal::wire;

/// What went wrong; clients branch on [`Code::name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The request is not of the form that the documentation gives.
    InvalidRequest,
    /// More participants than a call may have.
    TooManyParticipants,
    /// No token, or one that is not good.
    Unauthenticated,
    /// The token does not open this.
    NotAllowed,
    /// There is nothing here, or nothing for this caller.
    NotFound,
    /// The path exists, but not with this method.
    MethodNotAllowed,
    /// The callee is calling the caller with another type of call.
    Glare,
    /// The device is in another call.
    AlreadyInCall,
    /// Another device of the user took the call.
    AnsweredElsewhere,
    /// There is nothing to take or refuse.
    NotRinging,
    /// The user has not taken the call.
    NotJoined,
    /// The user is in the call with another device.
    WrongDevice,
    /// The call may not be recorded.
    RecordingForbidden,
    /// This server cannot record calls.
    RecordingUnavailable,
    /// There is nothing to record yet.
    NotAnswered,
    /// Another recording of the call runs.
    AlreadyRecording,
    /// The call is not being recorded.
    NotRecording,
    /// Nobody asked the user for consent.
    NotAsked,
    /// There is no ffmpeg to make mixes with, or nothing to mix.
    MixingUnavailable,
    /// The recording runs, or its files are being made.
    RecordingLive,
    /// The signed URL has expired.
    UrlExpired,
    /// The key was used with another body.
    IdempotencyConflict,
    /// The call is over.
    Gone(EndReason),
    /// The body is larger than 64 KiB.
    PayloadTooLarge,
    /// The body is not JSON.
    UnsupportedMediaType,
    /// Too many requests by this user.
    RateLimited,
    /// The server is at fault.
    Internal,
    /// The server cannot do it at the moment: it drains, or its database is away or overloaded.
    Unavailable,
}

impl Code {
    /// The stable code.
    pub fn name(self) -> &'static str {
        self.entry().1
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        self.entry().0
    }

    #[rustfmt::skip]
    fn entry(self) -> (StatusCode, &'static str) {
        use StatusCode as S;
        match self {
            Self::InvalidRequest => (S::BAD_REQUEST, "invalid_request"),
            Self::TooManyParticipants => (S::BAD_REQUEST, "too_many_participants"),
            Self::Unauthenticated => (S::UNAUTHORIZED, "unauthenticated"),
            Self::NotAllowed => (S::FORBIDDEN, "not_allowed"),
            Self::NotFound => (S::NOT_FOUND, "not_found"),
            Self::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::Glare => (S::CONFLICT, "glare"),
            Self::AlreadyInCall => (S::CONFLICT, "already_in_call"),
            Self::AnsweredElsewhere => (S::CONFLICT, "answered_elsewhere"),
            Self::NotRinging => (S::CONFLICT, "not_ringing"),
            Self::NotJoined => (S::CONFLICT, "not_joined"),
            Self::WrongDevice => (S::CONFLICT, "wrong_device"),
            Self::RecordingForbidden => (S::FORBIDDEN, "recording_forbidden"),
            Self::RecordingUnavailable => (S::CONFLICT, "recording_unavailable"),
            Self::NotAnswered => (S::CONFLICT, "not_answered"),
            Self::AlreadyRecording => (S::CONFLICT, "already_recording"),
            Self::NotRecording => (S::CONFLICT, "not_recording"),
            Self::NotAsked => (S::CONFLICT, "not_asked"),
            Self::MixingUnavailable => (S::CONFLICT, "mixing_unavailable"),
            Self::RecordingLive => (S::CONFLICT, "recording_live"),
            Self::UrlExpired => (S::FORBIDDEN, "url_expired"),
            Self::IdempotencyConflict => (S::CONFLICT, "idempotency_conflict"),
            Self::Gone(reason) => (S::GONE, gone(reason)),
            Self::PayloadTooLarge => (S::PAYLOAD_TOO_LARGE, "payload_too_large"),
            Self::UnsupportedMediaType => (S::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::RateLimited => (S::TOO_MANY_REQUESTS, "rate_limited"),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal"),
            Self::Unavailable => (S::SERVICE_UNAVAILABLE, "unavailable"),
        }
    }
}

/// A call that was completed is, to whoever wants to take it, simply over.
fn gone(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Completed => "ended",
        EndReason::Cancelled
        | EndReason::Declined
        | EndReason::NoAnswer
        | EndReason::Busy
        | EndReason::Unreachable
        | EndReason::CallerLost
        | EndReason::ConnectFailed
        | EndReason::ConnectionLost
        | EndReason::EndedByModerator
        | EndReason::MaxDuration
        | EndReason::Transferred
        | EndReason::Replaced
        | EndReason::ServerError => reason.as_str(),
    }
}

/// An answer that says what went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    call_id: Option<CallId>,
    cause: Option<RecordingFault>,
    retry_after: Option<u64>,
    allow: Option<&'static str>,
}

impl Problem {
    /// A problem with something to say about this occurrence.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
            call_id: None,
            cause: None,
            retry_after: None,
            allow: None,
        }
    }

    /// For an id of no call, an id of a call that is none of the caller's business, and what is no
    /// id at all: nobody can tell them apart.
    pub fn no_such_call() -> Self {
        Self::new(Code::NotFound, "There is no such call.")
    }

    /// The same for recordings.
    pub fn no_such_recording() -> Self {
        Self::new(Code::NotFound, "There is no such recording.")
    }

    /// A path that leads nowhere.
    pub fn no_such_path() -> Self {
        Self::new(Code::NotFound, "There is nothing at this path.")
    }

    /// A method that the path does not have; `allow` are those it has.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        Self {
            allow: Some(allow),
            ..Self::new(
                Code::MethodNotAllowed,
                format!("This path allows {allow} only."),
            )
        }
    }

    /// Names the call in the way.
    #[must_use]
    pub fn about(mut self, call: CallId) -> Self {
        self.call_id = Some(call);
        self
    }

    /// Says what went wrong with a recording.
    #[must_use]
    pub fn because(mut self, cause: RecordingFault) -> Self {
        self.cause = Some(cause);
        self
    }

    /// Says when to try again, in whole seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// What went wrong.
    pub fn code(&self) -> Code {
        self.code
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if self.code == Code::Unauthenticated {
            // RFC 6750 section 3.
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some(allow) = self.allow {
            response.insert_header((header::ALLOW, allow));
        }
        let status = self.status_code();
        let body = wire::Problem {
            // RFC 9457 section 4.2.1: the status says it all, and the code says it exactly.
            r#type: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            detail: self.detail.clone().into_owned(),
            code: self.code.name().to_owned(),
            call_id: self.call_id.map(|call| call.to_string()),
            cause: self.cause.map(Into::into),
        };
        response
            .content_type("application/problem+json")
            .body(serde_json::to_string(&body).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_completed_call_changes_its_reason_into_a_code() {
        for &reason in EndReason::ALL {
            let code = Code::Gone(reason).name();
            if reason == EndReason::Completed {
                assert_eq!(code, "ended");
            } else {
                assert_eq!(code, reason.as_str());
            }
        }
    }
}
