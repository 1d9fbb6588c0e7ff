//! Datagrams on their way out: collected while input is handled, sent in as few system calls as
//! their destinations allow.

use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;
use std::rc::Rc;

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, sendmmsg};
use quinn_udp::{Transmit as Datagrams, UdpSockRef};

use super::socket::Socket;
use crate::Transmit;

/// Datagrams for one system call without segmentation offload.
const BATCH: usize = 64;
/// Collected bytes at which sending does not wait any longer.
const FULL: usize = 256 << 10;
/// The most that one send with segmentation offload takes (a UDP datagram's length, less headers).
const MAX_SEGMENTED: usize = 65_000;

pub(super) struct Egress {
    bytes: Vec<u8>,
    runs: Vec<Run>,
    datagrams: usize,
    headers: MultiHeaders<SockaddrStorage>,
    addresses: Vec<Option<SockaddrStorage>>,
}

/// Datagrams of one socket to one destination that follow each other.
struct Run {
    socket: Rc<Socket>,
    destination: SocketAddr,
    source: Option<IpAddr>,
    start: usize,
    end: usize,
    /// Length of all but the last, which may be shorter.
    segment: usize,
    open: bool,
}

impl Egress {
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::with_capacity(FULL + (64 << 10)),
            runs: Vec::with_capacity(BATCH),
            datagrams: 0,
            headers: MultiHeaders::preallocate(BATCH, None),
            addresses: Vec::with_capacity(BATCH),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= FULL
    }

    /// Takes a datagram, sent from `source` if the socket has several addresses.
    pub(super) fn push(
        &mut self,
        socket: &Rc<Socket>,
        destination: SocketAddr,
        source: Option<IpAddr>,
        transmit: &Transmit<'_>,
    ) {
        self.datagrams += 1;
        let start = self.bytes.len();
        transmit.write_to(&mut self.bytes);
        let end = self.bytes.len();
        let length = end - start;
        if let Some(last) = self.runs.last_mut()
            && last.open
            && Rc::ptr_eq(&last.socket, socket)
            && last.destination == destination
            && last.source == source
            && length > 0
            && length <= last.segment
            && end - last.start <= MAX_SEGMENTED
            && (end - last.start).div_ceil(last.segment) <= socket.max_segments()
        {
            last.end = end;
            last.open = length == last.segment;
            return;
        }
        self.runs.push(Run {
            socket: Rc::clone(socket),
            destination,
            source,
            start,
            end,
            segment: length,
            open: length > 0,
        });
    }

    /// How many datagrams wait, and how many runs they make.
    pub(super) fn waiting(&self) -> (usize, usize) {
        (self.datagrams, self.runs.len())
    }

    /// Sends all, and tells how many runs the system did not take.
    pub(super) fn flush(&mut self) -> usize {
        let mut lost = 0;
        let mut at = 0;
        while let Some(run) = self.runs.get(at) {
            let alike = self.runs[at..]
                .iter()
                .take(BATCH)
                .take_while(|other| Rc::ptr_eq(&other.socket, &run.socket) && other.is_single())
                .count();
            if alike > 1 {
                lost += Self::send_many(
                    &mut self.headers,
                    &mut self.addresses,
                    &self.bytes,
                    &self.runs[at..at + alike],
                );
                at += alike;
            } else {
                lost += usize::from(run.send(&self.bytes).is_err());
                at += 1;
            }
        }
        self.runs.clear();
        self.bytes.clear();
        self.datagrams = 0;
        lost
    }

    fn send_many(
        headers: &mut MultiHeaders<SockaddrStorage>,
        addresses: &mut Vec<Option<SockaddrStorage>>,
        bytes: &[u8],
        runs: &[Run],
    ) -> usize {
        let Some(first) = runs.first() else {
            return 0;
        };
        addresses.clear();
        addresses.extend(runs.iter().map(|run| Some(run.destination.into())));
        let empty = [IoSlice::new(&[])];
        let mut slices = [empty; BATCH];
        for (slice, run) in slices.iter_mut().zip(runs) {
            *slice = [IoSlice::new(&bytes[run.start..run.end])];
        }
        let sent = sendmmsg(
            first.socket.io().as_raw_fd(),
            headers,
            &slices[..runs.len()],
            &addresses[..],
            [],
            MsgFlags::empty(),
        );
        // The system stops at the first that it does not take. With its queue full there is no
        // point in going on; otherwise that one may be at fault, and the rest go one by one.
        let sent = match sent {
            Ok(sent) => sent.count(),
            Err(Errno::EAGAIN) => return runs.len(),
            Err(_) => 0,
        };
        let rest = runs.get(sent..).unwrap_or(&[]);
        rest.iter().filter(|run| run.send(bytes).is_err()).count()
    }
}

impl Run {
    fn is_single(&self) -> bool {
        self.end - self.start <= self.segment && self.source.is_none()
    }

    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let contents = &bytes[self.start..self.end];
        if self.is_single() {
            // Without control messages, which cost the system as much as a short payload.
            let socket = self.socket.io();
            return socket.send_to(contents, self.destination).map(drop);
        }
        let datagrams = Datagrams {
            destination: self.destination,
            ecn: None,
            contents,
            segment_size: (contents.len() > self.segment).then_some(self.segment),
            src_ip: self.source,
        };
        self.socket
            .state()
            .try_send(UdpSockRef::from(self.socket.io()), &datagrams)
    }
}
