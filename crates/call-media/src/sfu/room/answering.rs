use std::time::Instant;

use super::Room;
use super::down::DownState;
use super::session::{Incoming, Session};
use crate::sfu::rtp::ExtensionIds;
use crate::sfu::sdp::{Answer, AnswerLine, Codec, Direction, Extension};
use crate::sfu::shard::Output;
use crate::sfu::transport::{Fingerprint, RemoteParameters};
use crate::sfu::{Layer, Refusal, SessionId, Source};

impl Room {
    /// A peer answers an offer.
    pub(super) fn answer(
        &mut self,
        now: Instant,
        at: usize,
        id: &SessionId,
        revision: u32,
        sdp: &str,
        out: &mut Output,
    ) -> Result<(), Refusal> {
        let peer = self.peers.get_mut(at).ok_or(Refusal::NotInRoom)?;
        if peer.session.id != *id {
            return Err(Refusal::UnknownSession);
        }
        if peer.session.revision != revision || peer.session.answered {
            return Err(Refusal::StaleAnswer);
        }
        let answer = Answer::parse(sdp).map_err(|error| {
            tracing::debug!(%error, user = %peer.user, "an SDP answer was refused");
            Refusal::BadSdp
        })?;
        let remote = RemoteParameters {
            ufrag: answer.ice_ufrag.clone(),
            pwd: answer.ice_pwd.clone(),
            fingerprints: answer.fingerprints.iter().filter_map(fingerprint).collect(),
        };
        peer.session.transport.set_remote(remote).map_err(|error| {
            tracing::debug!(%error, user = %peer.user, "an SDP answer was refused");
            Refusal::BadSdp
        })?;
        peer.session.answered = true;
        for line in &answer.lines {
            if let Some(source) = Source::ALL.into_iter().find(|s| s.mid() == line.mid) {
                peer.session.take_publishing(source, line);
                continue;
            }
            let Ok(number) = line.mid.parse::<usize>() else {
                continue;
            };
            let down = peer
                .session
                .lines
                .in_use()
                .find(|(line, _)| *line == number);
            let Some(down) = down.and_then(|(_, down)| peer.downs.get_mut(down)) else {
                continue;
            };
            if matches!(down.state, DownState::Offered(offered) if offered <= revision) {
                down.state = accepted(line);
            }
        }
        self.drain_transport(now, at, out);
        self.serve(now, at, out);
        Ok(())
    }

    /// A candidate of a peer: the way to it is learnt from its checks (ICE-lite, RFC 8445 section 2.5), so that it only has to be one.
    pub(super) fn candidate(
        &self,
        at: usize,
        id: &SessionId,
        candidate: &str,
    ) -> Result<(), Refusal> {
        /// RFC 8839 section 5.1 has no limit; no client writes more.
        const LENGTH_MAX: usize = 1024;
        let peer = self.peers.get(at).ok_or(Refusal::NotInRoom)?;
        if peer.session.id != *id {
            return Err(Refusal::UnknownSession);
        }
        let attribute = candidate.strip_prefix("a=").unwrap_or(candidate);
        let plausible = candidate.is_empty()
            || (candidate.len() <= LENGTH_MAX && attribute.starts_with("candidate:"));
        if plausible {
            Ok(())
        } else {
            Err(Refusal::BadCandidate)
        }
    }
}

impl Session {
    fn take_publishing(&mut self, source: Source, line: &AnswerLine) {
        let sends = matches!(line.direction, Direction::SendOnly | Direction::SendRecv);
        // One stream that was told of is known before its first packet, and without the extension that names its line.
        if sends
            && line.layers.is_empty()
            && let [(ssrc, rtx)] = line.ssrcs[..]
        {
            let incoming = Incoming {
                source,
                layer: Layer::High,
                repairs: false,
            };
            self.expect(ssrc, incoming);
            if let Some(rtx) = rtx {
                let incoming = Incoming {
                    repairs: true,
                    ..incoming
                };
                self.expect(rtx, incoming);
            }
        }
    }
}

fn fingerprint(digest: &[u8; 32]) -> Option<Fingerprint> {
    let bytes: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    Fingerprint::parse(&format!("sha-256 {}", bytes.join(":")))
}

/// What a peer's answer to a line on which it gets something means.
fn accepted(line: &AnswerLine) -> DownState {
    let receives = matches!(line.direction, Direction::RecvOnly | Direction::SendRecv);
    let media = line
        .codecs
        .iter()
        .any(|codec| matches!(codec, Codec::Opus | Codec::Video(_)));
    if !receives || !media {
        return DownState::Rejected;
    }
    let id = |extension: Extension| line.extensions.has(extension).then(|| extension.id());
    let transport_cc = id(Extension::TransportSequence);
    DownState::Accepted {
        ids: ExtensionIds {
            mid: id(Extension::Mid),
            audio_level: id(Extension::AudioLevel),
            // One of the two is enough to estimate the way by.
            abs_send_time: id(Extension::AbsoluteSendTime).filter(|_| transport_cc.is_none()),
            transport_cc,
        },
        red: line.codecs.contains(&Codec::Red),
    }
}
