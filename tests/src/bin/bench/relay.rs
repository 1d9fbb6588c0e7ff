//! Offers, answers and candidates between people in calls, 512-byte bodies.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use futures_util::{SinkExt, StreamExt};
use hdrhistogram::Histogram;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use call_tests::{Device, Server};

use crate::report::{Figure, Goal, latencies, milliseconds, processor_seconds};
use crate::socket::{Bare, Sink, Stream, server, session};

/// Calls at the same time; each has two sockets, and both send.
const CALLS: usize = 50;
/// Messages of one sender that are under way at most.
const WINDOW: u64 = 16;
const GOAL: f64 = 20_000.0;

pub(crate) async fn run(rounds: usize, time: Duration) -> anyhow::Result<()> {
    println!("\nRelay of signals, 512-byte bodies ({CALLS} calls, both sides send)");
    let mut limit = Figure::new(
        "limit: bare actix-ws passing frames on, no protocol",
        "per s",
    );
    let mut rate = Figure::new("signals relayed, as fast as it goes", "per s");
    let mut ratio = Figure::new("share of the limit", "%");
    let mut cost = Figure::new("server processor time per signal", "µs");
    let mut p50 = Figure::new("sent to received at 20,000 a second, p50", "ms");
    let mut p99 = Figure::new("sent to received at 20,000 a second, p99", "ms");
    for _ in 0..rounds {
        let bare = Bare::start().await?;
        let mut ends = Vec::new();
        for n in 0..CALLS {
            let (a, b) = (
                bare.socket(&n.to_string()).await?,
                bare.socket(&n.to_string()).await?,
            );
            ends.push(End::new(a, body("0", "x")));
            ends.push(End::new(b, body("0", "x")));
        }
        let (bare_rate, _, _) = flood(ends, time, None).await?;
        drop(bare);

        let server = server().await;
        let (ends, _idle) = calls(&server, "fast").await?;
        let before = processor_seconds(server.pid())?;
        let (fast, _, count) = flood(ends, time, None).await?;
        #[allow(clippy::cast_precision_loss)]
        cost.add((processor_seconds(server.pid())? - before) * 1e6 / count as f64);
        limit.add(bare_rate);
        rate.add(fast);
        ratio.add(fast * 100.0 / bare_rate);

        let (ends, _idle) = calls(&server, "paced").await?;
        let (paced, times, _) = flood(ends, time, Some(GOAL)).await?;
        ensure!(
            paced > GOAL * 0.97,
            "only {paced:.0} of {GOAL} a second were relayed"
        );
        p50.add(milliseconds(&times, 0.5));
        p99.add(milliseconds(&times, 0.99));
    }
    limit.print(None);
    rate.print(Some(Goal::AtLeast(GOAL)));
    ratio.print(None);
    cost.print(None);
    p50.print(None);
    p99.print(Some(Goal::Below(10.0)));
    Ok(())
}

/// A candidate message of which the body has 512 bytes; the send time is written over `@`.
fn body(call: &str, to: &str) -> String {
    let candidate = format!("candidate:@@@@@@@@@@@@@@@@ {}", "x".repeat(485));
    json!({
        "type": "call:ice-candidate", "callId": call, "to": to,
        "candidate": {"candidate": candidate, "sdpMid": "0", "sdpMLineIndex": 0}
    })
    .to_string()
}

/// One socket of a pair.
struct End {
    sink: Sink,
    stream: Stream,
    message: String,
}

impl End {
    fn new(socket: crate::socket::Socket, message: String) -> Self {
        let (sink, stream) = socket.split();
        Self {
            sink,
            stream,
            message,
        }
    }
}

/// Calls whose two devices may signal to each other.
async fn calls(server: &Server, name: &str) -> anyhow::Result<(Vec<End>, Vec<Device>)> {
    let mut ends = Vec::new();
    let mut idle = Vec::new();
    for n in 0..CALLS {
        let (a, b) = (format!("{name}-a{n}"), format!("{name}-b{n}"));
        let (mut first, mut second) = (session(server, &a).await?, session(server, &b).await?);
        let alice = Device::new(server, &a, &a);
        let bob = Device::new(server, &b, &b);
        let call = alice.initiate(&[&b]).await;
        let id = call["id"].as_str().context("a call has an id")?;
        ensure!(bob.answer(id).await.status == 200);
        let connected = json!({"type": "call:connected", "callId": id}).to_string();
        first.send(Message::text(connected.clone())).await?;
        second.send(Message::text(connected)).await?;
        ends.push(End::new(first, body(id, &b)));
        ends.push(End::new(second, body(id, &a)));
        idle.extend([alice, bob]);
    }
    Ok((ends, idle))
}

/// Messages a second from the sockets to their peers, their delays, and how many they were.
async fn flood(
    ends: Vec<End>,
    time: Duration,
    rate: Option<f64>,
) -> anyhow::Result<(f64, Histogram<u64>, u64)> {
    #[allow(clippy::cast_precision_loss)]
    let pause = rate.map(|rate| Duration::from_secs_f64(ends.len() as f64 / rate));
    let received: Vec<_> = ends.iter().map(|_| Arc::new(AtomicU64::new(0))).collect();
    let over = Arc::new(AtomicBool::new(false));
    let begin = Instant::now();
    let mut senders = Vec::new();
    let mut receivers = Vec::new();
    for (n, end) in ends.into_iter().enumerate() {
        let (got, peer_got) = (Arc::clone(&received[n]), Arc::clone(&received[n ^ 1]));
        receivers.push(tokio::spawn(receive(
            end.stream,
            begin,
            got,
            Arc::clone(&over),
        )));
        senders.push(tokio::spawn(send(
            end.sink,
            end.message,
            begin,
            time,
            pause,
            peer_got,
        )));
    }
    let mut sinks = Vec::new();
    for sender in senders {
        sinks.push(sender.await??);
    }
    let took = begin.elapsed();
    // Counted are those that arrived while the load ran.
    let count = received
        .iter()
        .map(|n| n.load(Ordering::Relaxed))
        .sum::<u64>();
    over.store(true, Ordering::Relaxed);
    for sink in &mut sinks {
        let _ = sink.close().await;
    }
    let mut all = latencies()?;
    for receiver in receivers {
        all.add(receiver.await??)?;
    }
    #[allow(clippy::cast_precision_loss)]
    Ok((count as f64 / took.as_secs_f64(), all, count))
}

async fn send(
    mut sink: Sink,
    message: String,
    begin: Instant,
    time: Duration,
    pause: Option<Duration>,
    peer_got: Arc<AtomicU64>,
) -> anyhow::Result<Sink> {
    let mut sent = 0_u64;
    let mut next = begin;
    let at = message.find('@').context("a place for the time")?;
    while begin.elapsed() < time {
        if let Some(pause) = pause {
            next += pause;
            tokio::time::sleep_until(next.into()).await;
        } else if sent >= peer_got.load(Ordering::Relaxed) + WINDOW {
            tokio::task::yield_now().await;
            continue;
        }
        let due = if pause.is_some() {
            next
        } else {
            Instant::now()
        };
        let mut text = message.clone();
        let stamp = format!("{:016}", due.duration_since(begin).as_micros());
        text.replace_range(at..at + 16, &stamp);
        sink.send(Message::text(text)).await?;
        sent += 1;
    }
    Ok(sink)
}

async fn receive(
    mut stream: Stream,
    begin: Instant,
    got: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
) -> anyhow::Result<Histogram<u64>> {
    let mut times = latencies()?;
    while let Some(frame) = stream.next().await {
        let Ok(Message::Text(text)) = frame else {
            ensure!(
                over.load(Ordering::Relaxed) || matches!(frame, Ok(Message::Ping(_))),
                "{frame:?}"
            );
            continue;
        };
        let Some(at) = text.find("candidate:0") else {
            ensure!(!text.contains("\"error\""), "{text}");
            continue;
        };
        let sent: u64 = text[at + 10..at + 26].parse()?;
        let now = u64::try_from(begin.elapsed().as_micros())?;
        times.record(now.saturating_sub(sent).max(1))?;
        got.fetch_add(1, Ordering::Relaxed);
    }
    Ok(times)
}
