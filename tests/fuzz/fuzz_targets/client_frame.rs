//! Whatever a client sends as a frame of the socket: it is read or refused, and nothing else.

#![no_main]

use call_signal::wire::{ClientFrame, MAX_MESSAGE_ID};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let parsed = ClientFrame::parse(text);
    // What an answer repeats is bounded.
    for repeated in [parsed.id, parsed.call_id].into_iter().flatten() {
        assert!(repeated.len() <= MAX_MESSAGE_ID);
    }
});
