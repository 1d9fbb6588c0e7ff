//! One file for each resource.

pub(crate) mod answer;
pub(crate) mod config;
pub(crate) mod dev_token;
pub(crate) mod docs;
pub(crate) mod end;
pub(crate) mod events;
pub(crate) mod get;
pub(crate) mod hand;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod initiate;
pub(crate) mod join;
pub(crate) mod leave;
pub(crate) mod media;
pub(crate) mod metrics;
pub(crate) mod mute;
pub(crate) mod participant;
pub(crate) mod participants;
pub(crate) mod presence;
pub(crate) mod quality;
pub(crate) mod recordings;
pub(crate) mod reject;
pub(crate) mod stats;
pub(crate) mod turn_credentials;
pub(crate) mod ws;

use actix_web::guard;
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, Route};

use crate::http::Problem;
use crate::settings::Settings;
use crate::web_app;

const GET: &str = "GET, HEAD";

/// Every path that this server answers.
pub(crate) fn configure(settings: &Settings, config: &mut ServiceConfig) {
    config
        .service(at("/api/calls", GET).route(read().to(history::history)))
        .service(at("/api/calls/initiate", "POST").route(web::post().to(initiate::initiate)))
        .service(
            at("/api/calls/turn-credentials", GET)
                .route(read().to(turn_credentials::turn_credentials)),
        )
        .service(at("/api/calls/{id}", GET).route(read().to(get::get_call)))
        .service(at("/api/calls/{id}/answer", "POST").route(web::post().to(answer::answer)))
        .service(at("/api/calls/{id}/reject", "POST").route(web::post().to(reject::reject)))
        .service(at("/api/calls/{id}/end", "POST").route(web::post().to(end::end)))
        .service(at("/api/calls/{id}/leave", "POST").route(web::post().to(leave::leave)))
        .service(at("/api/calls/{id}/media", "PATCH").route(web::patch().to(media::change_media)))
        .service(
            at("/api/calls/{id}/participants", "POST").route(web::post().to(participants::add)),
        )
        .service(
            at("/api/calls/{id}/participants/{userId}", "PATCH, DELETE")
                .route(web::patch().to(participant::set_role))
                .route(web::delete().to(participant::remove)),
        )
        .service(
            at("/api/calls/{id}/participants/{userId}/mute", "POST")
                .route(web::post().to(mute::mute)),
        )
        .service(at("/api/calls/{id}/join", "POST").route(web::post().to(join::join)))
        .service(at("/api/calls/{id}/hand", "PUT").route(web::put().to(hand::hand)))
        .service(at("/api/calls/{id}/stats", GET).route(read().to(stats::stats)))
        .service(at("/api/calls/{id}/events", GET).route(read().to(events::events)))
        .service(at("/api/calls/{id}/quality", GET).route(read().to(quality::quality)))
        .service(
            at("/api/calls/{id}/recording", "POST, DELETE")
                .route(web::post().to(recordings::start::start))
                .route(web::delete().to(recordings::stop::stop)),
        )
        .service(
            at("/api/calls/{id}/recording/consent", "PUT")
                .route(web::put().to(recordings::consent::consent)),
        )
        .service(at("/api/calls/{id}/recordings", GET).route(read().to(recordings::list::list)))
        .service(
            at("/api/recordings/{id}", "GET, HEAD, DELETE")
                .route(read().to(recordings::get::get))
                .route(web::delete().to(recordings::delete::delete)),
        )
        .service(at("/api/recordings/{id}/mix", "POST").route(web::post().to(recordings::mix::mix)))
        .service(
            at("/api/recordings/{id}/files/{fileId}/url", "POST")
                .route(web::post().to(recordings::file_url::file_url)),
        )
        .service(
            at("/api/recordings/media/{token}", GET).route(read().to(recordings::media::media)),
        )
        .service(at("/api/alerts", GET).route(read().to(recordings::alerts::alerts)))
        .service(at("/api/presence", GET).route(read().to(presence::presence)))
        .service(at("/api/config", GET).route(read().to(config::config)))
        .service(at("/api/openapi.json", GET).route(read().to(docs::openapi_json)))
        .service(at("/api/docs", GET).route(read().to(docs::docs_slash)))
        .service(at("/api/docs/{path:.*}", GET).route(read().to(docs::docs)))
        .service(at("/ws", "GET").route(web::get().to(ws::ws)))
        .service(at("/healthz", GET).route(read().to(health::healthz)))
        .service(at("/readyz", GET).route(read().to(health::readyz)))
        .service(at("/metrics", GET).route(read().to(metrics::metrics)));
    if settings.dev {
        config.service(at("/api/dev/token", "POST").route(web::post().to(dev_token::dev_token)));
    }
    config
        .service(web::resource(["/api", "/api/{path:.*}"]).to(no_such_path))
        .default_service(web::to(app));
}

/// A path with the methods it has; any other method is 405.
fn at(path: &str, allow: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || async move {
        Err::<HttpResponse, Problem>(Problem::method_not_allowed(allow))
    }))
}

/// GET, and HEAD wherever GET is (RFC 9110 section 9.1).
fn read() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

async fn no_such_path() -> Result<HttpResponse, Problem> {
    Err(Problem::no_such_path())
}

async fn app(request: HttpRequest) -> Result<HttpResponse, Problem> {
    if [Method::GET, Method::HEAD].contains(request.method()) {
        Ok(web_app::answer(&request))
    } else {
        Err(Problem::method_not_allowed(GET))
    }
}
