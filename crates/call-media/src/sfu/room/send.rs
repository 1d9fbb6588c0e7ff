use std::time::Instant;

use super::session::{Session, Waiting};
use crate::sfu::bandwidth::{Class, Offered};
use crate::sfu::rtp::{DescriptorPatch, OutgoingExtensions, OutgoingHeader, Stamps, write_packet};
use crate::sfu::shard::{Lane, Output};

impl Session {
    /// Sends the packet that is the end of the output's buffer, now or when its turn comes. False: too much waited, and the pictures
    /// that did are forgotten.
    pub(super) fn send(
        &mut self,
        now: Instant,
        lane: Lane,
        class: Class,
        start: usize,
        stamps: Stamps,
        out: &mut Output,
    ) -> bool {
        let buffer = out.buffer();
        let size = buffer.len() - start;
        let offered = self.pacer.offer(now, class, size, || Waiting {
            packet: buffer[start..].to_vec(),
            stamps,
            since: now,
        });
        match offered {
            Offered::SendNow => self.seal(now, lane, start, stamps, out),
            Offered::Queued => out.buffer().truncate(start),
            Offered::Full => {
                out.buffer().truncate(start);
                let forgotten = self.pacer.clear().count() + 1;
                out.counters.packets_dropped += forgotten as u64;
                self.overrun = true;
                return false;
            }
        }
        true
    }

    /// Sends what has waited long enough.
    pub(super) fn send_waiting(&mut self, now: Instant, lane: Lane, out: &mut Output) {
        while let Some(waiting) = self.pacer.poll(now) {
            let start = out.buffer().len();
            out.buffer().extend_from_slice(&waiting.packet);
            self.seal(now, lane, start, waiting.stamps, out);
            out.observe_wait(now.saturating_duration_since(waiting.since));
        }
    }

    /// Sends so many bytes that mean nothing, to find out whether the way carries them: empty packets of a retransmission stream.
    pub(super) fn send_padding(
        &mut self,
        now: Instant,
        lane: Lane,
        mut header: OutgoingHeader,
        extensions: &OutgoingExtensions<'_>,
        bytes: usize,
        out: &mut Output,
    ) -> u16 {
        /// The most that the last byte of a packet can say (RFC 3550 section 5.1).
        const PADDING: u8 = 255;
        let mut sent = 0;
        while sent < bytes {
            let buffer = out.buffer();
            let start = buffer.len();
            let stamps = write_packet(buffer, header, extensions, &[], DescriptorPatch::NONE);
            if !stamps.has_transport_cc() {
                buffer.truncate(start);
                break;
            }
            // The padding bit.
            buffer[start] |= 0x20;
            buffer.resize(buffer.len() + usize::from(PADDING), 0);
            if let Some(last) = buffer.last_mut() {
                *last = PADDING;
            }
            let size = buffer.len() - start;
            sent += size;
            header.sequence_number = header.sequence_number.wrapping_add(1);
            let sequence = self.estimator.sent_probe(now, size);
            self.seal_with(now, lane, start, stamps, Some(sequence), out);
        }
        header.sequence_number
    }

    fn seal(&mut self, now: Instant, lane: Lane, start: usize, stamps: Stamps, out: &mut Output) {
        let sequence = stamps.has_transport_cc().then(|| {
            let size = out.buffer().len() - start;
            self.estimator.sent(now, size)
        });
        self.seal_with(now, lane, start, stamps, sequence, out);
    }

    /// Writes into a packet when it is sent, encrypts it and sends it.
    fn seal_with(
        &mut self,
        now: Instant,
        lane: Lane,
        start: usize,
        stamps: Stamps,
        sequence: Option<u16>,
        out: &mut Output,
    ) {
        let buffer = out.buffer();
        if let Some(sequence) = sequence {
            stamps.set_transport_cc(&mut buffer[start..], sequence);
        }
        stamps.set_abs_send_time(
            &mut buffer[start..],
            now.saturating_duration_since(self.epoch),
        );
        let sealed = self.transport.protect_rtp(buffer, start).is_ok();
        match self.transport.selected_path() {
            Some(path) if sealed => out.commit_media(lane, &path, start),
            Some(_) | None => out.buffer().truncate(start),
        }
    }

    /// Sends the RTCP that is the end of the output's buffer.
    pub(super) fn send_rtcp(&mut self, lane: Lane, start: usize, out: &mut Output) {
        if out.buffer().len() == start {
            return;
        }
        let sealed = self.transport.protect_rtcp(out.buffer(), start).is_ok();
        match self.transport.selected_path() {
            Some(path) if sealed => out.commit(lane, &path, start),
            Some(_) | None => out.buffer().truncate(start),
        }
    }
}
