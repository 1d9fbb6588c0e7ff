use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use super::problem::{Code, Problem};

/// The largest body that is read, in bytes.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;

/// A JSON body. An empty one counts as `{}`: where everything is optional, nothing need be sent.
pub(crate) struct JsonBody<T> {
    /// What the body says.
    pub value: T,
    /// The body as it was sent.
    pub bytes: Bytes,
}

impl<T: DeserializeOwned> FromRequest for JsonBody<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = says_json(request);
        let body = web_bytes(request, payload);
        Box::pin(async move {
            let bytes = body.await?;
            if bytes.is_empty() {
                return parse(b"{}").map(|value| Self { value, bytes });
            }
            if !is_json {
                return Err(Problem::new(
                    Code::UnsupportedMediaType,
                    "Send the body as application/json.",
                ));
            }
            parse(&bytes).map(|value| Self { value, bytes })
        })
    }
}

fn web_bytes(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Bytes, Problem>> + 'static {
    let bytes = Bytes::from_request(request, payload);
    async move {
        bytes.await.map_err(|error| {
            if error.as_response_error().status_code() == Code::PayloadTooLarge.status() {
                Problem::new(
                    Code::PayloadTooLarge,
                    format!("The body may have {MAX_BODY_BYTES} bytes."),
                )
            } else {
                Problem::new(Code::InvalidRequest, "The body could not be read.")
            }
        })
    }
}

fn says_json(request: &HttpRequest) -> bool {
    request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|mime| {
            let mime = mime.trim().to_ascii_lowercase();
            mime == "application/json"
                || (mime.starts_with("application/") && mime.ends_with("+json"))
        })
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // Else a list would be taken for its fields in their order.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::new(
            Code::InvalidRequest,
            "The body is not a JSON object.",
        ));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        Problem::new(
            Code::InvalidRequest,
            format!("The body is not as documented: {error}."),
        )
    })
}
