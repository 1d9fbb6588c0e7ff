//! Peer connections and rooms of the SFU under arbitrary datagrams: demultiplexing, STUN, DTLS, SCTP, media.
#![no_main]

libfuzzer_sys::fuzz_target!(|script: &[u8]| call_media::sfu::fuzzing::datagram(script));
