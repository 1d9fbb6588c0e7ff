//! A media plane that does nothing but remember what it was asked.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use call_domain::{CallId, Policy, TopologyPolicy};
use call_engine::{EngineConfig, MediaPlane};
use call_media::sfu::{
    Command, Event, Offer, Publication, PublishMids, RoomId, RoomStats, SessionId, Source, Track,
};
use call_signal::SignalService;
use call_signal::wire::{self, ClientCommand, MediaCommand, SignalError};
use parking_lot::Mutex;

use super::{Phone, World, config, user};

#[derive(Debug, Default)]
pub struct FakePlane {
    asked: Mutex<Vec<(RoomId, Command)>>,
    pub stats: Mutex<RoomStats>,
}

#[async_trait]
impl MediaPlane for FakePlane {
    fn command(&self, room: &RoomId, command: Command) {
        self.asked.lock().push((room.clone(), command));
    }

    async fn room_stats(&self, _room: &RoomId) -> RoomStats {
        self.stats.lock().clone()
    }
}

impl FakePlane {
    /// What it was asked since the last look, in short; each with the version that names its room.
    pub fn asked(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.asked.lock());
        asked.iter().map(in_short).collect()
    }

    /// Waits until it was asked something that the engine does by itself.
    pub async fn wait_for(&self, wanted: &str) {
        let found = async {
            while !self.asked().iter().any(|asked| asked == wanted) {
                tokio::task::yield_now().await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(20), found).await;
        found.unwrap_or_else(|_| panic!("was never asked {wanted}"));
    }
}

fn in_short((room, command): &(RoomId, Command)) -> String {
    let version = room.as_str().rsplit('-').next().unwrap_or_default();
    let what = match command {
        Command::Join { peer, publication } => format!("join {peer}{}", dropped(*publication)),
        Command::Answer {
            peer,
            session,
            revision,
            sdp,
        } => format!("answer {peer} {session}/{revision} {sdp}"),
        Command::Candidate {
            peer,
            session,
            candidate,
        } => format!("candidate {peer} {session} {candidate}"),
        Command::Restart { peer, session } => match session {
            Some(session) => format!("restart {peer} {session}"),
            None => format!("restart {peer}"),
        },
        Command::Subscribe { peer, subscription } => {
            let views = subscription.views.iter();
            let views: Vec<_> = views
                .map(|view| format!("{}/{}", view.user, view.source.as_str()))
                .collect();
            format!("subscribe {peer} {}", views.join(" "))
        }
        Command::Publish { peer, publication } => {
            format!("publish {peer}{}", dropped(*publication))
        }
        Command::Leave { peer } => format!("leave {peer}"),
        Command::Tap { .. } => "tap".to_owned(),
        Command::Untap { .. } => "untap".to_owned(),
        Command::CloseRoom => "close".to_owned(),
    };
    format!("{version}: {what}")
}

fn dropped(publication: Publication) -> String {
    let mut dropped = String::new();
    for (allowed, source) in [
        (publication.audio, " -audio"),
        (publication.video, " -video"),
        (publication.screen, " -screen"),
    ] {
        if !allowed {
            dropped.push_str(source);
        }
    }
    dropped
}

/// An engine with a media plane, and the rules of a server that has one.
pub fn config_with(plane: &Arc<FakePlane>) -> EngineConfig {
    EngineConfig {
        policy: Policy {
            topology: TopologyPolicy::Auto,
            ..Policy::default()
        },
        media: Some(Arc::<FakePlane>::clone(plane)),
        ..config()
    }
}

pub async fn world_with(plane: &Arc<FakePlane>) -> World {
    World::with(config_with(plane), |store| store).await
}

impl World {
    /// The room that a call uses.
    pub async fn room(&self, call: CallId) -> RoomId {
        let room = self.stored(call).await.call.parts().sfu_room_id;
        RoomId::new(room.expect("a room").to_string())
    }

    /// The media plane makes an offer.
    pub fn offers(&self, room: &RoomId, peer: &Phone, session: &str, revision: u32) {
        let offer = Offer {
            session: SessionId::new(session),
            revision,
            sdp: format!("v=0 {session}/{revision}"),
            publish: PublishMids {
                audio: "a".into(),
                video: "v".into(),
                screen: "s".into(),
                screen_audio: "sa".into(),
            },
            tracks: vec![Track {
                mid: "0".into(),
                user: user("zoe"),
                source: Source::ScreenAudio,
            }],
        };
        self.engine.media_event(Event::Offer {
            room: room.clone(),
            peer: peer.address.user.clone(),
            offer,
        });
    }

    /// Alice, Bob and Carol talk; they are what is returned, in this order.
    pub async fn three_in_a_room(&self) -> (CallId, [Phone; 3]) {
        let alice = self.phone("alice", "a1").await;
        let bob = self.phone("bob", "b1").await;
        let carol = self.phone("carol", "c1").await;
        let call = self.call(&alice, &["bob", "carol"]).await.call.id();
        self.take(&bob, call).await;
        self.take(&carol, call).await;
        let mut phones = [alice, bob, carol];
        for phone in &mut phones {
            phone.connected(self, call).await.expect("connected");
        }
        for phone in &mut phones {
            phone.drain();
        }
        (call, phones)
    }
}

impl Phone {
    pub async fn media(
        &self,
        world: &World,
        call: CallId,
        command: MediaCommand,
    ) -> Result<(), SignalError> {
        let command = ClientCommand::Media { call, command };
        world.service.command(&self.address, command).await
    }

    pub async fn answers(
        &self,
        world: &World,
        call: CallId,
        session: &str,
        revision: u32,
    ) -> Result<(), SignalError> {
        let answer = MediaCommand::Answer {
            session: session.parse().expect("session"),
            revision,
            sdp: "v=0".into(),
        };
        self.media(world, call, answer).await
    }
}

/// What is asked of a room, as [`FakePlane::asked`] puts it.
pub fn of(room: &RoomId, what: &[&str]) -> Vec<String> {
    let version = room.as_str().rsplit('-').next().unwrap_or_default();
    what.iter()
        .map(|what| format!("{version}: {what}"))
        .collect()
}

pub fn switched(to: wire::Topology) -> MediaCommand {
    MediaCommand::Switched(to)
}
