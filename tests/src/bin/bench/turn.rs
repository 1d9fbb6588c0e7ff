//! The relay beside coturn: the same load on both, over UDP channels.
//!
//! Every client sends bursts to its peer, which sends them back; the next burst goes out when the
//! last one is back. Counted are packets that came through, both directions, per second of
//! processor time that the server used.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use call_tests::binary;
use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep, timeout};

use crate::report::{Figure, Goal, processor_seconds, resident};

use crate::turn_client::{TurnClient, channel_data};

const SECRET: &str = "benchmark";
/// Threads that relay, in both servers.
const THREADS: &str = "2";
/// Clients that send at the same time.
const CLIENTS: usize = 50;
/// Clients that only hold an allocation with a channel.
const IDLE: usize = 1_000;
/// A burst that takes longer is lost.
const LOST: Duration = Duration::from_millis(200);

/// A payload and how many come at once. Speech of one comes one by one, of many at once in bursts;
/// a frame of video has several packets.
const LOADS: [(u16, usize, &str); 3] = [
    (160, 1, "one by one"),
    (160, 8, "in eights"),
    (1_000, 8, "in eights"),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Coturn,
    Ours,
}

struct Running {
    child: Child,
    address: SocketAddr,
    _directory: tempfile::TempDir,
}

pub(crate) async fn run(rounds: usize, time: Duration) -> anyhow::Result<()> {
    println!("\nTURN relay over UDP channels ({CLIENTS} clients, {THREADS} threads each)");
    for (length, burst, manner) in LOADS {
        let name = |which, what: &str| format!("{which}, {length} bytes {manner}: {what}");
        let cost = "packets per CPU-second";
        let mut coturn = Figure::new(name("coturn", cost), "per s");
        let mut ours = Figure::new(name("ours", cost), "per s");
        let mut rates = [
            Figure::new(name("coturn", "packets a second"), "per s"),
            Figure::new(name("ours", "packets a second"), "per s"),
        ];
        let mut ratio = Figure::new(
            format!("ours over coturn, {length} bytes {manner}"),
            "times",
        );
        for _ in 0..rounds {
            let theirs = measure(Which::Coturn, length, burst, time).await?;
            let mine = measure(Which::Ours, length, burst, time).await?;
            coturn.add(theirs.per_processor_second);
            ours.add(mine.per_processor_second);
            rates[0].add(theirs.per_second);
            rates[1].add(mine.per_second);
            ratio.add(mine.per_processor_second / theirs.per_processor_second);
        }
        coturn.print(None);
        ours.print(None);
        for rate in &rates {
            rate.print(None);
        }
        ratio.print(Some(Goal::AtLeast(1.5)));
    }
    let mut share = Figure::new("memory per allocation, ours over coturn", "%");
    let mut coturn = Figure::new("coturn: resident memory per allocation", "kB");
    let mut ours = Figure::new("ours: resident memory per allocation", "kB");
    for _ in 0..rounds {
        let (theirs, mine) = (memory(Which::Coturn).await?, memory(Which::Ours).await?);
        coturn.add(theirs);
        ours.add(mine);
        share.add(mine * 100.0 / theirs);
    }
    coturn.print(None);
    ours.print(None);
    share.print(Some(Goal::Below(50.0)));
    Ok(())
}

impl Running {
    fn start(which: Which) -> anyhow::Result<Self> {
        let port = std::net::UdpSocket::bind("127.0.0.1:0")?
            .local_addr()?
            .port();
        let directory = tempfile::tempdir()?;
        let mut command = match which {
            Which::Ours => {
                let mut command = Command::new(binary("bare_relay"));
                command.args([&port.to_string(), SECRET, THREADS]);
                command
            }
            Which::Coturn => {
                let mut command = Command::new("turnserver");
                command
                    .args(["-n", "--no-cli", "--no-tls", "--no-dtls", "--no-tcp"])
                    .args(["-L", "127.0.0.1", "-E", "127.0.0.1", "-m", THREADS])
                    .args(["-p", &port.to_string(), "-r", "call", "--use-auth-secret"])
                    .args(["--static-auth-secret", SECRET, "--allow-loopback-peers"])
                    .args(["--no-stdout-log", "--simple-log", "--log-file", "/dev/null"])
                    .arg("--pidfile")
                    .arg(directory.path().join("pid"))
                    .arg("--userdb")
                    .arg(directory.path().join("db"));
                command
            }
        };
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("turnserver of Debian's package coturn must be installed")?;
        Ok(Self {
            child,
            address: ([127, 0, 0, 1], port).into(),
            _directory: directory,
        })
    }

    /// A client of this server; tried again while the server is starting.
    async fn client(&self, number: usize, peer: SocketAddr) -> anyhow::Result<TurnClient> {
        let mut tries = 0;
        loop {
            match TurnClient::connect(self.address, SECRET, number, peer).await {
                Err(_) if tries < 20 => {
                    tries += 1;
                    sleep(Duration::from_millis(100)).await;
                }
                client => return client,
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Measured {
    per_second: f64,
    per_processor_second: f64,
}

async fn measure(
    which: Which,
    length: u16,
    burst: usize,
    time: Duration,
) -> anyhow::Result<Measured> {
    let server = Running::start(which)?;
    let (count, over) = (
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let mut clients = Vec::new();
    let mut peers = Vec::new();
    for number in 0..CLIENTS {
        let peer = UdpSocket::bind("127.0.0.1:0").await?;
        let client = server.client(number, peer.local_addr()?).await?;
        peers.push(tokio::spawn(echo(peer)));
        clients.push(client);
    }
    let senders: Vec<_> = clients
        .into_iter()
        .map(|client| {
            let (count, over) = (Arc::clone(&count), Arc::clone(&over));
            tokio::spawn(send(client, length, burst, count, over))
        })
        .collect();
    // Not measured: the beginning, in which nothing is warm.
    sleep(Duration::from_millis(500)).await;
    let pid = server.child.id();
    let (begin, cpu, packets) = (
        Instant::now(),
        processor_seconds(pid)?,
        count.load(Ordering::Relaxed),
    );
    sleep(time).await;
    #[allow(clippy::cast_precision_loss)]
    let packets = (count.load(Ordering::Relaxed) - packets) as f64;
    let (cpu, took) = (processor_seconds(pid)? - cpu, begin.elapsed());
    over.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.await??;
    }
    peers.iter().for_each(tokio::task::JoinHandle::abort);
    ensure!(packets > 0.0 && cpu > 0.0, "nothing was relayed");
    Ok(Measured {
        per_second: packets / took.as_secs_f64(),
        per_processor_second: packets / cpu,
    })
}

/// A peer that sends back what it gets.
async fn echo(socket: UdpSocket) -> std::io::Result<()> {
    let mut buffer = [0; 2048];
    loop {
        let (length, from) = socket.recv_from(&mut buffer).await?;
        socket.send_to(&buffer[..length], from).await?;
    }
}

async fn send(
    client: TurnClient,
    length: u16,
    burst: usize,
    count: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
) -> anyhow::Result<()> {
    let frame = channel_data(length);
    let mut buffer = [0; 2048];
    while !over.load(Ordering::Relaxed) {
        for _ in 0..burst {
            client.socket.send(&frame).await?;
        }
        for _ in 0..burst {
            match timeout(LOST, client.socket.recv(&mut buffer)).await {
                // To the peer and back.
                Ok(Ok(_)) => count.fetch_add(2, Ordering::Relaxed),
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => break,
            };
        }
    }
    Ok(())
}

/// What an allocation with a channel adds to the resident memory, in thousands of bytes.
async fn memory(which: Which) -> anyhow::Result<f64> {
    let server = Running::start(which)?;
    let peer = UdpSocket::bind("127.0.0.1:0").await?.local_addr()?;
    let mut clients = Vec::new();
    for number in 0..=IDLE / 10 {
        clients.push(server.client(number, peer).await?);
    }
    let before = resident(server.child.id())?;
    for number in 0..IDLE {
        clients.push(server.client(number + IDLE, peer).await?);
    }
    #[allow(clippy::cast_precision_loss)]
    let each = (resident(server.child.id())? - before) * 1e3 / IDLE as f64;
    Ok(each)
}
