use proptest::prelude::*;

use crate::sfu::transport::handshake::{ContentType, Inbox, plain_record, records};

const HELLO: u8 = 1;
const CERTIFICATE: u8 = 11;

fn fragment(kind: u8, sequence: u16, body: &[u8], from: usize, to: usize) -> Vec<u8> {
    let u24 = |number: usize| (number as u32).to_be_bytes()[1..].to_vec();
    [
        vec![kind],
        u24(body.len()),
        sequence.to_be_bytes().to_vec(),
        u24(from),
        u24(to - from),
        body[from..to].to_vec(),
    ]
    .concat()
}

fn whole(kind: u8, sequence: u16, body: &[u8]) -> Vec<u8> {
    fragment(kind, sequence, body, 0, body.len())
}

fn bodies(messages: &[crate::sfu::transport::handshake::Message]) -> Vec<&[u8]> {
    messages
        .iter()
        .map(|message| &message.bytes[12..])
        .collect()
}

#[test]
fn fragments_of_several_messages_in_one_record_are_told_apart() {
    let (one, two) = (vec![1; 300], vec![2; 40]);
    let mut inbox = Inbox::default();
    let first = inbox.take(&fragment(CERTIFICATE, 0, &one, 0, 200));
    assert!(first.messages.is_empty() && !first.is_refused);
    let rest = [
        fragment(CERTIFICATE, 0, &one, 200, 300),
        whole(16, 1, &two),
        whole(15, 2, &[]),
    ];
    let taken = inbox.take(&rest.concat());
    assert_eq!(bodies(&taken.messages), [&one[..], &two, &[]]);
    assert_eq!(taken.messages[0].bytes, whole(CERTIFICATE, 0, &one));
}

#[test]
fn a_repeated_hello_is_noticed_as_long_as_it_is_the_latest() {
    let mut inbox = Inbox::default();
    inbox.take(&whole(HELLO, 0, b"one"));
    assert!(inbox.take(&whole(HELLO, 0, b"one")).is_hello_repeated);
    inbox.take(&whole(HELLO, 1, b"two"));
    assert!(inbox.take(&whole(HELLO, 1, b"two")).is_hello_repeated);
    assert!(!inbox.take(&whole(HELLO, 0, b"one")).is_hello_repeated);
    inbox.take(&whole(CERTIFICATE, 2, b"three"));
    assert!(!inbox.take(&whole(HELLO, 1, b"two")).is_hello_repeated);
}

#[test]
fn what_no_client_sends_is_refused() {
    for bad in [
        whole(2, 0, b"a server's hello"),
        whole(20, 0, b"an end in clear"),
        whole(HELLO, 4, b"too far ahead"),
        fragment(HELLO, 0, &vec![0; 9000], 0, 10),
        whole(HELLO, 0, b"cut off")[..15].to_vec(),
        vec![1; 5],
    ] {
        let taken = Inbox::default().take(&bad);
        assert!(taken.is_refused && taken.messages.is_empty(), "{bad:?}");
    }
    let mut changing = Inbox::default();
    changing.take(&fragment(HELLO, 0, &[0; 100], 0, 10));
    assert!(
        changing
            .take(&fragment(HELLO, 0, &[0; 90], 0, 10))
            .is_refused
    );
    let mut outside = fragment(HELLO, 0, &[0; 100], 90, 100);
    outside[8] = 95;
    assert!(Inbox::default().take(&outside).is_refused);
}

#[test]
fn a_handshake_does_not_go_on_for_ever() {
    let mut inbox = Inbox::default();
    let messages: usize = (0..1000)
        .map(|sequence| inbox.take(&whole(HELLO, sequence, b"again")).messages.len())
        .sum();
    assert_eq!(messages, 12);
}

#[test]
fn records_are_told_apart_until_one_is_malformed() {
    let plain = plain_record(ContentType::Handshake, 5, b"body");
    let mut sealed = plain_record(ContentType::ApplicationData, 6, b"sealed");
    sealed[4] = 1;
    let datagram = [plain.clone(), sealed.clone(), vec![22, 0xfe, 0xfd]].concat();
    let read: Vec<_> = records(&datagram).collect();
    assert_eq!(read.len(), 3);
    let [Ok(first), Ok(second), Err(())] = read[..] else {
        panic!("two records and a rest: {read:?}");
    };
    assert_eq!(
        (first.epoch, first.whole, first.body),
        (0, &plain[..], &b"body"[..])
    );
    assert_eq!(
        (second.epoch, second.content_type),
        (1, ContentType::ApplicationData)
    );

    let many = plain.repeat(100);
    assert_eq!(records(&many).count(), 16);
    assert_eq!(records(&[]).count(), 0);
}

#[test]
fn the_profiles_of_a_hello_are_found() {
    let extension = |kind: u16, value: &[u8]| {
        let length = value.len() as u16;
        [&kind.to_be_bytes()[..], &length.to_be_bytes(), value].concat()
    };
    let extensions = [
        extension(10, &[0, 2, 0, 29]),
        extension(14, &[0, 4, 0, 7, 0, 1, 0]),
    ]
    .concat();
    let mut body = vec![0xfe, 0xfd];
    body.extend_from_slice(&[9; 32]);
    body.extend_from_slice(&[0, 2, 5, 5, 0, 2, 0xc0, 0x2b, 1, 0]);
    body.extend_from_slice(&(extensions.len() as u16).to_be_bytes());
    body.extend_from_slice(&extensions);
    let mut inbox = Inbox::default();
    let taken = inbox.take(&whole(HELLO, 0, &body));
    assert_eq!(taken.messages[0].srtp_profiles(), [7, 1]);
    for end in 0..body.len() {
        let cut = Inbox::default().take(&whole(HELLO, 0, &body[..end]));
        assert!(cut.messages[0].srtp_profiles().is_empty());
    }
}

proptest! {
    /// Messages arrive whole and in order, in whatever pieces, order and number.
    #[test]
    fn messages_arrive_whole_and_in_order(
        lengths in proptest::collection::vec(0..600_usize, 1..4),
        cuts in proptest::collection::vec(1..200_usize, 4),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 60),
    ) {
        let kinds = [HELLO, CERTIFICATE, 16, 15];
        let messages: Vec<Vec<u8>> = lengths.iter().enumerate().map(|(at, length)| vec![at as u8 + 1; *length]).collect();
        let mut pieces = Vec::new();
        for (at, body) in messages.iter().enumerate() {
            let mut from = 0;
            loop {
                let to = (from + cuts[at]).min(body.len());
                pieces.push(fragment(kinds[at], at as u16, body, from, to));
                if to == body.len() { break; }
                from = to;
            }
        }
        let mut inbox = Inbox::default();
        let mut arrived: Vec<Vec<u8>> = Vec::new();
        let shuffled = order.iter().map(|index| index.get(&pieces)).chain(&pieces);
        for piece in shuffled {
            let taken = inbox.take(piece);
            prop_assert!(!taken.is_refused);
            arrived.extend(bodies(&taken.messages).into_iter().map(<[u8]>::to_vec));
        }
        prop_assert_eq!(arrived, messages);
    }

    #[test]
    fn garbage_breaks_nothing(bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..100), 0..30)) {
        let mut inbox = Inbox::default();
        for body in &bodies {
            for message in inbox.take(body).messages {
                message.srtp_profiles();
            }
            let _ = records(body).count();
        }
    }
}
