//! Voice and video calls for any product, from one self-hosted binary.

pub mod auth;
pub mod http;
pub mod metrics;
pub mod settings;
pub mod telemetry;
pub mod web_app;

pub use settings::Settings;
