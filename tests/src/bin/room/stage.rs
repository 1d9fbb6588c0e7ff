use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use call_tests::media::{Crowd, MediaPeer, PeerId, SendPlan};
use tokio::sync::oneshot;

use crate::figures::{Media, latencies};

/// The thread on which everybody's media lives, and the way to it.
#[derive(Clone)]
pub(crate) struct Stage {
    orders: Sender<Order>,
}

/// Somebody's media.
pub(crate) struct Actor {
    stage: Stage,
    id: PeerId,
}

/// An offer of the server, and the lines on which to send.
pub(crate) struct Script {
    pub(crate) sdp: String,
    pub(crate) video: String,
    pub(crate) audio: String,
}

enum Order {
    Enter {
        plan: Option<SendPlan>,
        script: Script,
        connected: oneshot::Sender<()>,
        reply: oneshot::Sender<Result<(PeerId, String)>>,
    },
    Answer {
        id: PeerId,
        script: Script,
        reply: oneshot::Sender<Result<String>>,
    },
    Exit {
        id: PeerId,
    },
    Tell {
        reply: oneshot::Sender<Media>,
    },
}

/// How long the media lives between two looks at the orders.
const BREATH: Duration = Duration::from_millis(2);

impl Stage {
    pub(crate) fn start(address: IpAddr) -> Result<Self> {
        let (orders, inbox) = channel();
        let mut backstage = Backstage {
            crowd: Crowd::new()?,
            address,
            began: Instant::now(),
            cast: HashMap::new(),
            past: Media::new()?,
        };
        std::thread::Builder::new()
            .name("media".into())
            .spawn(move || {
                if let Err(error) = backstage.run(&inbox) {
                    eprintln!("the media of the participants ended: {error:#}");
                }
            })?;
        Ok(Self { orders })
    }

    /// A new peer connection that answers an offer. It is told once it is connected.
    pub(crate) async fn enter(
        &self,
        plan: Option<SendPlan>,
        script: Script,
    ) -> Result<(Actor, String, oneshot::Receiver<()>)> {
        let (connected, told) = oneshot::channel();
        let order = |reply| Order::Enter {
            plan,
            script,
            connected,
            reply,
        };
        let (id, answer) = self.ask(order).await??;
        let stage = self.clone();
        Ok((Actor { stage, id }, answer, told))
    }

    /// What everybody has received and sent since this was last asked, and who is connected now.
    pub(crate) async fn tell(&self) -> Result<Media> {
        self.ask(|reply| Order::Tell { reply }).await
    }

    async fn ask<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.orders
            .send(order(reply))
            .map_err(|_| anyhow!("the media is gone"))?;
        answer.await.context("the media is gone")
    }
}

impl Actor {
    /// Answers a later offer of the same session.
    pub(crate) async fn answer(&self, script: Script) -> Result<String> {
        let id = self.id;
        self.stage
            .ask(|reply| Order::Answer { id, script, reply })
            .await?
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        // If the stage is gone, so is the peer.
        let _ = self.stage.orders.send(Order::Exit { id: self.id });
    }
}

struct Backstage {
    crowd: Crowd,
    address: IpAddr,
    began: Instant,
    cast: HashMap<PeerId, Part>,
    /// What those who are gone have received and sent since it was last asked.
    past: Media,
}

/// What is remembered of somebody in the crowd.
struct Part {
    entered: Instant,
    connected: Option<oneshot::Sender<()>>,
    sends: bool,
    has_seen: bool,
    /// Counters up to here were told.
    told: [u64; 6],
}

impl Backstage {
    fn run(&mut self, inbox: &Receiver<Order>) -> Result<()> {
        loop {
            loop {
                match inbox.try_recv() {
                    Ok(order) => self.carry_out(order)?,
                    Err(std::sync::mpsc::TryRecvError::Empty) => break,
                    Err(std::sync::mpsc::TryRecvError::Disconnected) => return Ok(()),
                }
            }
            self.crowd.run(BREATH)?;
            for (id, peer) in self.crowd.peers() {
                if let Some(part) = self.cast.get_mut(&id)
                    && peer.is_connected()
                    && let Some(connected) = part.connected.take()
                {
                    // Whoever waited for it may be gone.
                    let _ = connected.send(());
                }
            }
        }
    }

    // Whoever asked may be gone: then nobody takes the reply.
    fn carry_out(&mut self, order: Order) -> Result<()> {
        match order {
            Order::Enter {
                plan,
                script,
                connected,
                reply,
            } => {
                let _ = reply.send(self.enter(plan, &script, connected));
            }
            Order::Answer { id, script, reply } => {
                let sends = self.cast.get(&id).is_some_and(|part| part.sends);
                let answer = match self.crowd.peer(id) {
                    Some(peer) => answer(peer, &script, sends),
                    None => Err(anyhow!("this peer has left")),
                };
                let _ = reply.send(answer);
            }
            Order::Exit { id } => {
                if let Some(mut peer) = self.crowd.remove(id)
                    && let Some(mut part) = self.cast.remove(&id)
                {
                    part.tell(&mut peer, &mut self.past)?;
                }
            }
            Order::Tell { reply } => {
                let mut media = std::mem::replace(&mut self.past, Media::new()?);
                for (id, peer) in self.crowd.peers() {
                    media.peers += 1;
                    media.connected += usize::from(peer.is_connected() && peer.is_alive());
                    media.seeing += usize::from(peer.received.packets > 0);
                    if let Some(part) = self.cast.get_mut(&id) {
                        part.tell(peer, &mut media)?;
                    }
                }
                let _ = reply.send(media);
            }
        }
        Ok(())
    }

    fn enter(
        &mut self,
        plan: Option<SendPlan>,
        script: &Script,
        connected: oneshot::Sender<()>,
    ) -> Result<(PeerId, String)> {
        let mut peer = MediaPeer::new(self.address, self.began, plan)?;
        let answer = answer(&mut peer, script, plan.is_some())?;
        let id = self.crowd.add(peer)?;
        let part = Part {
            entered: Instant::now(),
            connected: Some(connected),
            sends: plan.is_some(),
            has_seen: false,
            told: [0; 6],
        };
        self.cast.insert(id, part);
        Ok((id, answer))
    }
}

fn answer(peer: &mut MediaPeer, script: &Script, sends: bool) -> Result<String> {
    let answer = peer.answer(&script.sdp, &script.video)?;
    if sends {
        peer.speak_on(&script.audio);
    }
    Ok(answer)
}

impl Part {
    /// Adds what was not told yet.
    fn tell(&mut self, peer: &mut MediaPeer, media: &mut Media) -> Result<()> {
        let received = &mut peer.received;
        for delay in received.delays.drain(..) {
            media
                .delays
                .saturating_record(u64::try_from(delay.as_micros())?);
        }
        if let Some(first) = received.first.filter(|_| !self.has_seen) {
            self.has_seen = true;
            let took = first.saturating_duration_since(self.entered);
            media
                .first_pictures
                .saturating_record(u64::try_from(took.as_micros())?);
        }
        let now = [
            received.packets,
            received.bytes,
            received.sounds,
            received.lost(),
            peer.sent(),
            peer.bytes_sent(),
        ];
        let told = std::mem::replace(&mut self.told, now);
        let sums = [
            &mut media.packets,
            &mut media.bytes,
            &mut media.sounds,
            &mut media.lost,
            &mut media.sent,
            &mut media.bytes_sent,
        ];
        for ((sum, now), told) in sums.into_iter().zip(now).zip(told) {
            // A gap that was told may have been filled since.
            *sum += i64::try_from(now)? - i64::try_from(told)?;
        }
        Ok(())
    }
}

impl Media {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            peers: 0,
            connected: 0,
            seeing: 0,
            packets: 0,
            bytes: 0,
            sounds: 0,
            lost: 0,
            sent: 0,
            bytes_sent: 0,
            delays: latencies()?,
            first_pictures: latencies()?,
        })
    }
}
