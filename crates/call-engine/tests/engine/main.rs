//! The engine with a real store and a real hub, under a clock that is moved by hand.

// Helper functions of tests may fail them.
#![allow(clippy::expect_used, clippy::missing_panics_doc, unreachable_pub)]

mod faults;
mod group;
mod handover;
mod idempotency;
mod lifecycle;
mod media;
mod moderation;
mod presence;
mod privacy;
mod quality;
mod races;
mod recording;
mod recording_attendance;
mod recording_crashes;
mod recording_follows;
mod recording_jobs;
mod recording_rights;
mod restart;
mod rooms;
mod signals;
mod stopping;
mod stress;
mod support;
mod turn;
