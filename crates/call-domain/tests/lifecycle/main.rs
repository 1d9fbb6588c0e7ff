//! The life of a call, seen from outside: tables, races, sequences and whole small worlds.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a broken premise of a test is its failure

mod fixture;
mod growth;
mod invariants;
mod legs;
mod model;
mod moderation;
mod notices;
mod placement;
mod races;
mod recording;
mod sequences;
mod small_worlds;
mod stored;
mod table;
mod timers;
mod topology;
