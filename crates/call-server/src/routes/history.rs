use actix_web::web::{Data, Json, Query};
use call_domain::{Timestamp, UserId};
use call_engine::CallView;
use call_signal::wire;
use call_store::{Direction, HistoryQuery, Outcome};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::IntoParams;

use crate::app::App;
use crate::auth::Caller;
use crate::http::Problem;
use crate::http::fields::{self, invalid, limit, optional};

/// Texts still: a wrong one is named by its parameter.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// `nextCursor` of the page before.
    cursor: Option<String>,
    /// The most items of a page: 1 to 200, 50 unless said otherwise.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// Only calls that stand here.
    #[param(value_type = Option<wire::CallStatus>)]
    status: Option<String>,
    /// Only calls of this type.
    #[param(value_type = Option<wire::CallType>)]
    r#type: Option<String>,
    /// Only calls that came in, or went out.
    #[param(value_type = Option<wire::Direction>)]
    direction: Option<String>,
    /// Only calls of which this came for me.
    #[param(value_type = Option<wire::Outcome>)]
    outcome: Option<String>,
    /// Only calls that this user belonged to as well.
    with: Option<String>,
    /// Only calls created at this time or later (RFC 3339).
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<String>,
    /// Only calls created before this time (RFC 3339).
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<String>,
}

/// List my calls
///
/// Newest first, each with what came of it for me.
#[utoipa::path(
    get,
    path = "/api/calls",
    tag = "calls",
    params(Filter),
    responses(
        (status = 200, body = wire::CallPage, description = "A page of calls"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn history(
    app: Data<App>,
    caller: Caller,
    filter: Result<Query<Filter>, actix_web::Error>,
) -> Result<Json<wire::CallPage>, Problem> {
    let filter = fields::query(filter)?;
    let page = app.engine.history(query(caller.user_id, &filter)?).await?;
    let items = page.items.into_iter().map(|item| wire::HistoryItem {
        call: CallView::from(item.call).to_wire(),
        direction: match item.direction {
            Direction::Incoming => wire::Direction::Incoming,
            Direction::Outgoing => wire::Direction::Outgoing,
        },
        outcome: outcome(item.outcome),
    });
    Ok(Json(wire::CallPage {
        items: items.collect(),
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    }))
}

fn query(user: UserId, filter: &Filter) -> Result<HistoryQuery, Problem> {
    Ok(HistoryQuery {
        user,
        cursor: optional("cursor", filter.cursor.as_deref())?,
        limit: limit(filter.limit.as_deref())?,
        status: optional("status", filter.status.as_deref())?,
        call_type: optional("type", filter.r#type.as_deref())?,
        direction: filter
            .direction
            .as_deref()
            .map(parse_direction)
            .transpose()?,
        outcome: optional("outcome", filter.outcome.as_deref())?,
        with: optional("with", filter.with.as_deref())?,
        from: filter
            .from
            .as_deref()
            .map(|text| moment("from", text))
            .transpose()?,
        to: filter
            .to
            .as_deref()
            .map(|text| moment("to", text))
            .transpose()?,
    })
}

fn parse_direction(text: &str) -> Result<Direction, Problem> {
    match text {
        "incoming" => Ok(Direction::Incoming),
        "outgoing" => Ok(Direction::Outgoing),
        _ => Err(invalid("direction", &"not a known direction")),
    }
}

fn outcome(outcome: Outcome) -> wire::Outcome {
    match outcome {
        Outcome::Answered => wire::Outcome::Answered,
        Outcome::Missed => wire::Outcome::Missed,
        Outcome::NoAnswer => wire::Outcome::NoAnswer,
        Outcome::Declined => wire::Outcome::Declined,
        Outcome::Cancelled => wire::Outcome::Cancelled,
        Outcome::Busy => wire::Outcome::Busy,
        Outcome::Failed => wire::Outcome::Failed,
        Outcome::Ongoing => wire::Outcome::Ongoing,
    }
}

fn moment(name: &str, text: &str) -> Result<Timestamp, Problem> {
    let moment = OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| invalid(name, &"not a time as in RFC 3339 (write + as %2B)"))?;
    let micros = moment.unix_timestamp_nanos().div_euclid(1000);
    i64::try_from(micros)
        .map(Timestamp::from_micros)
        .map_err(|_| invalid(name, &"out of range"))
}
