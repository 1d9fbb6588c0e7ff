//! Random sequences of what clients and peers do, against a model that keeps everything in lists.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod scene;

use std::net::SocketAddr;
use std::time::Duration;

use call_turn::{Family, RelayPort, Target, Transport};
use proptest::prelude::*;
use scene::*;

const CLIENTS: usize = 3;
const PEERS: [&str; 5] = [
    "8.8.8.8:1000",
    "8.8.8.8:2000",
    "9.9.9.9:1000",
    "10.0.0.1:1000",
    "127.0.0.1:1000",
];
const CHANNELS: [u16; 4] = [0x4000, 0x4001, 0x7fff, 0x3fff];

#[derive(Debug, Clone)]
enum Act {
    Allocate {
        client: usize,
        lifetime: Option<u32>,
    },
    Refresh {
        client: usize,
        lifetime: Option<u32>,
    },
    Permit {
        client: usize,
        peers: Vec<usize>,
    },
    Bind {
        client: usize,
        channel: usize,
        peer: usize,
    },
    Send {
        client: usize,
        peer: usize,
    },
    ChannelData {
        client: usize,
        channel: usize,
    },
    PeerSends {
        client: usize,
        peer: usize,
    },
    Close {
        client: usize,
    },
    Wait {
        seconds: u64,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let client = 0..CLIENTS;
    let peer = 0..PEERS.len();
    let channel = 0..CHANNELS.len();
    let lifetime = prop_oneof![
        Just(None),
        Just(Some(0)),
        Just(Some(1)),
        (600..4000_u32).prop_map(Some)
    ];
    prop_oneof![
        2 => (client.clone(), lifetime.clone())
            .prop_map(|(client, lifetime)| Act::Allocate { client, lifetime }),
        2 => (client.clone(), lifetime)
            .prop_map(|(client, lifetime)| Act::Refresh { client, lifetime }),
        3 => (client.clone(), prop::collection::vec(peer.clone(), 0..4))
            .prop_map(|(client, peers)| Act::Permit { client, peers }),
        3 => (client.clone(), channel.clone(), peer.clone())
            .prop_map(|(client, channel, peer)| Act::Bind { client, channel, peer }),
        3 => (client.clone(), peer.clone()).prop_map(|(client, peer)| Act::Send { client, peer }),
        3 => (client.clone(), channel)
            .prop_map(|(client, channel)| Act::ChannelData { client, channel }),
        3 => (client.clone(), peer).prop_map(|(client, peer)| Act::PeerSends { client, peer }),
        1 => client.prop_map(|client| Act::Close { client }),
        3 => prop_oneof![1..30_u64, 250..350_u64, 550..650_u64, 3000..4000_u64]
            .prop_map(|seconds| Act::Wait { seconds }),
    ]
}

/// What a client should have. Times are seconds since the beginning.
#[derive(Debug, Default)]
struct Allocation {
    until: u64,
    permissions: Vec<(usize, u64)>,
    channels: Vec<(u16, usize, u64)>,
}

#[derive(Debug, Default)]
struct Model {
    now: u64,
    allocations: [Option<Allocation>; CLIENTS],
}

fn ip(peer: usize) -> std::net::IpAddr {
    address(peer).ip()
}

fn address(peer: usize) -> SocketAddr {
    PEERS[peer].parse().unwrap()
}

fn forbidden(peer: usize) -> bool {
    peer >= 3
}

fn granted(asked: Option<u32>) -> u64 {
    u64::from(asked.unwrap_or(600).clamp(600, 3600))
}

impl Model {
    fn live(&mut self, client: usize) -> Option<&mut Allocation> {
        let now = self.now;
        let slot = &mut self.allocations[client];
        slot.take_if(|allocation| allocation.until <= now);
        slot.as_mut()
    }

    fn allocate(&mut self, client: usize, asked: Option<u32>) -> Option<u16> {
        if self.live(client).is_some() {
            return Some(437);
        }
        let until = self.now + granted(asked);
        self.allocations[client] = Some(Allocation {
            until,
            ..Allocation::default()
        });
        None
    }

    fn refresh(&mut self, client: usize, asked: Option<u32>) -> Option<u16> {
        let now = self.now;
        let Some(allocation) = self.live(client) else {
            return Some(437);
        };
        if asked == Some(0) {
            self.allocations[client] = None;
        } else {
            allocation.until = now + granted(asked);
        }
        None
    }

    fn permit(&mut self, client: usize, peers: &[usize]) -> Option<u16> {
        let until = self.now + 300;
        let Some(allocation) = self.live(client) else {
            return Some(437);
        };
        if peers.is_empty() {
            return Some(400);
        }
        if peers.iter().any(|peer| forbidden(*peer)) {
            return Some(403);
        }
        let new = peers.iter().map(|peer| (*peer, until));
        allocation.permissions.extend(new);
        None
    }

    fn bind(&mut self, client: usize, number: u16, peer: usize) -> Option<u16> {
        let now = self.now;
        let Some(allocation) = self.live(client) else {
            return Some(437);
        };
        if number < 0x4000 {
            return Some(400);
        }
        if forbidden(peer) {
            return Some(403);
        }
        let mut live = allocation
            .channels
            .iter()
            .filter(|(_, _, until)| *until > now);
        if live.any(|(n, p, _)| (*n == number) != (*p == peer)) {
            return Some(400);
        }
        allocation.channels.push((number, peer, now + 600));
        allocation.permissions.push((peer, now + 300));
        None
    }

    fn permitted(&mut self, client: usize, peer: usize) -> bool {
        let now = self.now;
        let live = self.live(client);
        live.is_some_and(|allocation| {
            let mut permissions = allocation.permissions.iter();
            permissions.any(|(p, until)| ip(*p) == ip(peer) && *until > now)
        })
    }

    fn channel(&mut self, client: usize, by: impl Fn(u16, usize) -> bool) -> Option<(u16, usize)> {
        let now = self.now;
        let allocation = self.live(client)?;
        let mut channels = allocation.channels.iter();
        let found = channels.find(|(n, p, until)| *until > now && by(*n, *p));
        found.map(|(n, p, _)| (*n, *p))
    }
}

fn user(client_number: usize) -> User {
    let port = 40_000 + u16::try_from(client_number).unwrap();
    let at = client(Transport::Udp, port);
    let name = format!("user{client_number}");
    User::with(&name, at, "new", WALL_SECS + 10_000_000)
}

/// Nonces grow stale while the clients wait: everyone asks for a new one each time.
fn ask(world: &mut World, client: usize, method: u16, attributes: &[(u16, Vec<u8>)]) -> Answer {
    let mut user = user(client);
    user.greet(world);
    user.request(world, method, attributes)
}

fn check(acts: Vec<Act>) {
    let mut config = patient_config();
    config.limits.max_age = Duration::from_secs(1 << 30);
    config.limits.bytes_per_second_per_user = None;
    let mut world = World::new(&config);
    let mut model = Model::default();
    let mut ports: [Option<RelayPort>; CLIENTS] = [None; CLIENTS];
    for act in acts {
        match act {
            Act::Allocate {
                client,
                lifetime: asked,
            } => {
                let attributes: Vec<_> = [udp()].into_iter().chain(asked.map(lifetime)).collect();
                let answer = ask(&mut world, client, ALLOCATE, &attributes);
                assert_eq!(answer.code, model.allocate(client, asked));
                if answer.success {
                    assert_eq!(u64::from(answer.lifetime()), granted(asked));
                    let port = answer.relayed()[0].port();
                    let family = Family::Ipv4;
                    ports[client] = Some(RelayPort { family, port });
                }
            }
            Act::Refresh {
                client,
                lifetime: asked,
            } => {
                let attributes: Vec<_> = asked.map(lifetime).into_iter().collect();
                let answer = ask(&mut world, client, REFRESH, &attributes);
                assert_eq!(answer.code, model.refresh(client, asked));
            }
            Act::Permit { client, peers } => {
                let attributes: Vec<_> = peers.iter().map(|p| peer(PEERS[*p])).collect();
                let answer = ask(&mut world, client, CREATE_PERMISSION, &attributes);
                assert_eq!(answer.code, model.permit(client, &peers));
            }
            Act::Bind {
                client,
                channel: number,
                peer: to,
            } => {
                let number = CHANNELS[number];
                let attributes = [channel(number), peer(PEERS[to])];
                let answer = ask(&mut world, client, CHANNEL_BIND, &attributes);
                assert_eq!(answer.code, model.bind(client, number, to));
            }
            Act::Send { client, peer } => {
                let request = indication(world.transaction(), address(peer), b"data");
                let sent = world.client_sends(user(client).client, &request);
                let expected = model.permitted(client, peer).then(|| Target::Peer {
                    from: ports[client].unwrap(),
                    peer: address(peer),
                });
                assert_eq!(sent.map(|sent| sent.target), expected);
            }
            Act::ChannelData { client, channel } => {
                let number = CHANNELS[channel];
                let sent = world.client_sends(user(client).client, &channel_data(number, b"data"));
                let bound = model.channel(client, |n, _| n == number);
                let expected = bound.map(|(_, peer)| Target::Peer {
                    from: ports[client].unwrap(),
                    peer: address(peer),
                });
                assert_eq!(sent.map(|sent| sent.target), expected);
            }
            Act::PeerSends { client, peer } => {
                let Some(port) = ports[client] else { continue };
                let sent = world.peer_sends(port, PEERS[peer], b"data");
                let permitted = model.permitted(client, peer);
                assert_eq!(sent.is_some(), permitted);
                if let Some(sent) = sent {
                    assert_eq!(sent.target, Target::Client(user(client).client));
                    if let Some((number, _)) = model.channel(client, |_, p| p == peer) {
                        assert_eq!(sent.bytes, channel_data(number, b"data"));
                    } else {
                        let data = Answer::read(&sent.bytes);
                        assert_eq!(data.value(0x0013), Some(&b"data"[..]));
                    }
                }
            }
            Act::Close { client } => {
                world.close(&user(client).client);
                model.allocations[client] = None;
            }
            Act::Wait { seconds } => {
                model.now += seconds;
                world.later(Duration::from_secs(seconds));
            }
        }
        let live = (0..CLIENTS)
            .filter(|client| model.live(*client).is_some())
            .count();
        assert_eq!(world.open.len(), live, "sockets and allocations");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn the_relay_does_what_the_model_does(acts in prop::collection::vec(act(), 1..60)) {
        check(acts);
    }
}
