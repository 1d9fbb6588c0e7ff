//! Voice and video calls for any product, from one self-hosted binary.
//!
//! This crate is the roof: settings, tokens, HTTP routes, metrics, the web app, the command line,
//! and the wiring of the crates below. What a call is and does is decided in `call-domain` and
//! carried out by `call-engine`.
//!
//! # Embedding
//!
//! The whole server runs inside another program, too:
//!
//! ```no_run
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = call_server::Settings::load(Some("call-server.toml".as_ref()))?;
//! let server = call_server::serve(settings).await?;
//! println!("listening on {}", server.url());
//! # let asked_to_stop = async {};
//! asked_to_stop.await;
//! server.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! - Needs a multi-threaded tokio runtime.
//! - Several servers may live in one process; nothing is global but the log.
//! - It installs no signal handlers and no log: that is the command line's business.

mod app;
pub mod auth;
mod cli;
mod http;
mod kept_secret;
mod listen;
mod measured_store;
mod metrics;
pub mod openapi;
mod recording;
mod relay;
mod routes;
mod server;
pub mod settings;
mod sfu;
mod telemetry;
mod web_app;

pub use cli::Cli;
pub use recording::RecordingStartError;
pub use relay::RelayError;
pub use server::{RunningServer, ServeError, serve};
pub use settings::Settings;
pub use sfu::SfuStartError;
