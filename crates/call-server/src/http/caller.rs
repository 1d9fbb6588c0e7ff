use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use super::problem::{Code, Problem};
use crate::app::App;
use crate::auth::Caller;

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(authenticate(request))
    }
}

/// Whose request this is, by its bearer token (RFC 6750 section 2.1).
pub(crate) fn authenticate(request: &HttpRequest) -> Result<Caller, Problem> {
    let Some(app) = request.app_data::<Data<App>>() else {
        return Err(Problem::new(Code::Internal, "The server is not set up."));
    };
    let token = bearer(request).ok_or_else(|| {
        Problem::new(
            Code::Unauthenticated,
            "Send Authorization: Bearer and a token.",
        )
    })?;
    app.tokens.verify(token).map_err(|refused| {
        app.metrics.refused("token");
        tracing::debug!(reason = %refused, "a token was refused");
        let detail = format!("{}.", capitalised(&refused.to_string()));
        Problem::new(Code::Unauthenticated, detail)
    })
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Details are sentences.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
