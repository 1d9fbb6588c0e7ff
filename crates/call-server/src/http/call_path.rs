use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use call_domain::{CallId, UserId};

use super::problem::Problem;

/// The `{id}` and the `{userId}` of a path. What is no id is answered like an id of no call: it can
/// belong to nobody in any.
pub(crate) struct ParticipantPath(pub(crate) CallId, pub(crate) UserId);

impl FromRequest for ParticipantPath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let part = |name| request.match_info().get(name).unwrap_or_default();
        let call = part("id").parse();
        let user = part("userId").parse();
        ready(match (call, user) {
            (Ok(call), Ok(user)) => Ok(Self(call, user)),
            (Err(_), _) | (_, Err(_)) => Err(Problem::no_such_call()),
        })
    }
}

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
