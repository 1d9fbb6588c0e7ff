//! SDP answers to the SFU: read or refused, and what is kept of them is bounded.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| call_media::sfu::fuzzing::sdp(text));
