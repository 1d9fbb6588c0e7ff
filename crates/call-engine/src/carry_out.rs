use std::sync::Arc;

use call_domain::{
    Call, Effect, EndNotice, EndReason, Notice, Participant, Recipients, Step, Timestamp,
};
use call_store::Annotations;

use crate::Engine;
use crate::message::Messages;
use crate::roster::LiveCall;

impl Engine {
    /// Makes what was decided at that time, and stored, known: to this node, to its timers, and to everybody concerned.
    ///
    /// Runs in the lane of the call, so that versions are told in order.
    pub(crate) fn carry_out(
        &self,
        step: Step,
        at: Timestamp,
        annotations: Annotations,
    ) -> Arc<LiveCall> {
        let call = Arc::new(step.call);
        let live = if call.is_ended() {
            let known = self.roster.get(call.id());
            let line = known
                .map(|known| Arc::clone(&known.line))
                .unwrap_or_default();
            let ended = Arc::new(LiveCall {
                call,
                annotations,
                line,
            });
            self.retire(&ended);
            ended
        } else {
            let live = self.roster.put(call, annotations);
            self.deadlines
                .set(live.call.id(), live.call.next_deadline());
            live.line.kept.retain(|user| live.call.is_present(user));
            live.line.reports.retain(|user| live.call.is_present(user));
            live
        };
        // The roster comes first: whoever hears of a participant may send it signals at once.
        self.tell(&live, &step.effects);
        self.forget_quality_of_absent(&live);
        // Those in the call know of the change by now.
        if !live.call.is_ended() {
            live.line.recording.lock().decided(&live.call, at);
            self.follow_rooms(&live);
        }
        live
    }

    /// Forgets a call that has ended.
    pub(crate) fn retire(&self, ended: &LiveCall) {
        let id = ended.call.id();
        self.roster.remove(id);
        self.deadlines.set(id, None);
        ended.line.kept.retain(|_| false);
        self.close_recording(ended);
        self.close_rooms(ended);
        if !ended.view().annotations.quality.is_empty() {
            self.quality_log.ended(id);
        }
    }

    /// Tells what should have been told between two versions, when nobody knows whether it was.
    pub(crate) fn catch_up(&self, before: &Call, live: &LiveCall) {
        let after = &live.call;
        let mut devices = before.devices();
        devices.extend(
            after
                .devices()
                .into_iter()
                .filter(|who| !before.devices().contains(who)),
        );
        let notice = match after.end_reason() {
            Some(reason) => Notice::Ended {
                reason: EndNotice::Call(reason),
            },
            None => Notice::Updated,
        };
        let mut effects = vec![Effect {
            to: Recipients::Devices(devices),
            notice,
        }];
        for participant in before.participants().iter().filter(|p| p.is_ringing()) {
            effects.extend(
                after
                    .participant(&participant.user_id)
                    .and_then(stopped_ringing(after)),
            );
        }
        self.tell(live, &effects);
    }

    /// Tells everybody concerned of a live call as if it had just begun.
    pub(crate) fn announce(&self, live: &LiveCall) {
        let devices = Recipients::Devices(live.call.devices());
        let mut effects = vec![Effect {
            to: devices,
            notice: Notice::Updated,
        }];
        for participant in live.call.participants().iter().filter(|p| p.is_ringing()) {
            let to = Recipients::User {
                user: participant.user_id.clone(),
                except: None,
            };
            effects.push(Effect {
                to,
                notice: Notice::Incoming,
            });
        }
        self.tell(live, &effects);
    }

    fn tell(&self, live: &LiveCall, effects: &[Effect]) {
        let view = live.view();
        let mut messages = Messages::about(&view);
        for effect in effects {
            if let Some(frame) = messages.frame(&effect.notice) {
                self.bus.send(&view.call, &effect.to, &frame);
            }
        }
    }
}

/// What the devices of somebody who rang are told once that is over.
fn stopped_ringing(call: &Call) -> impl FnOnce(&Participant) -> Option<Effect> {
    let ended = call.end_reason();
    move |participant| {
        let except = participant.selected_device().cloned();
        let reason = match ended {
            Some(reason) => EndNotice::Call(reason),
            None if participant.is_ringing() => return None,
            None if except.is_some() => EndNotice::AnsweredElsewhere,
            None => EndNotice::Call(EndReason::NoAnswer),
        };
        let to = Recipients::User {
            user: participant.user_id.clone(),
            except,
        };
        Some(Effect {
            to,
            notice: Notice::Ended { reason },
        })
    }
}
