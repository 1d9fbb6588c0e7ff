//! A relay on its own: `relay [address] [secret] [certificate key]`, for trying things out.
//!
//! UDP and TCP on the port of the address, TLS on the next one; peers on loopback are allowed.

use std::net::SocketAddr;

use call_turn::{CertificateFiles, RelayConfig, RelayServer, Secret};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:3478".into());
    let address: SocketAddr = address.parse()?;
    let secret = arguments.next().unwrap_or_else(|| "secret".into());
    let mut config = RelayConfig {
        udp: vec![address],
        tcp: vec![address],
        secrets: vec![Secret::new(secret)?],
        ..RelayConfig::default()
    };
    config.peers.allow = vec!["127.0.0.0/8".parse()?, "::1/128".parse()?];
    config.limits.allocations_per_user = 100_000;
    config.limits.bytes_per_second_per_user = None;
    config.limits.unauthenticated_per_source = u32::MAX;
    if let (Some(chain), Some(key)) = (arguments.next(), arguments.next()) {
        config.certificate = Some(CertificateFiles {
            chain: chain.into(),
            key: key.into(),
        });
        config.tls = vec![SocketAddr::new(address.ip(), address.port() + 1)];
    }
    let server = RelayServer::start(&config)?;
    for listener in server.addresses() {
        println!("{} {}", listener.transport.as_str(), listener.bound);
    }
    // Until standard input ends.
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    println!("{:?}", server.stats());
    server.stop();
    Ok(())
}
