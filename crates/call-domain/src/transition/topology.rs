use super::Draft;
use crate::{Call, Event, SfuRoomId, Topology, TopologyPolicy};

impl Call {
    /// The same call on a server that has no SFU, whatever the one had on which it began.
    ///
    /// If its media goes through an SFU, the next step returns it to peer-to-peer. With more people in it than a mesh is for,
    /// it stays as it is until enough of them have left. If it is being recorded, the next step
    /// stops that.
    #[must_use]
    pub fn without_sfu(mut self) -> Self {
        self.parts.policy.topology = TopologyPolicy::P2p;
        self
    }
}

/// Lets media take the way that the number of people asks for: through the SFU at once, and back
/// only when it has been small for a while.
pub(super) fn follow(draft: &mut Draft) {
    if draft.end_reason().is_some() {
        return;
    }
    let (now, present) = (draft.now, draft.present());
    let recorded = draft.parts.recording.is_some();
    let policy = &draft.parts.policy;
    match draft.parts.topology {
        Topology::P2p => {
            if policy.needs_sfu(present, recorded) {
                // The step makes the next version.
                let room = SfuRoomId::new(draft.parts.id, draft.parts.version + 1);
                change(draft, Topology::Sfu, Some(room));
            }
        }
        Topology::Sfu => {
            if policy.must_return_to_p2p(present) {
                return_to_p2p(draft);
            } else if policy.may_return_to_p2p(present, recorded) {
                let deadline = now + policy.p2p_return_after;
                draft.parts.p2p_deadline.get_or_insert(deadline);
            } else {
                draft.parts.p2p_deadline = None;
            }
        }
    }
}

/// It has been small for long enough, or has no SFU.
pub(super) fn return_to_p2p(draft: &mut Draft) {
    draft.parts.p2p_deadline = None;
    change(draft, Topology::P2p, None);
}

fn change(draft: &mut Draft, topology: Topology, sfu_room_id: Option<SfuRoomId>) {
    draft.parts.topology = topology;
    draft.parts.sfu_room_id = sfu_room_id;
    draft.log(Event::TopologyChanged {
        topology,
        sfu_room_id,
    });
    draft.update();
}
