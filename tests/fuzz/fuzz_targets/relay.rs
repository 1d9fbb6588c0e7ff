//! The parser of STUN and `ChannelData` and the whole state machine of the relay.
#![no_main]

#[path = "../../../crates/call-turn/examples/hammer/driver.rs"]
mod driver;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|script: &[u8]| {
    let mut hammer = driver::Hammer::new();
    hammer.run(script);
    hammer.finish();
});
