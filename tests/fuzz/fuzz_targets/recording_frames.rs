//! What a tap of the SFU copied, on its way to frames: put in order, put together, put in time.
#![no_main]

libfuzzer_sys::fuzz_target!(|script: &[u8]| call_media::sfu::fuzzing::recording_frames(script));
