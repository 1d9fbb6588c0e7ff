//! RTCP of the SFU: read, acted on and written.
#![no_main]

libfuzzer_sys::fuzz_target!(|script: &[u8]| call_media::sfu::fuzzing::rtcp(script));
