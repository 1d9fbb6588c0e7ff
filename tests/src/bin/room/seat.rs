use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use call_tests::Device;
use call_tests::media::SendPlan;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::stage::{Actor, Script, Stage};

/// One person's place in a call: the device's socket and its media.
pub(crate) struct Seat {
    device: Device,
    call: String,
    stage: Stage,
    plan: Option<SendPlan>,
    /// Whose pictures are on the screen.
    wanted: Arc<Vec<String>>,
    session: Option<(String, Actor)>,
    connected: Option<oneshot::Receiver<()>>,
    present: Present,
}

/// Somebody who is in a call counts as long as this lives.
struct Present(Arc<Count>);

/// How many are in a call, and what the server complained of.
#[derive(Default)]
pub(crate) struct Count {
    joined: AtomicUsize,
    errors: AtomicUsize,
}

/// What everybody's seat needs.
#[derive(Clone)]
pub(crate) struct Ticket {
    pub(crate) stage: Stage,
    pub(crate) wanted: Arc<Vec<String>>,
    pub(crate) counted: Arc<Count>,
}

/// Why somebody does not live in a call any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The time is over.
    Time,
    /// The call is.
    Call,
}

/// What is on a screen is shown in that size.
const PICTURE: (u32, u32) = (640, 360);
/// Pictures of a subscription at most.
const PICTURES_MAX: usize = 64;

impl Count {
    /// People in a call.
    pub(crate) fn joined(&self) -> usize {
        self.joined.load(Ordering::Relaxed)
    }

    /// Errors that the server answered by.
    pub(crate) fn errors(&self) -> usize {
        self.errors.load(Ordering::Relaxed)
    }
}

impl Seat {
    /// A seat for a device that has taken a call.
    pub(crate) fn take(
        device: Device,
        call: &str,
        plan: Option<SendPlan>,
        ticket: &Ticket,
    ) -> Self {
        Self {
            device,
            call: call.to_owned(),
            stage: ticket.stage.clone(),
            plan,
            wanted: Arc::clone(&ticket.wanted),
            session: None,
            connected: None,
            present: Present::new(&ticket.counted),
        }
    }

    /// Stays until the moment, or until the call is over.
    pub(crate) async fn stay(&mut self, until: Instant) -> Result<Ending> {
        loop {
            let told = async {
                match self.connected.as_mut() {
                    Some(connected) => connected.await.is_ok(),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = tokio::time::sleep_until(until) => return Ok(Ending::Time),
                is_connected = told => {
                    self.connected = None;
                    if is_connected {
                        let message = json!({"type": "call:connected", "callId": self.call});
                        self.send(&message).await?;
                    }
                }
                frame = self.device.frame() => {
                    let frame = frame.map_err(|code| {
                        anyhow::anyhow!("{} was closed with {code}", self.device.user)
                    })?;
                    if self.message(&frame).await? {
                        return Ok(Ending::Call);
                    }
                }
            }
        }
    }

    /// Hangs up; the device is free again.
    pub(crate) async fn leave(mut self) -> Result<Device> {
        self.session = None;
        let path = format!("/api/calls/{}/leave", self.call);
        let answer = self.device.post(&path, json!({})).await;
        ensure!(
            [200, 410].contains(&answer.status),
            "{} cannot leave: {}",
            self.device.user,
            answer.body
        );
        Ok(self.stand_up())
    }

    /// The device of a call that is over.
    pub(crate) fn stand_up(self) -> Device {
        self.device
    }

    /// The network is lost, with socket and media, and comes back.
    pub(crate) async fn vanish(&mut self, gone: Duration) -> Result<()> {
        self.device.vanish();
        self.session = None;
        self.connected = None;
        tokio::time::sleep(gone).await;
        self.device.connect().await;
        // The server cannot know that its session was lost, too.
        self.restart(true).await
    }

    /// Asks for an ICE restart, or for a session anew.
    pub(crate) async fn restart(&mut self, anew: bool) -> Result<()> {
        let session = self.session.as_ref().filter(|_| !anew);
        let session = session.map(|(session, _)| session.clone());
        let message = json!({"type": "media:restart", "callId": self.call, "session": session});
        self.send(&message).await
    }

    /// Ends the call for everybody.
    pub(crate) async fn end(self) -> Result<Device> {
        let answer = self.device.end(&self.call).await;
        ensure!(answer.status == 200, "cannot end: {}", answer.body);
        Ok(self.stand_up())
    }

    async fn subscribe(&mut self) -> Result<()> {
        let streams: Vec<Value> = self
            .wanted
            .iter()
            .filter(|user| **user != self.device.user)
            .take(PICTURES_MAX)
            .map(|user| {
                json!({
                    "userId": user, "source": "video", "width": PICTURE.0, "height": PICTURE.1,
                    "pinned": false,
                })
            })
            .collect();
        let call = &self.call;
        let message = json!({"type": "media:subscription", "callId": call, "streams": streams});
        self.send(&message).await
    }

    /// Takes a message; true: the call is over.
    async fn message(&mut self, message: &Value) -> Result<bool> {
        let of_this_call = message["callId"] == self.call.as_str();
        match message["type"].as_str().unwrap_or_default() {
            "media:offer" if of_this_call => self.offered(message).await?,
            "call:ended" if of_this_call => return Ok(true),
            "error" => {
                self.present.0.errors.fetch_add(1, Ordering::Relaxed);
                let what = format!("{}: {}", message["code"], message["detail"]);
                eprintln!("{} was told: {what}", self.device.user);
            }
            _ => {}
        }
        Ok(false)
    }

    async fn offered(&mut self, offer: &Value) -> Result<()> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let script = Script {
            sdp: text(&offer["sdp"]),
            video: text(&offer["publish"]["video"]),
            audio: text(&offer["publish"]["audio"]),
        };
        let session = text(&offer["session"]);
        let is_new = self.session.is_none();
        let known = self.session.as_ref().filter(|(known, _)| *known == session);
        if known.is_none() && offer["revision"] != 1 {
            // Of a session that was lost with the network.
            return self.restart(true).await;
        }
        let answer = if let Some((_, actor)) = known {
            actor.answer(script).await?
        } else {
            let (actor, answer, connected) = self.stage.enter(self.plan, script).await?;
            self.session = Some((session.clone(), actor));
            self.connected = Some(connected);
            answer
        };
        let message = json!({
            "type": "media:answer", "callId": self.call, "session": session,
            "revision": offer["revision"], "sdp": answer,
        });
        self.send(&message).await?;
        if is_new {
            // Not before: a call that does not go over the server (yet) takes no wishes.
            self.subscribe().await?;
        }
        Ok(())
    }

    async fn send(&mut self, message: &Value) -> Result<()> {
        if self.device.try_send_text(&message.to_string()).await {
            return Ok(());
        }
        bail!("the server has closed the socket of {}", self.device.user)
    }
}

impl Present {
    fn new(count: &Arc<Count>) -> Self {
        count.joined.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.0.joined.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Somebody takes a call that rings there, or goes in uncalled; `None`: it is over.
pub(crate) async fn take(device: &Device, call: &str, way: &str) -> Result<Option<()>> {
    let path = format!("/api/calls/{call}/{way}");
    let answer = device.post(&path, json!({"deviceId": device.id})).await;
    match answer.status {
        200 => Ok(Some(())),
        404 | 410 => Ok(None),
        status => bail!("{} cannot {way}: {status} {}", device.user, answer.body),
    }
}

/// Calls everybody else, and returns the call's id.
pub(crate) async fn initiate(device: &Device, others: &[String]) -> Result<String> {
    let body = json!({"type": "video", "participantIds": others, "deviceId": device.id});
    let answer = device.post("/api/calls/initiate", body).await;
    ensure!(answer.status == 201, "cannot begin: {}", answer.body);
    let id = answer.body["id"].as_str().context("a call without an id")?;
    Ok(id.to_owned())
}
