use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use call_tests::media::{MediaPeer, PeerId, SendPlan};
use call_tests::{Device, Server};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::stage::Stage;
use crate::watched::PATIENCE;

/// What every camera sends: enough to be seen growing on a disk.
const PLAN: SendPlan = SendPlan {
    frame_rate: 15.0,
    packets: 2,
    packet_bytes: 1000,
};

/// Somebody in a call: a device whose media follows what the server offers.
pub(crate) struct Guest {
    /// For REST.
    pub(crate) device: Device,
    call: String,
    others: Vec<String>,
    stage: Stage,
    media: Arc<Media>,
    events: watch::Receiver<Vec<Value>>,
    /// Events before this one have been looked at.
    heard: usize,
    life: JoinHandle<()>,
}

/// The session with the server and its peer connection.
type Media = Mutex<Option<(String, PeerId)>>;

/// What came to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Got {
    /// Packets of pictures.
    pub(crate) pictures: u64,
    /// Packets of sound.
    pub(crate) sounds: u64,
}

impl Guest {
    /// Goes on with a device that is in a call.
    pub(crate) fn new(
        server: &Server,
        socket: Device,
        call: &str,
        others: &[&str],
        stage: &Stage,
    ) -> Self {
        let media = Arc::<Media>::default();
        let device = Device::new(server, &socket.user, &socket.id);
        let (told, events) = watch::channel(Vec::new());
        let mut guest = Self {
            device,
            call: call.to_owned(),
            others: others.iter().map(|&other| other.to_owned()).collect(),
            stage: stage.clone(),
            media,
            events,
            heard: 0,
            life: tokio::spawn(async {}),
        };
        guest.live(socket, told);
        guest
    }

    /// The next event of a type that fits; those before it are passed over.
    pub(crate) async fn hears(&mut self, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let wanted = |event: &Value| event["type"] == kind && fits(event);
        let from = self.heard;
        let found = self
            .events
            .wait_for(|events| events[from..].iter().any(&wanted));
        let in_time = tokio::time::timeout(PATIENCE, found).await;
        let heard = matches!(in_time, Ok(Ok(_)));
        drop(in_time);
        let events = self.events.borrow();
        if !heard {
            let had: Vec<_> = events.iter().map(|event| &event["type"]).collect();
            panic!("{} waits in vain for {kind}; had {had:?}", self.device.user);
        }
        let at = events[from..].iter().position(wanted).unwrap() + from;
        self.heard = at + 1;
        events[at].clone()
    }

    /// What has come so far, since the media was last begun anew.
    pub(crate) async fn got(&self) -> Got {
        let nothing = Got {
            pictures: 0,
            sounds: 0,
        };
        let media = self.media.lock().unwrap().clone();
        let Some((_, id)) = media else {
            return nothing;
        };
        let look = self.stage.with(move |crowd| {
            let received = &crowd.peer(id)?.received;
            Some(Got {
                pictures: received.packets,
                sounds: received.sounds,
            })
        });
        look.await.unwrap_or(nothing)
    }

    /// Loses the network, with socket and media.
    pub(crate) async fn vanish(&mut self) {
        self.life.abort();
        self.drop_media().await;
    }

    /// Comes back after the network, or the server, was gone: another socket, another peer connection.
    pub(crate) async fn come_back(&mut self, server: &Server) {
        self.vanish().await;
        let (told, events) = watch::channel(Vec::new());
        self.events = events;
        self.heard = 0;
        let mut socket = Device::connected(server, &self.device.user, &self.device.id).await;
        let restart = json!({"type": "media:restart", "callId": self.call, "session": null});
        socket.send(&restart).await;
        self.live(socket, told);
    }

    async fn drop_media(&self) {
        let media = self.media.lock().unwrap().take();
        if let Some((_, id)) = media {
            self.stage.with(move |crowd| drop(crowd.remove(id))).await;
        }
    }

    fn live(&mut self, mut socket: Device, told: watch::Sender<Vec<Value>>) {
        let (call, others) = (self.call.clone(), self.others.clone());
        let (stage, media) = (self.stage.clone(), Arc::clone(&self.media));
        self.life = tokio::spawn(async move {
            while let Ok(event) = socket.frame().await {
                if event["type"] == "media:offer" && event["callId"] == call.as_str() {
                    let reply = answer(&stage, &media, &event).await;
                    let is_new = reply.is_some() && event["revision"] == 1;
                    let Some(reply) = reply else { continue };
                    if !socket.try_send_text(&reply.to_string()).await {
                        return;
                    }
                    if is_new {
                        let wishes = subscription(&call, &others);
                        socket.try_send_text(&wishes.to_string()).await;
                    }
                }
                told.send_modify(|events| events.push(event));
            }
        });
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.life.abort();
    }
}

/// Answers an offer; `None`: it belongs to a session that is over.
async fn answer(stage: &Stage, media: &Media, offer: &Value) -> Option<Value> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let session = text(&offer["session"]);
    let known = media.lock().unwrap().clone();
    let known = known.filter(|(of, _)| *of == session).map(|(_, id)| id);
    if known.is_none() && offer["revision"] != 1 {
        return None;
    }
    let sdp = text(&offer["sdp"]);
    let (video, audio) = (
        text(&offer["publish"]["video"]),
        text(&offer["publish"]["audio"]),
    );
    let (began, plan) = (stage.began, stage.cameras.then_some(PLAN));
    let (id, sdp) = stage
        .with(move |crowd| {
            let id = known.unwrap_or_else(|| {
                let at = IpAddr::V4(Ipv4Addr::LOCALHOST);
                let peer = MediaPeer::new(at, began, plan).unwrap();
                crowd.add(peer).unwrap()
            });
            let peer = crowd.peer(id).unwrap();
            let sdp = peer.answer(&sdp, &video).unwrap();
            if !audio.is_empty() {
                peer.speak_on(&audio);
            }
            (id, sdp)
        })
        .await;
    let reply = json!({
        "type": "media:answer", "callId": offer["callId"], "session": session,
        "revision": offer["revision"], "sdp": sdp,
    });
    *media.lock().unwrap() = Some((session, id));
    Some(reply)
}

fn subscription(call: &str, others: &[String]) -> Value {
    let streams: Vec<Value> = others
        .iter()
        .map(|user| {
            json!({
                "userId": user, "source": "video", "width": 640, "height": 360, "pinned": false,
            })
        })
        .collect();
    json!({"type": "media:subscription", "callId": call, "streams": streams})
}
