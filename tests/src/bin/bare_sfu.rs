//! The SFU of Call Server on its own, for the benchmark that compares it with Janus.
//!
//! `bare_sfu <threads> <address>` listens there. One JSON object a line comes in: `{"join": user}`, `{"answer": {"peer", "session",
//! "revision", "sdp"}}`, `{"leave": user}`, `{"counters": true}`; offers and counters go out the same way. It ends with its input.

use std::io::{BufRead, Write};
use std::net::IpAddr;
use std::sync::Arc;

use anyhow::Context;
use call_domain::UserId;
use call_media::sfu::{Command, Event, Publication, RoomId, SessionId, Sfu, SfuConfig, VideoCodec};
use serde_json::{Value, json};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let threads = arguments.next().context("how many threads")?;
    let address: IpAddr = arguments.next().context("an address")?.parse()?;
    let config = SfuConfig {
        udp: vec![(address, 0).into()],
        shards: threads.parse()?,
        simulcast: false,
        video_codecs: vec![VideoCodec::Vp8],
        peers_max: 1_000,
        last_n: 1_000,
        ..SfuConfig::default()
    };
    let sfu = Arc::new(Sfu::start(&config)?);
    let events = sfu.events();
    std::thread::spawn(move || {
        for event in events {
            match event {
                Event::Offer { peer, offer, .. } => say(&json!({"offer": {
                    "peer": peer.as_str(),
                    "session": offer.session.as_str(),
                    "revision": offer.revision,
                    "sdp": offer.sdp,
                    "publish": {"audio": offer.publish.audio, "video": offer.publish.video},
                }})),
                Event::Refused { peer, refusal, .. } => {
                    say(&json!({"refused": {"peer": peer.as_str(), "why": refusal.to_string()}}));
                }
                Event::Connected { .. }
                | Event::Disconnected { .. }
                | Event::Streams { .. }
                | Event::Speakers { .. }
                | Event::Wanted { .. } => {}
            }
        }
    });
    for line in std::io::stdin().lock().lines() {
        let line: Value = serde_json::from_str(&line?)?;
        if line["counters"] == true {
            let counters = sfu.counters();
            say(&json!({"counters": {
                "packetsSent": counters.packets_sent,
                "packetsReceived": counters.packets_received,
                "packetsDropped": counters.packets_dropped,
                "forwardingDelay": counters.forwarding_delay,
            }}));
            continue;
        }
        if let Some(command) = command(&line)? {
            sfu.command(RoomId::new("benchmark"), command)?;
        }
    }
    Ok(())
}

fn command(line: &Value) -> anyhow::Result<Option<Command>> {
    let user = |value: &Value| -> anyhow::Result<UserId> {
        Ok(value.as_str().context("a user")?.parse()?)
    };
    if !line["join"].is_null() {
        return Ok(Some(Command::Join {
            peer: user(&line["join"])?,
            publication: Publication::ALL,
        }));
    }
    if !line["leave"].is_null() {
        return Ok(Some(Command::Leave {
            peer: user(&line["leave"])?,
        }));
    }
    let answer = &line["answer"];
    if answer.is_null() {
        return Ok(None);
    }
    Ok(Some(Command::Answer {
        peer: user(&answer["peer"])?,
        session: SessionId::new(answer["session"].as_str().context("a session")?),
        revision: u32::try_from(answer["revision"].as_u64().context("a revision")?)?,
        sdp: answer["sdp"].as_str().context("an answer")?.to_owned(),
    }))
}

fn say(line: &Value) {
    let mut out = std::io::stdout().lock();
    // Nobody listens any more: the input ends in a moment.
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}
