use super::incoming::ReportBlock;

/// Entries of a generic NACK at most: what fits a datagram.
const ENTRIES_MAX: usize = 253;
/// Report blocks of a packet at most: 5 bits.
const BLOCKS_MAX: usize = 31;

/// Appends a generic NACK (RFC 4585 section 6.2.1) for these sequence numbers, ascending, at most 253 entries of it: how
/// many of the numbers are in.
pub(crate) fn write_nack(
    out: &mut Vec<u8>,
    sender_ssrc: u32,
    media_ssrc: u32,
    sequence_numbers: &[u16],
) -> usize {
    let start = begin(out, 1, 205, sender_ssrc);
    out.extend_from_slice(&media_ssrc.to_be_bytes());
    let mut taken = 0;
    let mut entries = 0;
    while let Some(first) = sequence_numbers.get(taken)
        && entries < ENTRIES_MAX
    {
        taken += 1;
        let mut following: u16 = 0;
        while let Some(next) = sequence_numbers.get(taken) {
            let distance = next.wrapping_sub(*first);
            if !(1..=16).contains(&distance) {
                break;
            }
            following |= 1 << (distance - 1);
            taken += 1;
        }
        out.extend_from_slice(&first.to_be_bytes());
        out.extend_from_slice(&following.to_be_bytes());
        entries += 1;
    }
    finish(out, start);
    taken
}

/// Appends a Picture Loss Indication (RFC 4585 section 6.3.1).
pub(crate) fn write_pli(out: &mut Vec<u8>, sender_ssrc: u32, media_ssrc: u32) {
    let start = begin(out, 1, 206, sender_ssrc);
    out.extend_from_slice(&media_ssrc.to_be_bytes());
    finish(out, start);
}

/// Appends a Receiver Report with at most 31 blocks, and an SDES with the CNAME (RFC 3550 section 6.1).
pub(crate) fn write_receiver_report(
    out: &mut Vec<u8>,
    sender_ssrc: u32,
    blocks: &[ReportBlock],
    cname: &str,
) {
    let blocks = &blocks[..blocks.len().min(BLOCKS_MAX)];
    let count = u8::try_from(blocks.len()).unwrap_or(0);
    let start = begin(out, count, 201, sender_ssrc);
    for block in blocks {
        out.extend_from_slice(&block.ssrc.to_be_bytes());
        let [_, high, middle, low] = block.lost.clamp(-0x80_0000, 0x7f_ffff).to_be_bytes();
        out.extend_from_slice(&[block.fraction_lost, high, middle, low]);
        out.extend_from_slice(&block.highest_sequence.to_be_bytes());
        out.extend_from_slice(&block.jitter.to_be_bytes());
        out.extend_from_slice(&block.last_sender_report.to_be_bytes());
        out.extend_from_slice(&block.delay.to_be_bytes());
    }
    finish(out, start);
    write_description(out, sender_ssrc, cname);
}

/// Appends an SDES with a CNAME (RFC 3550 section 6.5.1).
pub(super) fn write_description(out: &mut Vec<u8>, ssrc: u32, cname: &str) {
    let start = begin(out, 1, 202, ssrc);
    let cname = &cname.as_bytes()[..cname.len().min(255)];
    out.extend_from_slice(&[1, u8::try_from(cname.len()).unwrap_or(0)]);
    out.extend_from_slice(cname);
    // The end of the items is at least one zero, up to a whole word.
    let end = (out.len() - start) / 4 * 4 + 4;
    out.resize(start + end, 0);
    finish(out, start);
}

/// Begins a packet: where it begins.
pub(super) fn begin(out: &mut Vec<u8>, count: u8, kind: u8, ssrc: u32) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0x80 | count, kind, 0, 0]);
    out.extend_from_slice(&ssrc.to_be_bytes());
    start
}

/// Writes the length of the packet that is the end of `out`, whole words.
pub(super) fn finish(out: &mut [u8], start: usize) {
    let words = (out.len() - start) / 4;
    let length = u16::try_from(words.saturating_sub(1)).unwrap_or(u16::MAX);
    out[start + 2..start + 4].copy_from_slice(&length.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::super::incoming::{Compound, Message};
    use super::*;

    #[test]
    fn a_nack_asks_for_what_it_was_given() {
        let wanted = [65_534, 65_535, 0, 14, 15, 16, 900];
        let mut out = Vec::new();
        assert_eq!(write_nack(&mut out, 1, 2, &wanted), wanted.len());
        let messages: Vec<_> = Compound::parse(&out).unwrap().collect();
        let [Message::Nack { ssrc: 2, packets }] = &messages[..] else {
            panic!("{messages:?}");
        };
        assert_eq!(packets.clone().collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn a_nack_has_a_length_that_a_datagram_takes() {
        let wanted: Vec<u16> = (0..2000).map(|number| number * 30).collect();
        let mut out = Vec::new();
        assert_eq!(write_nack(&mut out, 1, 2, &wanted), ENTRIES_MAX);
        assert!(out.len() <= 1024);
    }

    #[test]
    fn reports_read_as_they_were_written() {
        let block = ReportBlock {
            ssrc: 7,
            fraction_lost: 3,
            lost: -5,
            highest_sequence: 0x1_0002,
            jitter: 99,
            last_sender_report: 0xdead_beef,
            delay: 65_536,
        };
        let mut out = Vec::new();
        write_receiver_report(&mut out, 1, &[block], "cname");
        write_pli(&mut out, 1, 7);
        let messages: Vec<_> = Compound::parse(&out).unwrap().collect();
        let [
            Message::ReceiverReport { reports },
            Message::KeyFrameRequest { ssrc: 7 },
        ] = &messages[..]
        else {
            panic!("{messages:?}");
        };
        assert_eq!(reports.clone().collect::<Vec<_>>(), [block]);
    }
}
