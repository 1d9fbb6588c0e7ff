use call_domain::{Address, Call, CallId, Recipients, UserId};
use call_media::{QualityChange, assess};
use call_signal::wire::StatsSample;
use call_store::QualitySample;

use crate::message;
use crate::quality::{Report, from_wire};
use crate::roster::LiveCall;
use crate::{CommandError, Engine};

impl Engine {
    /// Takes in what a device in a call measured about its peers (`call:stats`); those in the call
    /// are told when that changes the quality of the participant.
    ///
    /// Samples about somebody who is not in the call (any more) are passed over.
    pub fn observe(
        &self,
        call: CallId,
        who: &Address,
        samples: &[StatsSample],
    ) -> Result<(), CommandError> {
        let live = self.roster.get(call).ok_or(CommandError::NotFound)?;
        let participant = live
            .call
            .participant(&who.user)
            .ok_or(CommandError::NotFound)?;
        if !participant.is_present() || participant.selected_device() != Some(&who.device) {
            return Err(CommandError::NotJoined);
        }
        let at = self.clock.now();
        let mut about_peers = Vec::with_capacity(samples.len());
        for sample in samples {
            let Some(peer) = peer(&live.call, who, &sample.peer_id) else {
                continue;
            };
            about_peers.push(sample.clone());
            let sample = from_wire(sample);
            let assessment = assess(&sample);
            let figures = sample.figures();
            self.quality_log.sample(QualitySample {
                call_id: call,
                user_id: who.user.clone(),
                peer_id: peer.clone(),
                at,
                quality: assessment.quality,
                score: assessment.score,
                round_trip_time: figures.round_trip_time,
                jitter: figures.jitter,
                packet_loss: figures.packet_loss,
                bitrate_in: figures.bitrate_in,
                bitrate_out: figures.bitrate_out,
            });
            if let Some(change) = live.line.quality.observe(&who.user, peer, &assessment) {
                self.quality_changed(&live.call, &who.user, &change);
            }
        }
        let report = Report {
            at,
            samples: about_peers,
        };
        live.line.reports.keep(&who.user, report);
        Ok(())
    }

    /// Whoever is out of the call counts no more for the quality of the others.
    pub(crate) fn forget_quality_of_absent(&self, live: &LiveCall) {
        let absent = live.call.participants().iter().filter(|p| !p.is_present());
        let absent: Vec<_> = absent.map(|p| &p.user_id).collect();
        for (user, change) in live.line.quality.forget(&absent) {
            self.quality_changed(&live.call, &user, &change);
        }
    }

    fn quality_changed(&self, call: &Call, user: &UserId, change: &QualityChange) {
        self.quality_log
            .level(call.id(), user.clone(), change.quality);
        let frame = message::quality_changed(call.id(), user, change);
        self.bus
            .send(call, &Recipients::Devices(call.devices()), &frame);
    }
}

/// Another participant who is in the call.
fn peer<'a>(call: &'a Call, who: &Address, id: &str) -> Option<&'a UserId> {
    let mut others = call.participants().iter().filter(|p| p.user_id != who.user);
    others
        .find(|p| p.user_id.as_str() == id && p.is_present())
        .map(|p| &p.user_id)
}
