//! Files of a recording as a crash may leave them: closed, and gone on with.
#![no_main]

libfuzzer_sys::fuzz_target!(|file: &[u8]| call_recording::fuzzing::repair(file));
