//! The web app, compiled into the binary (in debug builds read from disk).

use actix_web::http::header::{
    CacheControl, CacheDirective, ContentType, ETag, EntityTag, Header as _, IfNoneMatch,
};
use actix_web::{HttpRequest, HttpResponse};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../call-web/packages/app/dist"]
#[allow_missing = true]
struct Dist;

const INDEX: &str = "index.html";

/// Served when this binary was built without the web app.
const HOW_TO_BUILD: &str = include_str!("how_to_build.html");

/// Answers a path outside the API: a file of the app, or the app's page for one of its routes.
pub(crate) fn answer(request: &HttpRequest) -> HttpResponse {
    let path = request.path().trim_start_matches('/');
    if let Some(file) = Dist::get(path).filter(|_| !path.is_empty()) {
        return serve(request, path, file);
    }
    if names_a_file(path) {
        return HttpResponse::NotFound()
            .content_type(ContentType::plaintext())
            .body("Not found.\n");
    }
    match Dist::get(INDEX) {
        Some(index) => serve(request, INDEX, index),
        None => HttpResponse::Ok()
            .content_type(ContentType::html())
            .insert_header(CacheControl(vec![CacheDirective::NoStore]))
            .body(HOW_TO_BUILD),
    }
}

/// Routes of the app have no dot in their last part; a missing script must not come back as HTML.
fn names_a_file(path: &str) -> bool {
    path.rsplit('/')
        .next()
        .is_some_and(|name| name.contains('.'))
}

fn serve(request: &HttpRequest, path: &str, file: EmbeddedFile) -> HttpResponse {
    let tag = EntityTag::new_strong(hexadecimal(&file.metadata.sha256_hash()));
    let mut response = HttpResponse::Ok();
    let cache = if path.starts_with("assets/") {
        // Names carry a hash of what is inside.
        vec![
            CacheDirective::Public,
            CacheDirective::MaxAge(365 * 24 * 3600),
            CacheDirective::Extension("immutable".to_owned(), None),
        ]
    } else {
        vec![CacheDirective::NoCache]
    };
    response
        .insert_header(CacheControl(cache))
        .insert_header(ETag(tag.clone()));
    if matches(request, &tag) {
        return response
            .status(actix_web::http::StatusCode::NOT_MODIFIED)
            .finish();
    }
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let mime = if mime.type_() == mime_guess::mime::TEXT {
        format!("{mime}; charset=utf-8")
    } else {
        mime.to_string()
    };
    response.content_type(mime).body(file.data.into_owned())
}

fn matches(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        // Weak comparison: compression on the way makes the tag weak (RFC 9110 section 13.1.2).
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    }
}

fn hexadecimal(hash: &[u8]) -> String {
    use std::fmt::Write as _;
    hash.iter().take(16).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::names_a_file;

    #[test]
    fn routes_of_the_app_are_not_files() {
        for route in ["", "calls", "calls/0190-x", "call/abc/"] {
            assert!(!names_a_file(route), "{route}");
        }
        for file in ["favicon.ico", "assets/index-1a2b.js", "a.b/c.css"] {
            assert!(names_a_file(file), "{file}");
        }
    }
}
