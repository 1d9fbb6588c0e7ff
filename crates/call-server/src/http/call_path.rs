use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use call_domain::CallId;

use super::problem::Problem;

/// The `{id}` of a path. What is no id is answered like an id of no call.
pub(crate) struct CallPath(pub(crate) CallId);

impl FromRequest for CallPath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").unwrap_or_default();
        ready(id.parse().map(Self).map_err(|_| Problem::no_such_call()))
    }
}
