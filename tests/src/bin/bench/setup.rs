//! Whole calls: initiate → ring event → answer → joined → end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use futures_util::SinkExt;
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use call_tests::Server;

use crate::report::{Figure, Goal, latencies, milliseconds, processor_seconds};
use crate::socket::{Socket, server, session, wait_for};

/// Pairs that call each other at the same time.
const PAIRS: usize = 48;
const GOAL: f64 = 300.0;

pub(crate) async fn run(rounds: usize, time: Duration) -> anyhow::Result<()> {
    println!("\nCall set-up on SQLite, every commit synced to disk ({PAIRS} pairs)");
    let mut syncs = Figure::new(
        "limit: small writes made durable (fdatasync), one by one",
        "per s",
    );
    let mut rate = Figure::new("calls set up and ended, as fast as it goes", "per s");
    let mut cost = Figure::new("server processor time per call", "ms");
    let mut p50 = Figure::new("initiate to call:incoming at 150 calls/s, p50", "ms");
    let mut p99 = Figure::new("initiate to call:incoming at 150 calls/s, p99", "ms");
    for _ in 0..rounds {
        syncs.add(fsync_rate()?);
        let server = Arc::new(server().await);
        let before = processor_seconds(server.pid())?;
        let (done, _) = load(&server, time, None).await?;
        #[allow(clippy::cast_precision_loss)]
        let done = done as f64;
        rate.add(done / time.as_secs_f64());
        cost.add((processor_seconds(server.pid())? - before) * 1000.0 / done);
        let pause = Duration::from_secs_f64(PAIRS_F / (GOAL / 2.0));
        let (_, times) = load(&server, time, Some(pause)).await?;
        p50.add(milliseconds(&times, 0.5));
        p99.add(milliseconds(&times, 0.99));
    }
    syncs.print(None);
    rate.print(Some(Goal::AtLeast(GOAL)));
    cost.print(None);
    p50.print(None);
    p99.print(Some(Goal::Below(50.0)));
    Ok(())
}

#[allow(clippy::cast_precision_loss)]
const PAIRS_F: f64 = PAIRS as f64;

/// How many times a second this disk makes a small write durable.
fn fsync_rate() -> anyhow::Result<f64> {
    use std::io::Write;
    let folder = tempfile::tempdir()?;
    let mut file = std::fs::File::create(folder.path().join("probe"))?;
    let begin = Instant::now();
    let mut count = 0.0;
    while begin.elapsed() < Duration::from_secs(1) {
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        count += 1.0;
    }
    Ok(count / begin.elapsed().as_secs_f64())
}

/// Calls made by all pairs, and the time from each initiate to its `call:incoming`.
async fn load(
    server: &Arc<Server>,
    time: Duration,
    pause: Option<Duration>,
) -> anyhow::Result<(u64, Histogram<u64>)> {
    let done = Arc::new(AtomicU64::new(0));
    let mut pairs = Vec::new();
    for n in 0..PAIRS {
        let alice = session(server, &format!("alice{n}")).await?;
        let bob = session(server, &format!("bob{n}")).await?;
        pairs.push((n, alice, bob));
    }
    let begin = Instant::now();
    let tasks: Vec<_> = pairs
        .into_iter()
        .map(|(n, mut alice, mut bob)| {
            let (server, done) = (Arc::clone(server), Arc::clone(&done));
            tokio::spawn(async move {
                let mut times = latencies()?;
                let client = Client::new(&server, n);
                #[allow(clippy::cast_precision_loss)]
                let mut next = pause.map(|p| begin + p.mul_f64(n as f64 / PAIRS_F));
                while begin.elapsed() < time {
                    let mut start = Instant::now();
                    if let (Some(at), Some(pause)) = (next, pause) {
                        tokio::time::sleep_until(at.into()).await;
                        // Counted from when it was due: a late start is part of the delay.
                        start = at;
                        next = Some(at + pause);
                    }
                    client.call(&mut alice, &mut bob, start, &mut times).await?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                anyhow::Ok(times)
            })
        })
        .collect();
    let mut all = latencies()?;
    for task in tasks {
        all.add(task.await??)?;
    }
    Ok((done.load(Ordering::Relaxed), all))
}

/// REST of one pair.
struct Client {
    http: reqwest::Client,
    url: String,
    alice: (String, String),
    bob: (String, String),
}

impl Client {
    fn new(server: &Server, n: usize) -> Self {
        let user = |name: &str| {
            let user = format!("{name}{n}");
            let token = server.token(&user);
            (user, token)
        };
        Self {
            http: reqwest::Client::new(),
            url: server.url(),
            alice: user("alice"),
            bob: user("bob"),
        }
    }

    async fn post(&self, token: &str, path: &str, body: Value) -> anyhow::Result<Value> {
        let request = self.http.post(format!("{}/api/calls/{path}", self.url));
        let request = request
            .bearer_auth(token)
            .header("content-type", "application/json");
        let response = request.body(body.to_string()).send().await?;
        let status = response.status();
        let body = response.bytes().await?;
        ensure!(
            status.is_success(),
            "{path}: {status} {}",
            String::from_utf8_lossy(&body)
        );
        Ok(serde_json::from_slice(&body)?)
    }

    async fn call(
        &self,
        alice: &mut Socket,
        bob: &mut Socket,
        start: Instant,
        times: &mut Histogram<u64>,
    ) -> anyhow::Result<()> {
        let wish = json!({
            "type": "audio", "participantIds": [self.bob.0], "deviceId": self.alice.0
        });
        let (call, rings) = tokio::join!(self.post(&self.alice.1, "initiate", wish), async {
            let event = wait_for(bob, "call:incoming").await;
            (event, start.elapsed())
        });
        let call = call?;
        rings.0?;
        times.record(u64::try_from(rings.1.as_micros())?.max(1))?;
        let id = call["id"].as_str().unwrap_or_default();
        let device = json!({"deviceId": self.bob.0});
        self.post(&self.bob.1, &format!("{id}/answer"), device)
            .await?;
        wait_for(alice, "call:participant-joined").await?;
        let connected = json!({"type": "call:connected", "callId": id}).to_string();
        alice.send(Message::text(connected.clone())).await?;
        bob.send(Message::text(connected)).await?;
        loop {
            let event = wait_for(bob, "call:updated").await?;
            if event["call"]["status"] == "active" {
                break;
            }
        }
        self.post(&self.alice.1, &format!("{id}/end"), json!({}))
            .await?;
        wait_for(bob, "call:ended").await?;
        Ok(())
    }
}
