use std::sync::{Arc, OnceLock};

use actix_web::http::header::{self, ContentEncoding};
use actix_web::{HttpRequest, HttpResponse};
use utoipa_swagger_ui::Config;

use crate::http::{Code, Problem};
use crate::openapi;

/// Get this description
///
/// OpenAPI 3.1. The interactive page about it is at `/api/docs/`.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "app",
    responses((status = 200, body = Object, description = "The description of the API"))
)]
pub(crate) async fn openapi_json() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(openapi::json())
}

/// The interactive page about the API; nothing of it comes from elsewhere.
pub(crate) async fn docs(request: HttpRequest) -> Result<HttpResponse, Problem> {
    static CONFIG: OnceLock<Arc<Config<'static>>> = OnceLock::new();
    let path = request.match_info().get("path").unwrap_or_default();
    let config = CONFIG.get_or_init(|| {
        Arc::new(
            Config::from("/api/openapi.json")
                .try_it_out_enabled(true)
                .persist_authorization(false)
                .validator_url("none"),
        )
    });
    let file = utoipa_swagger_ui::serve(path, Arc::clone(config))
        .map_err(|error| {
            tracing::error!(%error, "the API page could not be made");
            Problem::new(Code::Internal, "The page could not be made.")
        })?
        .ok_or_else(Problem::no_such_path)?;
    let mut response = HttpResponse::Ok();
    if file.gzpipped {
        response.insert_header((header::CONTENT_ENCODING, ContentEncoding::Gzip));
    }
    Ok(response
        .content_type(file.content_type)
        .body(file.bytes.into_owned()))
}

/// Without the slash at the end, relative addresses in the page would miss.
pub(crate) async fn docs_slash() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((header::LOCATION, "/api/docs/"))
        .finish()
}
