//! RTP packets of the SFU: read, recognised, rewritten, kept and sent again.
#![no_main]

libfuzzer_sys::fuzz_target!(|script: &[u8]| call_media::sfu::fuzzing::rtp(script));
