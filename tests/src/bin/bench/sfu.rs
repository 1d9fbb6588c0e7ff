//! The SFU beside Janus's `VideoRoom`: one sends, many get it, by the same synthetic participants with SRTP on both sides. And
//! beside what the machine reaches with nothing but AES-GCM and `sendmmsg`.
//!
//! Counted are packets that arrived, per second of processor time that the server used.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use call_tests::media::{Crowd, MediaPeer, SendPlan};
use call_tests::{ISLAND, binary};
use serde_json::json;

use crate::bare_sfu::{BareSfu, PATIENCE, THREADS, shortcoming};
use crate::janus::Janus;
use crate::report::{Figure, Goal, latencies, milliseconds, processor_seconds, resident};

const PACKET: usize = 1_000;
/// Receivers, and the packets of each of the 30 frames a second: as much as the load can take in.
const LOADS: [(usize, usize); 3] = [(10, 30), (50, 12), (200, 4)];

/// What one round showed.
#[derive(Default)]
struct Shown {
    per_processor_second: f64,
    per_second: f64,
    delay_p50: f64,
    delay_p99: f64,
    kilobytes_per_peer: f64,
    lost: f64,
}

pub(crate) async fn run(rounds: usize, time: Duration) -> Result<()> {
    println!("\nSFU: one sends {PACKET}-byte packets to many, SRTP both ways ({THREADS} threads)");
    for (receivers, packets) in LOADS {
        let plan = SendPlan {
            frame_rate: 30.0,
            packets,
            packet_bytes: PACKET,
        };
        let name = |what: &str| format!("1 to {receivers}: {what}");
        let mut figures: HashMap<&str, Figure> = HashMap::new();
        let mut add = |key: &'static str, unit, value| {
            figures
                .entry(key)
                .or_insert_with(|| Figure::new(name(key), unit))
                .add(value);
        };
        for _ in 0..rounds {
            let limit = bare(receivers, plan, time)?;
            let theirs = Box::pin(janus(receivers, plan, time)).await?;
            let mine = ours(receivers, plan, time)?;
            add("limit, packets per CPU-second", "per s", limit);
            add(
                "Janus, packets per CPU-second",
                "per s",
                theirs.per_processor_second,
            );
            add(
                "ours, packets per CPU-second",
                "per s",
                mine.per_processor_second,
            );
            add(
                "ours over Janus",
                "times",
                mine.per_processor_second / theirs.per_processor_second,
            );
            add(
                "ours over the limit",
                "%",
                mine.per_processor_second * 100.0 / limit,
            );
            add("Janus, packets a second", "per s", theirs.per_second);
            add("ours, packets a second", "per s", mine.per_second);
            add("Janus, lost", "%", theirs.lost);
            add("ours, lost", "%", mine.lost);
            add("Janus, delay p50", "ms", theirs.delay_p50);
            add("ours, delay p50", "ms", mine.delay_p50);
            add("Janus, delay p99", "ms", theirs.delay_p99);
            add("ours, delay p99", "ms", mine.delay_p99);
            add("Janus, memory per peer", "kB", theirs.kilobytes_per_peer);
            add("ours, memory per peer", "kB", mine.kilobytes_per_peer);
        }
        for (key, goal) in [
            ("limit, packets per CPU-second", None),
            ("Janus, packets per CPU-second", None),
            ("ours, packets per CPU-second", None),
            ("ours over Janus", Some(Goal::AtLeast(2.0))),
            ("ours over the limit", Some(Goal::AtLeast(60.0))),
            ("Janus, packets a second", None),
            ("ours, packets a second", None),
            ("Janus, lost", None),
            ("ours, lost", None),
            ("Janus, delay p50", None),
            ("ours, delay p50", None),
            ("Janus, delay p99", None),
            ("ours, delay p99", None),
            ("Janus, memory per peer", None),
            ("ours, memory per peer", None),
        ] {
            if let Some(figure) = figures.get(key) {
                figure.print(goal);
            }
        }
    }
    Ok(())
}

fn ours(receivers: usize, plan: SendPlan, time: Duration) -> Result<Shown> {
    let mut sfu = BareSfu::start()?;
    let mut crowd = Crowd::new()?;
    let began = Instant::now();
    let mut people = HashMap::new();
    let empty = resident(sfu.id())?;
    for number in 0..=receivers {
        let plan = (number == 0).then_some(plan);
        let id = crowd.add(MediaPeer::new(ISLAND, began, plan)?)?;
        people.insert(format!("peer-{number}"), id);
        sfu.say(&json!({"join": format!("peer-{number}")}))?;
        sfu.answer(&mut crowd, &people)?;
        crowd.run(Duration::from_millis(5))?;
    }
    let end = Instant::now() + PATIENCE;
    while !everybody_sees(&mut crowd, receivers) {
        ensure!(Instant::now() < end, "{}", shortcoming(&mut crowd));
        sfu.answer(&mut crowd, &people)?;
        crowd.run(Duration::from_millis(5))?;
    }
    for (_, peer) in crowd.peers() {
        peer.hush();
    }
    let pid = sfu.id();
    measure(&mut crowd, pid, receivers, time, empty)
}

async fn janus(receivers: usize, plan: SendPlan, time: Duration) -> Result<Shown> {
    let janus = Janus::start()?;
    let mut client = janus.connect().await?;
    client.create_room().await?;
    let empty = resident(janus.pid())?;
    let mut crowd = Crowd::new()?;
    let began = Instant::now();
    let mut publisher = MediaPeer::new(ISLAND, began, Some(plan))?;
    let (offer, pending) = publisher.offer()?;
    let (feed, answer) = client.publish(&offer).await?;
    publisher.accept(pending, &answer)?;
    let publisher = crowd.add(publisher)?;
    let end = Instant::now() + PATIENCE;
    while !crowd
        .peer(publisher)
        .is_some_and(|peer| peer.is_connected())
    {
        ensure!(
            Instant::now() < end,
            "the sender does not get through to Janus"
        );
        crowd.run(Duration::from_millis(5))?;
    }
    for _ in 0..receivers {
        let mut peer = MediaPeer::new(ISLAND, began, None)?;
        let (handle, offer) = client.subscribe(feed).await?;
        let answer = peer.answer(&offer, "")?;
        client.start(handle, &answer).await?;
        crowd.add(peer)?;
        crowd.run(Duration::from_millis(5))?;
    }
    while !everybody_sees(&mut crowd, receivers) {
        ensure!(Instant::now() < end, "Janus: {}", shortcoming(&mut crowd));
        crowd.run(Duration::from_millis(5))?;
    }
    measure(&mut crowd, janus.pid(), receivers, time, empty)
}

fn everybody_sees(crowd: &mut Crowd, receivers: usize) -> bool {
    let seeing = crowd.peers().filter(|(_, peer)| peer.received.packets > 0);
    seeing.count() == receivers
}

#[allow(clippy::cast_precision_loss)] // counts of a benchmark fit
fn measure(
    crowd: &mut Crowd,
    pid: u32,
    receivers: usize,
    time: Duration,
    empty: f64,
) -> Result<Shown> {
    // Estimates settle, buffers grow.
    crowd.run(Duration::from_secs(5))?;
    let count = |crowd: &mut Crowd| -> (u64, u64) {
        let (mut got, mut sent) = (0, 0);
        for (_, peer) in crowd.peers() {
            got += peer.received.packets;
            sent += peer.sent();
            peer.received.delays.clear();
        }
        (got, sent)
    };
    let before = count(crowd);
    let used = processor_seconds(pid)?;
    let began = Instant::now();
    crowd.run(time)?;
    let elapsed = began.elapsed().as_secs_f64();
    let used = processor_seconds(pid)? - used;
    let mut delays = latencies()?;
    for (_, peer) in crowd.peers() {
        for delay in &peer.received.delays {
            delays.saturating_record(u64::try_from(delay.as_micros())?);
        }
    }
    let after = count(crowd);
    let got = (after.0 - before.0) as f64;
    let wanted = (after.1 - before.1) as f64 * receivers as f64;
    if got == 0.0 || used == 0.0 {
        bail!("nothing came through");
    }
    Ok(Shown {
        per_processor_second: got / used,
        per_second: got / elapsed,
        delay_p50: milliseconds(&delays, 0.5),
        delay_p99: milliseconds(&delays, 0.99),
        kilobytes_per_peer: (resident(pid)? - empty) * 1000.0 / receivers as f64,
        lost: (100.0 - got * 100.0 / wanted).max(0.0),
    })
}

/// Packets per processor second of nothing but encryption and sending.
#[allow(clippy::cast_precision_loss)] // counts of a benchmark fit
fn bare(receivers: usize, plan: SendPlan, time: Duration) -> Result<f64> {
    let sockets = (0..receivers)
        .map(|_| UdpSocket::bind((ISLAND, 0)))
        .collect::<std::io::Result<Vec<_>>>()?;
    let addresses = sockets
        .iter()
        .map(|socket| Ok(socket.local_addr()?.to_string()))
        .collect::<std::io::Result<Vec<_>>>()?;
    let mut child = Command::new(binary("bare_forward"))
        .arg(ISLAND.to_string())
        .args(addresses)
        .stdout(Stdio::piped())
        .spawn()?;
    let outcome = bare_load(&mut child, &sockets, plan, time);
    let _ = child.kill();
    let _ = child.wait();
    outcome
}

#[allow(clippy::cast_precision_loss)] // counts of a benchmark fit
fn bare_load(
    child: &mut Child,
    sockets: &[UdpSocket],
    plan: SendPlan,
    time: Duration,
) -> Result<f64> {
    let mut line = String::new();
    let output = child.stdout.take().context("its output")?;
    BufReader::new(output).read_line(&mut line)?;
    let port: u16 = line.trim().parse()?;
    for socket in sockets {
        socket.set_nonblocking(true)?;
    }
    let sender = UdpSocket::bind((ISLAND, 0))?;
    let packet = vec![0; plan.packet_bytes + 28];
    let mut buffer = vec![0; 2048];
    let frame = Duration::from_secs_f64(1.0 / plan.frame_rate);
    let pid = child.id();
    let mut got = 0_u64;
    let used = processor_seconds(pid)?;
    let began = Instant::now();
    let mut next = began;
    while began.elapsed() < time {
        if Instant::now() >= next {
            next += frame;
            for _ in 0..plan.packets {
                sender.send_to(&packet, (ISLAND, port))?;
            }
        }
        for socket in sockets {
            while socket.recv(&mut buffer).is_ok() {
                got += 1;
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let used = processor_seconds(pid)? - used;
    ensure!(got > 0 && used > 0.0, "nothing came through");
    Ok(got as f64 / used)
}
