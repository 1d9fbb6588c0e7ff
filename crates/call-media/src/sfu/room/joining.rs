use std::time::Instant;

use call_domain::UserId;

use super::Room;
use super::peer::Peer;
use super::session::{NoRandomness, Session};
use crate::sfu::shard::{Output, RouteChange};
use crate::sfu::{Event, Layer, Publication, Refusal, SessionId, Source, Subscription};

impl Room {
    /// A peer comes in; one that is in already gets a new session.
    pub(super) fn join(
        &mut self,
        now: Instant,
        user: UserId,
        publication: Publication,
        out: &mut Output,
    ) {
        if let Some(at) = self.by_user.get(&user).copied() {
            self.publish(at, publication);
            let outcome = self.replace_session(now, at, out);
            self.refuse_on_error(user, outcome, out);
            return;
        }
        if self.peers.len() >= self.context.config.peers_max {
            self.refuse_on_error(user, Err(Refusal::Full), out);
            return;
        }
        let Ok(session) = Session::new(&self.context, self.shard, now) else {
            tracing::error!("the system gives no random bytes: nobody can join");
            self.refuse_on_error(user, Err(Refusal::Full), out);
            return;
        };
        let lane = out.take_lane();
        let peer = Peer::new(user.clone(), lane, session, publication, now);
        let at = self.peers.insert(peer);
        self.by_user.insert(user, at);
        self.begin_session(now, at, out);
    }

    /// A peer goes out.
    pub(super) fn leave(&mut self, now: Instant, at: usize, out: &mut Output) {
        self.end_session(now, at, out);
        let Some(peer) = self.peers.try_remove(at) else {
            return;
        };
        self.by_user.remove(&peer.user);
        out.give_back(peer.lane);
        self.speakers.remove(at);
        for feed in peer.feeds.into_iter().flatten() {
            self.remove_feed(now, feed);
        }
    }

    /// The peer's path broke: new ICE credentials for its session, or a new session.
    pub(super) fn restart(
        &mut self,
        now: Instant,
        at: usize,
        session: Option<&SessionId>,
        out: &mut Output,
    ) -> Result<(), Refusal> {
        let Some(id) = session else {
            return self.replace_session(now, at, out);
        };
        let peer = self.peers.get_mut(at).ok_or(Refusal::NotInRoom)?;
        if peer.session.id != *id {
            return Err(Refusal::UnknownSession);
        }
        let local = peer.session.transport.restart_ice();
        if !peer.session.ufrags.contains(&local.ufrag) {
            peer.session.ufrags.push(local.ufrag.clone());
            out.routes.push(RouteChange::AddUfrag(local.ufrag, at));
        }
        // Credentials that were given up are forgotten at once: nothing else may be due for long.
        self.drain_transport(now, at, out);
        self.offer(at, out);
        Ok(())
    }

    /// What a peer wants to see.
    pub(super) fn subscribe(
        &mut self,
        now: Instant,
        at: usize,
        subscription: Subscription,
        out: &mut Output,
    ) {
        /// Pictures on a screen at most.
        const VIEWS_MAX: usize = 64;
        if let Some(peer) = self.peers.get_mut(at) {
            let mut views = subscription.views;
            views.retain(|view| view.source.is_video() && view.user != peer.user);
            views.truncate(VIEWS_MAX);
            peer.views = Some(views);
            self.serve(now, at, out);
        }
    }

    /// What a peer may send.
    pub(super) fn publish(&mut self, at: usize, publication: Publication) {
        if let Some(peer) = self.peers.get_mut(at) {
            peer.publication = publication;
            if !publication.audio {
                self.speakers.remove(at);
            }
        }
    }

    fn replace_session(
        &mut self,
        now: Instant,
        at: usize,
        out: &mut Output,
    ) -> Result<(), Refusal> {
        let session = Session::new(&self.context, self.shard, now).map_err(|NoRandomness| {
            tracing::error!("the system gives no random bytes: no new session");
            Refusal::Full
        })?;
        self.end_session(now, at, out);
        if let Some(peer) = self.peers.get_mut(at) {
            peer.session = session;
            for feed in peer.feeds.into_iter().flatten() {
                self.retap_feed(now, feed);
            }
        }
        self.begin_session(now, at, out);
        Ok(())
    }

    fn begin_session(&mut self, now: Instant, at: usize, out: &mut Output) {
        let Some(peer) = self.peers.get(at) else {
            return;
        };
        for ufrag in &peer.session.ufrags {
            out.routes.push(RouteChange::AddUfrag(ufrag.clone(), at));
        }
        let sounds: Vec<usize> = self
            .feeds
            .iter()
            .filter(|(_, feed)| !feed.source.is_video() && feed.owner != at)
            .map(|(feed, _)| feed)
            .collect();
        for feed in sounds {
            self.add_down(now, at, feed);
        }
        self.serve(now, at, out);
        self.offer(at, out);
    }

    /// The connection ends; what the peer gets goes, what it sends waits for its next session.
    fn end_session(&mut self, now: Instant, at: usize, out: &mut Output) {
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        peer.session.transport.close(now);
        peer.session.connected = false;
        while let Some((path, datagram)) = peer.session.transport.poll_transmit() {
            out.send(peer.lane, &path, &datagram);
        }
        for ufrag in std::mem::take(&mut peer.session.ufrags) {
            out.routes.push(RouteChange::RemoveUfrag(ufrag));
        }
        for path in std::mem::take(&mut peer.session.paths) {
            out.routes.push(RouteChange::RemovePath(path, at));
        }
        for (_, down) in std::mem::take(&mut peer.downs) {
            if let Some(feed) = self.feeds.get_mut(down.feed) {
                feed.subscribers.retain(|(peer, _)| *peer != at);
            }
        }
        peer.by_feed.clear();
        peer.told.clear();
        for feed in peer.feeds.into_iter().flatten() {
            for layer in Layer::ALL {
                self.stream_ended(feed, layer);
            }
        }
    }

    /// A layer's stream is another one from now on.
    pub(super) fn stream_ended(&mut self, feed: usize, layer: Layer) {
        let Some(feed) = self.feeds.get_mut(feed) else {
            return;
        };
        if feed.layers[layer.index()].take().is_none() {
            return;
        }
        for stream in feed.taps.iter_mut().flatten() {
            stream.restarted(layer);
        }
        for (peer, down) in &feed.subscribers {
            let peer = self.peers.get_mut(*peer);
            if let Some(down) = peer.and_then(|peer| peer.downs.get_mut(*down)) {
                down.rewriter.restarted(layer);
            }
        }
    }

    /// Nobody gets it any more.
    pub(super) fn remove_feed(&mut self, now: Instant, at: usize) {
        let Some(mut feed) = self.feeds.try_remove(at) else {
            return;
        };
        self.taps.leave(now, &mut feed);
        for (peer, _) in feed.subscribers {
            if let Some(peer) = self.peers.get_mut(peer) {
                peer.drop_down(at);
                peer.divide_at = now;
            }
        }
        if let Some(owner) = self.peers.get_mut(feed.owner) {
            let of_owner = &mut owner.feeds[feed.source.index()];
            if *of_owner == Some(at) {
                *of_owner = None;
            }
        }
    }

    /// What a source of a peer is called in events and logs.
    pub(super) fn describe(&self, at: usize, source: Source) -> String {
        let user = self.peers.get(at).map_or("", |peer| peer.user.as_str());
        format!("{} of {user}", source.as_str())
    }

    /// Tells the embedder of a session.
    pub(super) fn tell(
        &self,
        at: usize,
        event: impl FnOnce(super::RoomId, UserId, SessionId) -> Event,
        out: &mut Output,
    ) {
        if let Some(peer) = self.peers.get(at) {
            let session = peer.session.id.clone();
            out.events
                .push(event(self.id.clone(), peer.user.clone(), session));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use super::*;
    use crate::sfu::room::RoomContext;
    use crate::sfu::transport::Certificate;
    use crate::sfu::{Command, RoomId, SfuConfig};

    #[test]
    fn restarts_without_end_leave_two_credentials_at_a_time() {
        let context = RoomContext {
            config: SfuConfig::default(),
            certificate: Arc::new(Certificate::generate().unwrap()),
            candidates: Vec::new(),
        };
        let mut room = Room::new(RoomId::new("room"), Arc::new(context), 0);
        let (now, mut out) = (Instant::now(), Output::new());
        let alice: UserId = "alice".parse().unwrap();
        let join = Command::Join {
            peer: alice.clone(),
            publication: Publication::ALL,
        };
        room.command(now, join, &mut out);
        let Some(Event::Offer { offer, .. }) = out.events.pop() else {
            panic!("no offer: {:?}", out.events);
        };
        let mut routed = HashSet::new();
        for _ in 0..100 {
            let restart = Command::Restart {
                peer: alice.clone(),
                session: Some(offer.session.clone()),
            };
            room.command(now, restart, &mut out);
            for change in out.routes.drain(..) {
                match change {
                    RouteChange::AddUfrag(ufrag, _) => routed.insert(ufrag),
                    RouteChange::RemoveUfrag(ufrag) => routed.remove(&ufrag),
                    RouteChange::AddPath(..) | RouteChange::RemovePath(..) => false,
                };
            }
            assert_eq!(routed.len(), 2);
        }
    }
}
