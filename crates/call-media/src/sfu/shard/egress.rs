use std::io::IoSlice;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};

use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessage, MsgFlags, MultiHeaders, SockaddrStorage, sendmmsg, sendmsg,
};

use super::udp::UdpPort;

/// Datagrams for one system call without segmentation offload.
const BATCH: usize = 64;
/// Datagrams of one size to one peer that one system call takes (the kernel's `UDP_MAX_SEGMENTS` is 64).
const SEGMENTS: usize = 64;
/// Bytes of one such call: what fits the length field of a UDP datagram, less the headers.
const SEGMENTED_BYTES: usize = 65_000;
/// Bytes that are kept between two rounds.
const KEPT_BYTES: usize = 1 << 20;

/// Datagrams on their way out, collected while a round of input is handled and sent in as few system calls as possible:
/// what goes to one peer lies in a chain of its own, so that packets of one size leave together (UDP GSO).
pub(super) struct Egress {
    bytes: Vec<u8>,
    datagrams: Vec<Datagram>,
    chains: Vec<Chain>,
    /// Chain of each lane, where it has one in this round.
    lanes: Vec<u32>,
    headers: MultiHeaders<SockaddrStorage>,
    singles: Vec<Single>,
    addresses: Vec<Option<SockaddrStorage>>,
    segmentation: bool,
}

/// Where a chain of datagrams goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Destination {
    pub(super) port: usize,
    pub(super) peer: SocketAddr,
}

struct Datagram {
    start: u32,
    end: u32,
    next: u32,
}

struct Chain {
    destination: Destination,
    first: u32,
    last: u32,
    lane: usize,
}

#[derive(Clone, Copy)]
struct Single {
    port: usize,
    peer: SocketAddr,
    start: u32,
    end: u32,
}

/// No datagram, no chain.
const NONE: u32 = u32::MAX;

impl Egress {
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            datagrams: Vec::new(),
            chains: Vec::new(),
            lanes: Vec::new(),
            headers: MultiHeaders::preallocate(BATCH, None),
            singles: Vec::with_capacity(BATCH),
            addresses: Vec::with_capacity(BATCH),
            segmentation: true,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.datagrams.is_empty()
    }

    /// Bytes that wait.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Where the next datagram is written: append it, then [`Egress::commit`] it.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Takes the datagram that is the end of the buffer, from `start` on. `lane` is a small number of the peer's own.
    pub(super) fn commit(&mut self, lane: usize, destination: Destination, start: usize) {
        let (Ok(start), Ok(end), Ok(index)) = (
            u32::try_from(start),
            u32::try_from(self.bytes.len()),
            u32::try_from(self.datagrams.len()),
        ) else {
            self.bytes.truncate(start);
            return;
        };
        self.datagrams.push(Datagram {
            start,
            end,
            next: NONE,
        });
        if self.lanes.len() <= lane {
            self.lanes.resize(lane + 1, NONE);
        }
        let at = self.lanes[lane];
        if let Some(chain) = self.chains.get_mut(at as usize)
            && chain.destination == destination
        {
            self.datagrams[chain.last as usize].next = index;
            chain.last = index;
            return;
        }
        self.lanes[lane] = u32::try_from(self.chains.len()).unwrap_or(NONE);
        self.chains.push(Chain {
            destination,
            first: index,
            last: index,
            lane,
        });
    }

    /// Sends all, and tells how many datagrams the system did not take.
    pub(super) fn flush(&mut self, ports: &[UdpPort]) -> usize {
        let mut lost = 0;
        for at in 0..self.chains.len() {
            let Chain {
                destination,
                first,
                lane,
                ..
            } = self.chains[at];
            self.lanes[lane] = NONE;
            lost += self.send_chain(ports, destination, first);
        }
        lost += self.send_singles(ports);
        self.chains.clear();
        self.datagrams.clear();
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BYTES);
        lost
    }

    fn send_chain(&mut self, ports: &[UdpPort], to: Destination, first: u32) -> usize {
        let mut lost = 0;
        let mut at = first;
        while let Some(head) = self.datagrams.get(at as usize) {
            let size = head.end - head.start;
            let mut slices = [IoSlice::new(&[]); SEGMENTS];
            let mut count = 0;
            let mut total = 0;
            let mut next = at;
            while count < SEGMENTS
                && let Some(datagram) = self.datagrams.get(next as usize)
            {
                let length = datagram.end - datagram.start;
                if length > size || total + length as usize > SEGMENTED_BYTES {
                    break;
                }
                slices[count] =
                    IoSlice::new(&self.bytes[datagram.start as usize..datagram.end as usize]);
                count += 1;
                total += length as usize;
                next = datagram.next;
                // Only the last may be shorter.
                if length < size {
                    break;
                }
            }
            if count <= 1 || !self.segmentation {
                let datagram = &self.datagrams[at as usize];
                let next = datagram.next;
                self.singles.push(Single {
                    port: to.port,
                    peer: to.peer,
                    start: datagram.start,
                    end: datagram.end,
                });
                if self.singles.len() == BATCH {
                    lost += self.send_singles(ports);
                }
                at = next;
                continue;
            }
            // What is to go alone goes first: datagrams of one peer keep their order.
            if self
                .singles
                .last()
                .is_some_and(|single| single.peer == to.peer)
            {
                lost += Self::send_many(
                    &mut self.headers,
                    &mut self.addresses,
                    &self.bytes,
                    &self.singles,
                    ports,
                );
                self.singles.clear();
            }
            match send_segmented(ports, to, &slices[..count], size) {
                Ok(()) => at = next,
                // A path without the offload: one by one from now on.
                Err(Errno::EIO | Errno::EINVAL) => self.segmentation = false,
                Err(_) => {
                    lost += count;
                    at = next;
                }
            }
        }
        lost
    }

    fn send_singles(&mut self, ports: &[UdpPort]) -> usize {
        let mut lost = 0;
        let mut from = 0;
        while let Some(first) = self.singles.get(from) {
            let alike = self.singles[from..]
                .iter()
                .take(BATCH)
                .take_while(|other| other.port == first.port)
                .count();
            lost += Self::send_many(
                &mut self.headers,
                &mut self.addresses,
                &self.bytes,
                &self.singles[from..from + alike],
                ports,
            );
            from += alike;
        }
        self.singles.clear();
        lost
    }

    fn send_many(
        headers: &mut MultiHeaders<SockaddrStorage>,
        addresses: &mut Vec<Option<SockaddrStorage>>,
        bytes: &[u8],
        singles: &[Single],
        ports: &[UdpPort],
    ) -> usize {
        let Some(fd) = singles
            .first()
            .and_then(|single| ports.get(single.port))
            .map(AsRawFd::as_raw_fd)
        else {
            return singles.len();
        };
        addresses.clear();
        addresses.extend(singles.iter().map(|single| Some(single.peer.into())));
        let mut slices = [[IoSlice::new(&[])]; BATCH];
        for (slice, single) in slices.iter_mut().zip(singles) {
            *slice = [IoSlice::new(
                &bytes[single.start as usize..single.end as usize],
            )];
        }
        let sent = sendmmsg(
            fd,
            headers,
            &slices[..singles.len()],
            &addresses[..],
            [],
            MsgFlags::empty(),
        );
        // The system stops at the first that it does not take. With its queue full there is no point in going on; otherwise
        // that one may be at fault, and the rest go one by one.
        let sent = match sent {
            Ok(sent) => sent.count(),
            Err(Errno::EAGAIN) => return singles.len(),
            Err(_) => 0,
        };
        let rest = singles.get(sent..).unwrap_or(&[]);
        rest.iter()
            .filter(|single| {
                let datagram = [IoSlice::new(
                    &bytes[single.start as usize..single.end as usize],
                )];
                send_one(fd, single.peer, &datagram, &[]).is_err()
            })
            .count()
    }
}

fn send_segmented(
    ports: &[UdpPort],
    to: Destination,
    slices: &[IoSlice<'_>],
    size: u32,
) -> Result<(), Errno> {
    let fd = ports
        .get(to.port)
        .map(AsRawFd::as_raw_fd)
        .ok_or(Errno::EBADF)?;
    let size = u16::try_from(size).map_err(|_| Errno::EMSGSIZE)?;
    send_one(
        fd,
        to.peer,
        slices,
        &[ControlMessage::UdpGsoSegments(&size)],
    )
}

fn send_one(
    fd: RawFd,
    peer: SocketAddr,
    slices: &[IoSlice<'_>],
    control: &[ControlMessage<'_>],
) -> Result<(), Errno> {
    let address = SockaddrStorage::from(peer);
    sendmsg(fd, slices, control, MsgFlags::empty(), Some(&address)).map(drop)
}
