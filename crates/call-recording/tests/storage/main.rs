//! Recordings in a real object store, over a line that breaks.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod line;
mod refusals;
mod server;
mod tls;
mod upload;
mod urls;
mod watch;
mod whole;

use call_recording::storage::{ObjectKey, Upload};

/// A key of a file in the store.
fn key() -> ObjectKey {
    "0199c2f4-7a3e-7b10-8f6e-0123456789ab/00112233-4455-4677-8899-aabbccddeeff.webm"
        .parse()
        .unwrap()
}

/// The same with the store's prefix.
const OBJECT: &str =
    "some/where/0199c2f4-7a3e-7b10-8f6e-0123456789ab/00112233-4455-4677-8899-aabbccddeeff.webm";

fn upload(file: &std::path::Path) -> Upload<'_> {
    Upload {
        file,
        key: key(),
        content_type: "video/webm",
    }
}
