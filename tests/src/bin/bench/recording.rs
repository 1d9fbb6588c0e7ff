//! What it costs to record a room, beside forwarding the same streams: taps, frames, files.
//!
//! With and without take turns in one room, and each turn with is held against those without before and after it. What the
//! recorder's thread used is read from that thread; what the forwarding threads did for it is their difference, and has all
//! the noise. Every round has a room of its own: which thread a connection comes to is chance.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use call_tests::ISLAND;
use call_tests::media::{Crowd, MediaPeer, PeerId, SendPlan};
use call_tests::process::processor_time_of;
use serde_json::json;

use crate::bare_sfu::{BareSfu, PATIENCE, shortcoming};
use crate::report::{Figure, Goal};

/// A small room, of which everybody sends camera and microphone.
const PEOPLE: u32 = 4;
/// A camera of 2.4 Mbit/s.
const CAMERA: SendPlan = SendPlan {
    frame_rate: 30.0,
    packets: 10,
    packet_bytes: 1_000,
};
/// How often files are forced onto the disk. A turn is some of these long, or it would have more or less than its share.
const SYNC: Duration = Duration::from_secs(5);
/// Turns with recording in each round.
const TURNS: usize = 2;
/// The thread that records.
const RECORDER: &str = "recorder";

/// What one turn took.
struct Cost {
    /// Processor time of the threads that forward, in microseconds per packet sent.
    forwarding: f64,
    /// That of the recorder's thread.
    recorder: f64,
    /// Packets sent a second.
    packets: f64,
}

pub(crate) fn run(rounds: usize, time: Duration) -> Result<()> {
    let syncs = time.as_secs().div_ceil(SYNC.as_secs()).max(1);
    let time = SYNC * u32::try_from(syncs)?;
    println!(
        "\nRecording a room of {PEOPLE}, each with camera (2.4 Mbit/s) and microphone, in turns of {} s",
        time.as_secs()
    );
    let folder = tempfile::tempdir()?;
    let mut forwarding = Figure::new("forwarding, per packet sent", "µs");
    let mut tapped = Figure::new("forwarding to a recorder too, per packet sent", "µs");
    let mut written = Figure::new("the recorder's thread, per packet sent", "µs");
    let mut share = Figure::new("recording adds", "%");
    let mut of_tap = Figure::new("recording adds, on the forwarding threads", "%");
    let mut of_recorder = Figure::new("recording adds, on the recorder's thread", "%");
    let mut each = Figure::new("recording adds, per person recorded", "%");
    let mut time_each = Figure::new("processor time per second and person recorded", "ms");
    let mut bytes_each = Figure::new("written per second and person", "kB");
    for round in 0..rounds {
        let mut room = Room::start()?;
        let mut before = room.cost(time)?;
        for turn in 0..TURNS {
            let folder = folder.path().join(format!("{round}-{turn}"));
            let began = Instant::now();
            room.record(&folder)?;
            let with = room.cost(time)?;
            let lasted = began.elapsed().as_secs_f64();
            let bytes = room.finish()?;
            let after = room.cost(time)?;
            // Before and after, so that a machine that gets slower is not taken for the cost.
            let without = f64::midpoint(before.forwarding, after.forwarding);
            let tap = with.forwarding - without;
            let adds = tap + with.recorder;
            forwarding.add(without);
            tapped.add(with.forwarding);
            written.add(with.recorder);
            share.add(adds / without * 100.0);
            of_tap.add(tap / without * 100.0);
            of_recorder.add(with.recorder / without * 100.0);
            each.add(adds / without * 100.0 / f64::from(PEOPLE));
            time_each.add(adds * with.packets / 1e3 / f64::from(PEOPLE));
            bytes_each.add(bytes / lasted / f64::from(PEOPLE) / 1e3);
            before = after;
        }
    }
    forwarding.print(None);
    tapped.print(None);
    written.print(None);
    share.print(Some(Goal::Below(10.0)));
    of_tap.print(None);
    of_recorder.print(None);
    each.print(None);
    time_each.print(None);
    bytes_each.print(None);
    Ok(())
}

/// People in a room of the SFU, who see each other.
struct Room {
    sfu: BareSfu,
    crowd: Crowd,
    people: HashMap<String, PeerId>,
}

impl Room {
    fn start() -> Result<Self> {
        let mut sfu = BareSfu::start()?;
        let mut crowd = Crowd::new()?;
        let began = Instant::now();
        let mut people = HashMap::new();
        for number in 0..PEOPLE {
            let name = format!("peer-{number}");
            let id = crowd.add(MediaPeer::new(ISLAND, began, Some(CAMERA))?)?;
            sfu.say(&json!({"join": name}))?;
            people.insert(name, id);
        }
        let end = Instant::now() + PATIENCE;
        let all_see = |crowd: &mut Crowd| {
            let expected = u64::from(PEOPLE - 1) * 300;
            crowd
                .peers()
                .all(|(_, peer)| peer.received.packets > expected)
        };
        while !all_see(&mut crowd) {
            ensure!(Instant::now() < end, "{}", shortcoming(&mut crowd));
            sfu.answer(&mut crowd, &people)?;
            crowd.run(Duration::from_millis(5))?;
        }
        crowd.run(Duration::from_secs(5))?;
        Ok(Self { sfu, crowd, people })
    }

    /// What is used in a while, after key frames came and buffers grew.
    #[allow(clippy::cast_precision_loss)] // counts of a benchmark fit
    fn cost(&mut self, time: Duration) -> Result<Cost> {
        self.crowd.run(Duration::from_secs(1))?;
        let pid = self.sfu.id();
        let used = || -> Result<[Duration; 2]> {
            let recorder = processor_time_of(pid, |name| name == RECORDER)?;
            Ok([processor_time_of(pid, |name| name != RECORDER)?, recorder])
        };
        let (packets, before, began) = (self.received(), used()?, Instant::now());
        self.crowd.run(time)?;
        let (after, lasted) = (used()?, began.elapsed().as_secs_f64());
        let packets = (self.received() - packets) as f64;
        ensure!(packets > 0.0, "nothing came through");
        let each = |of: usize| after[of].saturating_sub(before[of]).as_secs_f64() * 1e6 / packets;
        Ok(Cost {
            forwarding: each(0),
            recorder: each(1),
            packets: packets / lasted,
        })
    }

    fn received(&mut self) -> u64 {
        let peers = self.crowd.peers();
        peers.map(|(_, peer)| peer.received.packets).sum()
    }

    fn record(&mut self, folder: &Path) -> Result<()> {
        let people: Vec<_> = self.people.keys().collect();
        self.sfu
            .say(&json!({"record": {"people": people, "folder": folder}}))?;
        self.sfu.await_line("recording")?;
        Ok(())
    }

    /// Ends the recording, of which nothing may be missing: the bytes of its frames.
    fn finish(&mut self) -> Result<f64> {
        self.sfu.say(&json!({"record": null}))?;
        let result = self.sfu.await_line("recorded")?;
        ensure!(
            result["lost"] == 0,
            "the recorder did not keep up: {result}"
        );
        ensure!(
            result["tracks"] == PEOPLE * 2,
            "not everything was recorded: {result}"
        );
        result["bytes"].as_f64().context("bytes")
    }
}
