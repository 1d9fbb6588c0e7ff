//! `cargo xtask room`: people in group calls of a real server, by REST and socket, with real ICE, DTLS and SRTP. Nobody decodes:
//! what is measured is what the server does.

mod chance;
mod figures;
mod gathering;
mod seat;
mod soak;
mod stage;

use std::net::{IpAddr, Ipv4Addr, ToSocketAddrs, UdpSocket};
use std::time::Duration;

use anyhow::{Context, Result};
use call_tests::media::SendPlan;
use call_tests::{Server, Site};
use clap::Parser;

#[derive(Parser)]
#[command(
    about = "Puts synthetic people into group calls; build in release, or the figures mean nothing."
)]
struct Arguments {
    /// People of a call who send picture and sound.
    #[arg(long, default_value_t = 3)]
    publishers: usize,
    /// People of a call who only see and hear.
    #[arg(long, default_value_t = 50)]
    subscribers: usize,
    /// Calls at the same time.
    #[arg(long, default_value_t = 1)]
    calls: usize,
    /// Seconds that everybody stays.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// What a publisher's picture takes in its full size, in kbit/s.
    #[arg(long, default_value_t = 500)]
    video_bitrate: u32,
    /// Send pictures in one size in place of three (simulcast).
    #[arg(long)]
    single_layer: bool,
    /// People who join in a second.
    #[arg(long, default_value_t = 10.0)]
    join_rate: f64,
    /// A running server, such as `https://calls.example.com`; without it one is started.
    #[arg(long, requires = "secret")]
    server: Option<String>,
    /// The secret that the running server checks tokens with (HS256).
    #[arg(long)]
    secret: Option<String>,
    /// People come and go at random for that many minutes; then the server's memory, descriptors and threads must be back.
    #[arg(long, value_name = "MINUTES")]
    soak: Option<f64>,
    /// What chance begins with in a soak.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What everybody in the calls shares.
struct Setting {
    site: Site,
    /// The server's process, if it was started here.
    pid: Option<u32>,
    /// Where the participants' sockets are.
    address: IpAddr,
    publishers: usize,
    subscribers: usize,
    plan: SendPlan,
    join_rate: f64,
}

impl Setting {
    /// Everybody of one call: the publishers first.
    fn people(&self, call: usize) -> Vec<String> {
        let publishers = (1..=self.publishers).map(|number| format!("publisher-{call}-{number}"));
        let subscribers =
            (1..=self.subscribers).map(|number| format!("subscriber-{call}-{number}"));
        publishers.chain(subscribers).collect()
    }

    fn plan_of(&self, number: usize) -> Option<SendPlan> {
        (number < self.publishers).then_some(self.plan)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if cfg!(debug_assertions) {
        println!("warning: this is a debug build; only a release build says anything");
    }
    let started = match &arguments.server {
        Some(_) => None,
        None => Some(start(&arguments).await),
    };
    let site = match (&started, &arguments.server, &arguments.secret) {
        (Some(server), _, _) => server.site().clone(),
        (None, Some(url), Some(secret)) => Site::new(url, secret),
        (None, _, _) => anyhow::bail!("--server needs --secret"),
    };
    let setting = Setting {
        address: address_towards(site.url())?,
        site,
        pid: started.as_ref().map(Server::pid),
        publishers: arguments.publishers.max(1),
        subscribers: arguments.subscribers,
        plan: plan(arguments.video_bitrate),
        join_rate: arguments.join_rate.max(0.1),
    };
    let outcome = if let Some(minutes) = arguments.soak {
        let time = Duration::from_secs_f64(minutes * 60.0);
        soak::run(setting, arguments.calls, time, arguments.seed).await
    } else {
        let time = Duration::from_secs(arguments.seconds);
        gathering::run(setting, arguments.calls, time).await
    };
    if outcome.is_err()
        && let Some(server) = &started
    {
        print_end_of_log(&server.log());
        let kept = std::env::temp_dir().join("room-server.log");
        std::fs::write(&kept, server.log())?;
        println!(
            "all of it: {} (RUST_LOG=debug makes it tell more)",
            kept.display()
        );
    }
    outcome
}

/// A server for large calls, all of them over its SFU.
async fn start(arguments: &Arguments) -> Server {
    let level = std::env::var("RUST_LOG").unwrap_or_else(|_| "warn".into());
    let people = (arguments.publishers + arguments.subscribers).clamp(2, 1000);
    Server::start(&[
        ("CALL__SFU__ENABLED", "true"),
        (
            "CALL__SFU__SIMULCAST",
            if arguments.single_layer {
                "false"
            } else {
                "true"
            },
        ),
        ("CALL__POLICY__TOPOLOGY", "sfu"),
        ("CALL__POLICY__MAX_PARTICIPANTS", &people.to_string()),
        ("CALL__LIMITS__MESSAGES_PER_SECOND", "1000"),
        ("CALL__LIMITS__INITIATE_PER_MINUTE", "1000"),
        ("CALL__LOG__LEVEL", &level),
    ])
    .await
}

/// 30 frames a second of packets of 1,000 bytes at most.
fn plan(kilobits: u32) -> SendPlan {
    const FRAME_RATE: u32 = 30;
    const PACKET: usize = 1_000;
    let frame = usize::try_from(kilobits * 1000 / 8 / FRAME_RATE).unwrap_or(PACKET);
    let packets = frame.div_ceil(PACKET).max(1);
    SendPlan {
        frame_rate: f64::from(FRAME_RATE),
        packets,
        packet_bytes: frame.div_ceil(packets),
    }
}

/// The address of this machine from which the server is reached.
fn address_towards(url: &str) -> Result<IpAddr> {
    let authority = url
        .split_once("://")
        .map_or(url, |(_, rest)| rest)
        .split('/')
        .next()
        .unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => host,
        _ => authority,
    };
    let host = host.trim_matches(['[', ']']);
    let server = (host, 9)
        .to_socket_addrs()
        .with_context(|| format!("where is {host}?"))?
        .next()
        .with_context(|| format!("{host} has no address"))?;
    if server.ip().is_loopback() {
        return Ok(server.ip());
    }
    let any = match server.ip() {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED),
    };
    let socket = UdpSocket::bind((any, 0))?;
    // Sends nothing: it only asks for the route.
    socket.connect(server)?;
    Ok(socket.local_addr()?.ip())
}

fn print_end_of_log(log: &str) {
    let lines: Vec<&str> = log.lines().collect();
    let from = lines.len().saturating_sub(20);
    println!("\nthe end of the server's log:");
    for line in &lines[from..] {
        println!("  {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::{address_towards, plan};

    #[test]
    fn a_plan_has_the_bitrate_that_was_asked_for() {
        for kilobits in [30, 100, 500, 2500] {
            let plan = plan(kilobits);
            let bytes = plan.packets * plan.packet_bytes * 30;
            let asked = usize::try_from(kilobits).unwrap() * 1000 / 8;
            assert!(
                bytes.abs_diff(asked) <= 30 * plan.packets,
                "{kilobits}: {bytes}"
            );
            assert!(plan.packet_bytes <= 1000);
        }
    }

    #[test]
    fn a_server_on_this_machine_is_reached_by_its_own_address() {
        for (url, address) in [
            ("http://127.0.0.1:8080", "127.0.0.1"),
            ("https://[::1]:443/", "::1"),
            ("http://127.0.0.2", "127.0.0.2"),
        ] {
            let found = address_towards(url).unwrap();
            assert_eq!(found.to_string(), address, "{url}");
        }
    }
}
