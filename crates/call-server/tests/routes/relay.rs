//! The embedded relay, with the credentials that the server issues.

use std::net::IpAddr;
use std::time::Duration;

use call_domain::Timestamp;
use call_turn::{Secret, TurnAuthority};
use serde_json::{Value, json};
use tokio::net::UdpSocket;

use crate::support::{Server, now, start_with};
use crate::turn_client::{TurnClient, server};

const PATH: &str = "/api/calls/turn-credentials";
const EMBEDDED: (&str, &str) = ("CALL__TURN__EMBEDDED", "true");
const LISTEN: (&str, &str) = ("CALL__TURN__LISTEN", "udp:127.0.0.1:0,tcp:127.0.0.1:0");

async fn credentials(server: &Server) -> Value {
    let reply = server.get("alice", PATH).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

async fn metrics(server: &Server) -> String {
    server.ask("GET", "/metrics").send().await.text
}

#[track_caller]
fn has_lines(metrics: &str, lines: &[&str]) {
    for line in lines {
        assert!(
            metrics.lines().any(|found| found == *line),
            "{line}\n{metrics}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_are_told_of_its_real_addresses_with_nothing_configured() {
    let running = start_with(&[EMBEDDED, LISTEN]).await;
    let issued = credentials(&running).await;
    let udp = server(&issued, "turn:", "?transport=udp");
    let tcp = server(&issued, "turn:", "?transport=tcp");
    assert!(udp.port() != 0 && tcp.port() != 0);
    let entries = issued["iceServers"].as_array().expect("servers");
    assert_eq!(entries[0], json!({ "urls": [format!("stun:{udp}")] }));
    assert_eq!(
        entries[1]["urls"],
        json!([
            format!("turn:{udp}?transport=udp"),
            format!("turn:{tcp}?transport=tcp")
        ])
    );
    assert_eq!(entries[1]["username"], issued["username"]);
    assert_ne!(issued["credential"], "");
    assert_eq!(entries.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_on_one_machine_talk_through_it_with_nothing_configured() {
    for transport in ["udp", "tcp"] {
        let running = start_with(&[EMBEDDED, LISTEN]).await;
        let issued = credentials(&running).await;
        let mut alice = TurnClient::connect(&issued, transport).await;
        let mut bob = TurnClient::connect(&issued, transport).await;
        let alices = alice.allocate().await.expect("allocated");
        let bobs = bob.allocate().await.expect("allocated");
        assert_eq!(alice.bind(bobs).await, Ok(()));
        assert_eq!(bob.bind(alices).await, Ok(()));
        alice.send(b"hello Bob").await;
        assert_eq!(bob.receive().await, b"hello Bob");
        bob.send(b"hello Alice").await;
        assert_eq!(alice.receive().await, b"hello Alice");
        let of = |what: &str| format!("{{{what}transport=\"{transport}\"}}");
        has_lines(
            &metrics(&running).await,
            &[
                &format!("call_turn_allocations{} 2", of("")),
                &format!("call_turn_allocations_total{} 2", of("")),
                &format!(
                    "call_turn_bytes_total{} 20",
                    of("direction=\"from_client\",")
                ),
                &format!("call_turn_bytes_total{} 20", of("direction=\"to_client\",")),
                &format!(
                    "call_turn_packets_total{} 2",
                    of("direction=\"to_client\",")
                ),
                &format!(
                    "call_turn_connections {}",
                    if transport == "tcp" { 2 } else { 0 }
                ),
                "call_turn_refused_total{cause=\"unauthenticated\"} 2",
                "call_turn_refused_total{cause=\"forbidden_peer\"} 0",
            ],
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_that_are_allowed_are_reached() {
    for transport in ["udp", "tcp"] {
        let allow = ("CALL__TURN__ALLOW_PEERS", "127.0.0.0/8");
        let running = start_with(&[EMBEDDED, LISTEN, allow]).await;
        let mut client = TurnClient::connect(&credentials(&running).await, transport).await;
        let relayed = client.allocate().await.expect("allocated");
        let peer = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        let address = peer.local_addr().expect("bound");
        assert_eq!(client.permit(address.ip()).await, Ok(()));
        assert_eq!(client.bind(address).await, Ok(()));
        client.send(b"ping").await;
        let mut bytes = [0; 100];
        let (length, from) = peer.recv_from(&mut bytes).await.expect("a datagram");
        assert_eq!((&bytes[..length], from), (&b"ping"[..], relayed));
        peer.send_to(b"pong", relayed).await.expect("sent");
        assert_eq!(client.receive().await, b"pong");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_peers_are_forbidden() {
    let deny = ("CALL__TURN__DENY_PEERS", "198.41.0.4");
    let running = start_with(&[EMBEDDED, LISTEN, deny]).await;
    let mut client = TurnClient::connect(&credentials(&running).await, "udp").await;
    client.allocate().await.expect("allocated");
    let own: IpAddr = "127.0.0.1".parse().expect("an address");
    for inner in [
        "10.0.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "127.0.0.2",
        "198.41.0.4",
    ] {
        let inner = inner.parse().expect("an address");
        assert_eq!(client.permit(inner).await, Err(403), "{inner}");
    }
    // The address of the relay itself, for the sake of its allocations; but not its other ports.
    assert_eq!(client.permit(own).await, Ok(()));
    let service = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    let service = service.local_addr().expect("bound");
    assert_eq!(client.bind(service).await, Err(403));
    has_lines(
        &metrics(&running).await,
        &["call_turn_refused_total{cause=\"forbidden_peer\"} 6"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_rotate() {
    let secrets = ("CALL__TURN__SECRETS", "the new one,the old one");
    let running = start_with(&[EMBEDDED, LISTEN, secrets]).await;
    let issued = credentials(&running).await;
    let address = server(&issued, "turn:", "?transport=udp");
    let moment = Timestamp::from_micros(i64::try_from(now()).expect("seconds") * 1_000_000);
    for (secret, outcome) in [
        ("the new one", Ok(())),
        ("the old one", Ok(())),
        ("another", Err(401)),
    ] {
        let secrets = vec![Secret::new(secret).expect("a secret")];
        let authority =
            TurnAuthority::new(secrets, Vec::new(), Duration::from_mins(1)).expect("an authority");
        let issued = authority.issue(&"bob".parse().expect("a user"), moment);
        let made = issued.credential.expect("a credential");
        let mut client = TurnClient::with(address, "udp", made.username, made.password).await;
        assert_eq!(client.allocate().await.map(drop), outcome, "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_made_up_outlives_a_restart() {
    let data = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite://{}/calls.sqlite3", data.path().display());
    let settings = [EMBEDDED, LISTEN, ("CALL__DATABASE__URL", &database)];
    let before = credentials(&start_with(&settings).await).await;
    let restarted = start_with(&settings).await;
    let address = server(&credentials(&restarted).await, "turn:", "?transport=udp");
    let text = |name: &str| before[name].as_str().expect("a text").to_owned();
    let mut client = TurnClient::with(address, "udp", text("username"), text("credential")).await;
    assert!(client.allocate().await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_a_quota() {
    let quota = ("CALL__TURN__ALLOCATIONS_PER_USER", "1");
    let running = start_with(&[EMBEDDED, LISTEN, quota]).await;
    let issued = credentials(&running).await;
    let mut first = TurnClient::connect(&issued, "udp").await;
    first.allocate().await.expect("allocated");
    let mut second = TurnClient::connect(&issued, "udp").await;
    assert_eq!(second.allocate().await, Err(486));
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_elsewhere_come_besides_or_in_its_place() {
    let external = (
        "CALL__TURN__EXTERNAL",
        "turns:turn.example.com:443?transport=tcp",
    );
    let secret = ("CALL__TURN__SECRETS", "shared with it");
    let both = start_with(&[EMBEDDED, LISTEN, external, secret]).await;
    let issued = credentials(&both).await;
    let uris = issued["uris"].as_array().expect("a list");
    assert_eq!(uris.len(), 4, "{uris:?}");
    assert_eq!(uris[3], external.1);
    let alone = start_with(&[external, secret]).await;
    assert_eq!(credentials(&alone).await["uris"], json!([external.1]));
    let forwarded = (
        "CALL__TURN__URIS",
        "turns:calls.example.com:443?transport=tcp",
    );
    let renamed = start_with(&[EMBEDDED, LISTEN, forwarded]).await;
    let issued = credentials(&renamed).await;
    assert_eq!(issued["uris"], json!([forwarded.1]));
    assert_ne!(issued["credential"], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_named_as_it_is_called_outside() {
    let external_ip = ("CALL__TURN__EXTERNAL_IP", "198.41.0.4");
    let running = start_with(&[EMBEDDED, LISTEN, external_ip]).await;
    let issued = credentials(&running).await;
    let udp = server(&issued, "turn:", "?transport=udp");
    assert_eq!(udp.ip().to_string(), "198.41.0.4");
    let inside = format!("127.0.0.1:{}", udp.port())
        .parse()
        .expect("an address");
    let text = |name: &str| issued[name].as_str().expect("a text").to_owned();
    let mut client = TurnClient::with(inside, "udp", text("username"), text("credential")).await;
    let relayed = client.allocate().await.expect("allocated");
    assert_eq!(relayed.ip().to_string(), "198.41.0.4");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_certificate_it_is_offered_by_tls_under_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = rcgen::generate_simple_self_signed(["turn.example.com".to_owned()]);
    let made = made.expect("a certificate");
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let chain = file("chain.pem", made.cert.pem());
    let key = file("key.pem", made.signing_key.serialize_pem());
    let running = start_with(&[
        EMBEDDED,
        ("CALL__TURN__LISTEN", "tls:127.0.0.1:0"),
        ("CALL__TURN__CERTIFICATE_FILE", &chain),
        ("CALL__TURN__KEY_FILE", &key),
        ("CALL__TURN__HOST", "turn.example.com"),
    ])
    .await;
    let issued = credentials(&running).await;
    let uri = issued["uris"][0].as_str().expect("a text");
    let port = uri
        .strip_prefix("turns:turn.example.com:")
        .expect("its name");
    let port = port.strip_suffix("?transport=tcp").expect("by TCP");
    let port: u16 = port.parse().expect("a port");
    assert_eq!(issued["uris"].as_array().map(Vec::len), Some(1));
    let connection = tokio::net::TcpStream::connect(("127.0.0.1", port)).await;
    assert!(connection.is_ok());
}
