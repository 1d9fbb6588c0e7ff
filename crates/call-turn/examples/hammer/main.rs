//! `hammer [inputs] [seed]`: random histories for the relay, the same for the same seed. Says how
//! many inputs it took; a broken promise ends it with a panic.

mod driver;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};

fn main() -> Result<(), std::num::ParseIntError> {
    let mut arguments = std::env::args().skip(1);
    let wanted: u64 = arguments.next().map_or(Ok(1_000_000), |n| n.parse())?;
    let seed: u64 = arguments.next().map_or(Ok(1), |n| n.parse())?;
    let mut random = ChaCha20Rng::seed_from_u64(seed);
    let begin = std::time::Instant::now();
    let (mut inputs, mut relayed, mut histories) = (0, 0, 0_u64);
    while inputs < wanted {
        let mut script = vec![0; 20_000];
        random.fill_bytes(&mut script);
        let mut hammer = driver::Hammer::new();
        hammer.run(&script);
        inputs += hammer.inputs;
        relayed += hammer.relayed;
        histories += 1;
        hammer.finish();
    }
    let took = begin.elapsed();
    println!("{inputs} inputs in {histories} histories, {relayed} relayed, {took:.1?}");
    Ok(())
}
