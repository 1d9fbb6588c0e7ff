//! The least that forwarding costs: what comes in by UDP is encrypted anew for each receiver with AES-128-GCM and sent with
//! `sendmmsg`. The limit that the SFU is held to.
//!
//! `bare_forward <own address> <receiver address>...` prints the port that it listens on. No ICE, no DTLS, no RTP: bytes in, bytes out.

use std::io::{IoSlice, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use anyhow::Context;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, sendmmsg};
use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSockRef, UdpSocketState};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// Bytes that are sent in the clear: an RTP header with its extensions.
const HEADER: usize = 28;
/// Datagrams for one system call.
const BATCH: usize = 64;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let own: IpAddr = arguments.next().context("an address")?.parse()?;
    let receivers = arguments
        .map(|address| address.parse())
        .collect::<Result<Vec<SocketAddr>, _>>()?;
    let keys = (0..receivers.len())
        .map(|number| {
            let mut key = [7; 16];
            key[0] = u8::try_from(number % 256).unwrap_or(0);
            let key = UnboundKey::new(&AES_128_GCM, &key).map_err(|_| anyhow::anyhow!("a key"))?;
            Ok(LessSafeKey::new(key))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let socket = UdpSocket::bind((own, 0))?;
    let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
    socket.set_nonblocking(false)?;
    println!("{}", socket.local_addr()?.port());
    let mut buffers = vec![vec![0; 64 << 10]; BATCH_SIZE];
    let mut metas = [RecvMeta::default(); BATCH_SIZE];
    let mut out = Vec::new();
    let mut ends: Vec<(usize, SocketAddr)> = Vec::new();
    let mut headers = MultiHeaders::<SockaddrStorage>::preallocate(BATCH, None);
    let mut count: u64 = 0;
    loop {
        let received = {
            let mut slices: Vec<IoSliceMut<'_>> = buffers
                .iter_mut()
                .map(|buffer| IoSliceMut::new(buffer))
                .collect();
            state.recv(UdpSockRef::from(&socket), &mut slices, &mut metas)?
        };
        for (meta, buffer) in metas.iter().zip(&buffers).take(received) {
            for packet in buffer[..meta.len].chunks(meta.stride.max(1)) {
                for (receiver, key) in receivers.iter().zip(&keys) {
                    count += 1;
                    seal(&mut out, packet, key, count)?;
                    ends.push((out.len(), *receiver));
                    if ends.len() == BATCH {
                        send(&socket, &mut headers, &mut out, &mut ends);
                    }
                }
            }
        }
        send(&socket, &mut headers, &mut out, &mut ends);
    }
}

fn seal(out: &mut Vec<u8>, packet: &[u8], key: &LessSafeKey, count: u64) -> anyhow::Result<()> {
    let start = out.len();
    out.extend_from_slice(packet);
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&count.to_be_bytes());
    let (header, payload) = out[start..].split_at_mut(HEADER.min(packet.len()));
    let tag = key
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(&*header),
            payload,
        )
        .map_err(|_| anyhow::anyhow!("encrypting"))?;
    out.extend_from_slice(tag.as_ref());
    Ok(())
}

fn send(
    socket: &UdpSocket,
    headers: &mut MultiHeaders<SockaddrStorage>,
    out: &mut Vec<u8>,
    ends: &mut Vec<(usize, SocketAddr)>,
) {
    let mut start = 0;
    let mut slices = Vec::with_capacity(ends.len());
    let mut addresses = Vec::with_capacity(ends.len());
    for (end, receiver) in ends.iter() {
        slices.push([IoSlice::new(&out[start..*end])]);
        addresses.push(Some(SockaddrStorage::from(*receiver)));
        start = *end;
    }
    if !slices.is_empty() {
        // What the system does not take is lost, as it would be for the SFU.
        let _ = sendmmsg(
            socket.as_raw_fd(),
            headers,
            &slices,
            &addresses,
            [],
            MsgFlags::empty(),
        );
    }
    out.clear();
    ends.clear();
}
