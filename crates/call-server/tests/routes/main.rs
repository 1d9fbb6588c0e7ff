//! The REST side, route by route, over a real connection.

// A test that cannot go on has failed: panicking says so.
#![allow(clippy::expect_used)]

mod access;
mod answer;
mod config;
mod cors;
mod dev_token;
mod docs;
mod end;
mod events;
mod get;
mod hand;
mod health;
mod history;
mod initiate;
mod join;
mod leave;
mod media;
mod metrics;
mod mute;
mod participant;
mod participants;
mod presence;
mod quality;
mod recordings;
mod reject;
mod relay;
mod sfu;
mod stats;
mod support;
mod turn_client;
mod turn_credentials;
mod web_app;
mod ws;
