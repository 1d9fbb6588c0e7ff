//! Files in parts are sent as they are: a part of something compressed would be a part of something else.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;

/// What is served in parts begins so.
pub(crate) const IN_PARTS: &str = "/api/recordings/media/";

/// Has nothing compressed that is served in parts; media are compressed already.
pub(crate) async fn uncompressed(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if request.path().starts_with(IN_PARTS) {
        let headers = request.headers_mut();
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
    }
    next.call(request).await
}
