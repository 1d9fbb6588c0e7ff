//! Recordings of real calls: a server process, participants whose pictures and voices can be decoded, and ffmpeg to look at what
//! was written.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod admin;
mod consent;
mod crash;
mod disk;
mod guest;
mod lost_network;
mod mixing;
mod object_store;
mod private;
mod rights;
mod scene;
mod stage;
mod tracks;
mod watched;
