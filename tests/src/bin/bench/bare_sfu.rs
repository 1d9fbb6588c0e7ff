//! Our SFU on its own, in a process of its own (`bare_sfu`), and what is said to it.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use call_tests::media::{Crowd, PeerId};
use call_tests::{ISLAND, binary};
use serde_json::{Value, json};

/// Threads that forward; a room of the SFU lives on one of them.
pub(crate) const THREADS: &str = "2";
/// How long anything may take to get going.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Our SFU in a process of its own.
pub(crate) struct BareSfu {
    child: Child,
    input: ChildStdin,
    lines: Receiver<Value>,
}

impl BareSfu {
    pub(crate) fn start() -> Result<Self> {
        let mut child = Command::new(binary("bare_sfu"))
            .args([THREADS, &ISLAND.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the SFU")?;
        let input = child.stdin.take().context("its input")?;
        let output = child.stdout.take().context("its output")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let Ok(line) = serde_json::from_str(&line) else {
                    continue;
                };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            child,
            input,
            lines,
        })
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Tells it something.
    pub(crate) fn say(&mut self, line: &Value) -> Result<()> {
        writeln!(self.input, "{line}")?;
        Ok(())
    }

    /// Waits for a line about that, and what it says.
    pub(crate) fn await_line(&mut self, about: &str) -> Result<Value> {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let mut line = self.lines.recv_timeout(left).context("an answer")?;
            if let Some(said) = line.get_mut(about) {
                return Ok(said.take());
            }
        }
    }

    /// Answers what was offered since.
    pub(crate) fn answer(
        &mut self,
        crowd: &mut Crowd,
        people: &HashMap<String, PeerId>,
    ) -> Result<()> {
        while let Ok(line) = self.lines.try_recv() {
            ensure!(line["refused"].is_null(), "refused: {line}");
            let offer = &line["offer"];
            let Some(name) = offer["peer"].as_str() else {
                continue;
            };
            let Some(peer) = people.get(name).and_then(|id| crowd.peer(*id)) else {
                continue;
            };
            let sdp = offer["sdp"].as_str().context("an offer")?;
            let publish = &offer["publish"];
            let sdp = peer.answer(sdp, publish["video"].as_str().context("a line")?)?;
            if offer["revision"] == 1 && peer.publishes() {
                // The SFU is careful with ways of which it knows nothing: sound tells it more.
                peer.speak_on(publish["audio"].as_str().context("a line")?);
            }
            self.say(&json!({"answer": {
                "peer": name, "session": offer["session"], "revision": offer["revision"], "sdp": sdp,
            }}))?;
        }
        Ok(())
    }
}

impl Drop for BareSfu {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Why not everybody gets the picture.
pub(crate) fn shortcoming(crowd: &mut Crowd) -> String {
    let (mut connected, mut seeing, mut sent, mut all) = (0, 0, 0, 0);
    for (_, peer) in crowd.peers() {
        all += 1;
        connected += usize::from(peer.is_connected());
        seeing += usize::from(peer.received.packets > 0);
        sent += peer.sent();
    }
    format!("of {all} peers {connected} are connected, {seeing} see something of {sent} packets")
}
