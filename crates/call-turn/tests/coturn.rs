//! Interoperability: coturn's own client and peer (Debian's package `coturn`) against this server,
//! over loopback, by every transport.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Read as _;
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use call_turn::{CertificateFiles, RelayConfig, RelayServer, RelayStats, Secret, Transport};

const SECRET: &str = "interop";

struct Bench {
    server: Option<RelayServer>,
    peer: Child,
    peer_at: SocketAddr,
    _directory: tempfile::TempDir,
}

impl Bench {
    fn start(ip: &str) -> Self {
        let ip: IpAddr = ip.parse().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let write = |name: &str, text: String| -> PathBuf {
            let path = directory.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let any = SocketAddr::new(ip, 0);
        let mut config = RelayConfig {
            udp: vec![any],
            tcp: vec![any],
            tls: vec![any],
            certificate: Some(CertificateFiles {
                chain: write("chain.pem", certified.cert.pem()),
                key: write("key.pem", certified.signing_key.serialize_pem()),
            }),
            secrets: vec![Secret::new(SECRET).unwrap()],
            ..RelayConfig::default()
        };
        config.peers.allow = vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        let server = RelayServer::start(&config).unwrap();
        // Free a moment ago; the peer program cannot choose one by itself.
        let peer_at = UdpSocket::bind(any).unwrap().local_addr().unwrap();
        let peer = Command::new("turnutils_peer")
            .args(["-L", &ip.to_string(), "-p", &peer_at.port().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Debian's package coturn is installed");
        let bench = Self {
            server: Some(server),
            peer,
            peer_at,
            _directory: directory,
        };
        bench.await_peer();
        bench
    }

    /// Until the peer echoes.
    fn await_peer(&self) {
        let socket = UdpSocket::bind(SocketAddr::new(self.peer_at.ip(), 0)).unwrap();
        let wait = Some(Duration::from_millis(50));
        socket.set_read_timeout(wait).unwrap();
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(10) {
            let _ = socket.send_to(b"ready?", self.peer_at);
            if socket.recv(&mut [0; 16]).is_ok() {
                return;
            }
        }
        panic!("the peer does not answer");
    }

    /// Runs the client to its end and returns what it printed.
    fn client(&self, transport: Transport, options: &[&str]) -> String {
        let server = self.server.as_ref().unwrap();
        let mut listeners = server.addresses().iter();
        let listener = listeners.find(|l| l.transport == transport).unwrap();
        let output = Command::new("timeout")
            .args(["60", "turnutils_uclient"])
            .args(["-W", SECRET, "-u", "alice", "-n", "30", "-m", "4"])
            .args(["-p", &listener.bound.port().to_string()])
            .args(["-e", &self.peer_at.ip().to_string()])
            .args(["-r", &self.peer_at.port().to_string()])
            .args(options)
            .arg(listener.bound.ip().to_string())
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr)
    }

    fn stop(mut self) -> RelayStats {
        let server = self.server.take().unwrap();
        let stats = server.stats();
        server.stop();
        stats
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = self.peer.kill();
        let _ = self.peer.wait();
    }
}

/// All arrived, both ways.
fn assert_no_loss(printed: &str, what: &str) {
    assert!(
        printed.contains("Total lost packets 0 (0.000000%)"),
        "{what}: {printed}"
    );
    assert!(
        printed.contains("tot_send_msgs=120, tot_recv_msgs=120"),
        "{what}: {printed}"
    );
}

fn all_loads(ip: &str, transport: Transport, by: &[&str]) {
    let bench = Bench::start(ip);
    let loads: [&[&str]; 4] = [
        // Channels, and Send indications; short and long; peers, and client to client.
        &["-l", "160"],
        &["-l", "1000", "-s"],
        &["-l", "1000", "-y"],
        &["-l", "160", "-y", "-s", "-g"],
    ];
    for load in loads {
        let printed = bench.client(transport, &[by, load].concat());
        assert_no_loss(&printed, &format!("{ip} {transport:?} {load:?}"));
    }
    let stats = bench.stop();
    assert!(stats.bytes_from_clients > 0 && stats.bytes_to_clients > 0);
    assert!(stats.allocations_total >= 16, "{stats:?}");
}

#[test]
fn by_udp() {
    all_loads("127.0.0.1", Transport::Udp, &[]);
}

#[test]
fn by_tcp() {
    all_loads("127.0.0.1", Transport::Tcp, &["-t"]);
}

#[test]
fn by_tls() {
    all_loads("127.0.0.1", Transport::Tls, &["-t", "-S"]);
}

#[test]
fn by_ipv6() {
    all_loads("::1", Transport::Udp, &["-x"]);
}

#[test]
fn by_ipv6_and_tcp() {
    all_loads("::1", Transport::Tcp, &["-x", "-t"]);
}

#[test]
fn without_the_secret_nothing() {
    let bench = Bench::start("127.0.0.1");
    let printed = bench.client(Transport::Udp, &["-W", "another", "-n", "1"]);
    assert!(!printed.contains("tot_recv_msgs=4"), "{printed}");
    assert_eq!(bench.stop().allocations_total, 0);
}

/// The stream of a client that sends no whole frame is closed in time, whatever it sends.
#[test]
fn a_stream_of_nonsense_is_closed() {
    let bench = Bench::start("127.0.0.1");
    let server = bench.server.as_ref().unwrap();
    let mut listeners = server.addresses().iter();
    let tcp = listeners.find(|l| l.transport == Transport::Tcp).unwrap();
    for nonsense in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[0xff; 100],
        &[0x00, 0x01, 0xff, 0xfc],
    ] {
        let mut stream = TcpStream::connect(tcp.bound).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        std::io::Write::write_all(&mut stream, nonsense).unwrap();
        let read = stream.read(&mut [0; 16]);
        let closed = matches!(&read, Ok(0))
            || matches!(&read, Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset);
        assert!(closed, "{nonsense:?}: {read:?}");
    }
}
