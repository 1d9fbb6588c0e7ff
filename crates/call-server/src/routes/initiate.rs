use std::time::Instant;

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use call_domain::{Address, UserId};
use call_engine::{Idempotency, Initiate};
use call_signal::wire;
use call_store::Answer;
use serde_json::{Map, Value};

use crate::app::App;
use crate::auth::Caller;
use crate::http::fields::{field, invalid, optional};
use crate::http::idempotency::{IDEMPOTENT_REPLAYED, fingerprint, idempotency_key};
use crate::http::{Code, JsonBody, Problem};

/// The most that is kept with a call, in bytes of JSON.
const MAX_METADATA_BYTES: usize = 4 * 1024;

/// Start a call
///
/// Rings every invitee on every device. When the callee is calling the caller at the same time,
/// with the same type of call, the two become one, and the answer is 200 with the first call.
#[utoipa::path(
    post,
    path = "/api/calls/initiate",
    tag = "calls",
    request_body(content = wire::InitiateRequest, example = json!({
        "type": "video",
        "participantIds": ["bob"],
        "deviceId": "alice-laptop",
        "conversationId": "c-42",
        "metadata": { "topic": "budget" }
    })),
    params(("Idempotency-Key" = Option<String>, Header, description =
        "1 to 255 printable ASCII characters, kept for 24 h. The same key and body get the first \
         answer again, with `Idempotent-Replayed: true`; another body gets 409.")),
    responses(
        (status = 201, body = wire::Call, description = "The call has begun", headers(
            ("Location" = String, description = "Where the call is"),
            ("Idempotent-Replayed" = String, description = "`true` when the key was seen before"),
        )),
        (status = 200, body = wire::Call, description = "Merged with the callee's call (glare)"),
        (status = 400, body = wire::Problem, content_type = "application/problem+json",
            description = "`invalid_request`, `too_many_participants`"),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 403, response = crate::openapi::NotAllowed),
        (status = 409, body = wire::Problem, content_type = "application/problem+json",
            description = "`glare` or `already_in_call`, both with `callId`; `idempotency_conflict`"),
        (status = 413, response = crate::openapi::PayloadTooLarge),
        (status = 415, response = crate::openapi::UnsupportedMediaType),
        (status = 429, response = crate::openapi::RateLimited),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn initiate(
    app: Data<App>,
    request: HttpRequest,
    caller: Caller,
    body: JsonBody<wire::InitiateRequest>,
) -> Result<HttpResponse, Problem> {
    let idempotency = idempotency_key(&request)?.map(|key| Idempotency {
        key,
        fingerprint: fingerprint(&body.bytes),
    });
    let wish = wish(caller, body.value, idempotency)?;
    if let Err(wait) = app.initiate_limit.take(&wish.from.user, Instant::now()) {
        app.metrics.refused("rate");
        let problem = Problem::new(Code::RateLimited, "You start too many calls.");
        return Err(problem.retry_after(wait.as_secs() + 1));
    }
    let initiated = app.engine.initiate(wish).await?;
    let call = initiated.call.to_wire();
    let mut response = match initiated.answer {
        Answer::Created => {
            let mut response = HttpResponse::Created();
            response.insert_header((header::LOCATION, format!("/api/calls/{}", call.id)));
            response
        }
        Answer::Merged => HttpResponse::Ok(),
    };
    if initiated.replayed {
        response.insert_header((IDEMPOTENT_REPLAYED, "true"));
    }
    Ok(response.json(call))
}

fn wish(
    caller: Caller,
    request: wire::InitiateRequest,
    idempotency: Option<Idempotency>,
) -> Result<Initiate, Problem> {
    let invitees = request.participant_ids.iter().enumerate();
    Ok(Initiate {
        from: Address {
            user: caller.user_id,
            device: field("deviceId", &request.device_id)?,
        },
        name: caller.name,
        call_type: request.r#type.into(),
        invitees: invitees
            .map(|(index, id)| field(&format!("participantIds[{index}]"), id))
            .collect::<Result<Vec<UserId>, _>>()?,
        conversation_id: optional("conversationId", request.conversation_id.as_deref())?,
        metadata: metadata(request.metadata)?,
        idempotency,
    })
}

fn metadata(given: Option<Map<String, Value>>) -> Result<Map<String, Value>, Problem> {
    let metadata = given.unwrap_or_default();
    let size = serde_json::to_vec(&metadata).map_or(usize::MAX, |json| json.len());
    if size > MAX_METADATA_BYTES {
        return Err(invalid(
            "metadata",
            &format!("larger than {MAX_METADATA_BYTES} bytes"),
        ));
    }
    Ok(metadata)
}
