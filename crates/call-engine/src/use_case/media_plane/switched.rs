use call_domain::{Address, Topology};

use crate::Engine;
use crate::media_message;
use crate::roster::LiveCall;

impl Engine {
    /// A device renders everything over a topology now (`media:switched`): the others are told, and the room that nobody
    /// renders any more is closed.
    pub(super) fn switched(&self, live: &LiveCall, who: &Address, to: Topology) {
        let call = live.call.id();
        let frame = media_message::switched(call, &who.user, to);
        self.send_to_others(live, who, &frame);
        // It may be quicker than what makes the former room one that is on its way out.
        self.follow_rooms(live);
        self.with_rooms(call, &live.line, |rooms, orders| {
            rooms.switched(&who.user, to, orders);
        });
    }
}
