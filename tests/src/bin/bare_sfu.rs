//! The SFU of Call Server on its own, for the benchmark that compares it with Janus, and the recorder at its tap.
//!
//! `bare_sfu <threads> <address>` listens there. One JSON object a line comes in: `{"join": user}`, `{"answer": {"peer", "session",
//! "revision", "sdp"}}`, `{"leave": user}`, `{"counters": true}`, `{"record": {"people", "folder"}}`, `{"record": null}`; offers, counters and
//! what was recorded go out the same way. It ends with its input.

use std::io::{BufRead, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, anyhow, bail};
use call_domain::UserId;
use call_media::sfu::{
    Command, Event, FrameCodec, Publication, RoomId, SessionId, Sfu, SfuConfig, TapEvent, TapInlet,
    TapReader, VideoCodec, tap,
};
use call_recording::{
    Codec, EncodedFrame, Limits, Recorder, RecordingFault, RecordingInfo, RecordingMode, Source,
};
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
    let room = RoomId::new("benchmark");
    let mut recording: Option<Recording> = None;
    for line in std::io::stdin().lock().lines() {
        let line: Value = serde_json::from_str(&line?)?;
        if let Some(wish) = line.get("record") {
            if let Some(recording) = recording.take() {
                let tap = recording.inlet.clone();
                sfu.command(room.clone(), Command::Untap { tap })?;
                say(&json!({"recorded": recording.finish()?}));
            }
            if !wish.is_null() {
                recording = Some(Recording::start(&sfu, &room, wish)?);
                say(&json!({"recording": true}));
            }
            continue;
        }
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
            sfu.command(room.clone(), command)?;
        }
    }
    Ok(())
}

/// A recorder at a tap, on a thread of its own, as the server has it.
struct Recording {
    inlet: TapInlet,
    thread: JoinHandle<anyhow::Result<Value>>,
}

impl Recording {
    fn start(sfu: &Sfu, room: &RoomId, wish: &Value) -> anyhow::Result<Self> {
        let people = wish["people"].as_array().context("whom to record")?;
        let people = people
            .iter()
            .map(|user| Ok(user.as_str().context("a user")?.parse()?))
            .collect::<anyhow::Result<_>>()?;
        let folder = PathBuf::from(wish["folder"].as_str().context("a folder")?);
        let (inlet, reader) = tap(128);
        let thread = std::thread::Builder::new().name("recorder".to_owned());
        let thread = thread.spawn(move || record(reader, &folder))?;
        sfu.command(
            room.clone(),
            Command::Tap {
                tap: inlet.clone(),
                people,
            },
        )?;
        Ok(Self { inlet, thread })
    }

    fn finish(self) -> anyhow::Result<Value> {
        match self.thread.join() {
            Ok(recorded) => recorded,
            Err(_) => bail!("the recorder panicked"),
        }
    }
}

/// As the server does it.
const PACE: Duration = Duration::from_millis(400);
const FLUSH_EVERY: Duration = Duration::from_millis(700);

fn failed(fault: RecordingFault) -> anyhow::Error {
    anyhow!("the recorder failed: {fault}")
}

/// Writes what comes until the tap ends.
fn record(mut reader: TapReader, folder: &Path) -> anyhow::Result<Value> {
    let info = RecordingInfo {
        recording_id: "018f3a1e-8c00-7000-8000-000000000001".parse()?,
        call_id: "018f3a1e-8c00-7000-8000-000000000002".parse()?,
        mode: RecordingMode::Tracks,
        started_at: SystemTime::now(),
    };
    let began = Instant::now();
    let mut recorder = Recorder::open(folder, info.clone(), Limits::default()).map_err(failed)?;
    let (mut frames, mut bytes, mut lost) = (0_u64, 0_u64, 0_u64);
    let mut flushed = Instant::now();
    loop {
        match reader.recv(PACE) {
            Some(TapEvent::Frame(frame)) => {
                frames += 1;
                bytes += frame.data.len() as u64;
                let source = match frame.source {
                    call_media::sfu::Source::Audio => Source::Audio,
                    call_media::sfu::Source::Video => Source::Video,
                    call_media::sfu::Source::Screen => Source::Screen,
                    call_media::sfu::Source::ScreenAudio => Source::ScreenAudio,
                };
                let codec = match frame.codec {
                    FrameCodec::Opus => Codec::Opus,
                    FrameCodec::Video(VideoCodec::Vp8) => Codec::Vp8,
                    FrameCodec::Video(VideoCodec::Vp9) => Codec::Vp9,
                    FrameCodec::Video(VideoCodec::H264) => Codec::H264,
                    FrameCodec::Video(VideoCodec::Av1) => Codec::Av1,
                };
                let encoded = EncodedFrame {
                    at: info.at(frame.captured),
                    key: frame.key,
                    after_gap: frame.after_gap,
                    size: frame.size,
                    data: frame.data,
                };
                recorder
                    .frame(&frame.user, source, codec, encoded)
                    .map_err(failed)?;
            }
            Some(TapEvent::Lost { packets }) => lost += packets,
            Some(TapEvent::Ended) => break,
            None => {}
        }
        if flushed.elapsed() >= FLUSH_EVERY {
            flushed = Instant::now();
            recorder.flush(began.elapsed()).map_err(failed)?;
        }
    }
    let finished = recorder.finish(began.elapsed()).map_err(failed)?;
    Ok(json!({
        "frames": frames, "bytes": bytes, "lost": lost, "tracks": finished.manifest.tracks.len(),
    }))
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
