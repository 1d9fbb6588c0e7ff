use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::app::App;
use crate::http::{Code, Problem};

/// Does the process live?
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "operation",
    responses((status = 200, body = String, content_type = "text/plain", description = "It does"))
)]
pub(crate) async fn healthz() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ok\n")
}

/// May it get traffic?
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operation",
    responses(
        (status = 200, body = String, content_type = "text/plain", description = "It may"),
        (status = 503, response = crate::openapi::Unavailable),
    )
)]
pub(crate) async fn readyz(app: Data<App>) -> Result<HttpResponse, Problem> {
    if app.is_draining() {
        return Err(Problem::new(Code::Unavailable, "The server drains."));
    }
    app.engine.ping().await?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ready\n"))
}
