//! The relay of Call Server on its own, for the benchmark that compares it with coturn.
//!
//! `bare_relay <port> <secret> <threads>` listens on 127.0.0.1 and relays to peers on loopback.

use anyhow::Context;
use call_turn::{RelayConfig, RelayServer, Secret};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what| arguments.next().context(what);
    let port: u16 = next("a port")?.parse()?;
    let secret = next("a secret")?;
    let threads = next("how many threads")?.parse()?;
    let mut config = RelayConfig {
        udp: vec![([127, 0, 0, 1], port).into()],
        secrets: vec![Secret::new(secret)?],
        shards: Some(threads),
        ..RelayConfig::default()
    };
    config.peers.allow = vec!["127.0.0.0/8".parse()?];
    config.limits.allocations_per_user = usize::MAX;
    config.limits.bytes_per_second_per_user = None;
    config.limits.unauthenticated_per_source = u32::MAX;
    let _server = RelayServer::start(&config)?;
    // Until it is killed.
    loop {
        std::thread::park();
    }
}
