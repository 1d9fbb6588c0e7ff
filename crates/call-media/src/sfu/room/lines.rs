use crate::sfu::VideoCodec;
use crate::sfu::sdp::{LineCodec, SendLine};

/// The lines of an offer on which a peer gets something. A line never goes away and never changes its kind; one that is free is
/// used again, so that offers do not grow for ever.
#[derive(Debug, Default)]
pub(super) struct Lines {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    send: SendLine,
    /// The down stream that has it.
    down: Option<usize>,
}

/// Lines with pictures at most: what a screen shows, and some to page with. Beyond them the one that was not looked at for longest gives
/// way.
pub(super) const VIDEO_LINES_MAX: usize = 24;
/// Lines with sound at most: everybody else in a full room, and what is shared.
pub(super) const AUDIO_LINES_MAX: usize = 120;

impl Lines {
    /// Gives a down stream a line, if there is one left: its number.
    pub(super) fn assign(&mut self, down: usize, send: SendLine) -> Option<usize> {
        let video = is_video(&send);
        let free = self
            .lines
            .iter()
            .position(|line| line.down.is_none() && is_video(&line.send) == video);
        if let Some(at) = free {
            self.lines[at] = Line {
                send,
                down: Some(down),
            };
            return Some(at);
        }
        let most = if video {
            VIDEO_LINES_MAX
        } else {
            AUDIO_LINES_MAX
        };
        let of_kind = self
            .lines
            .iter()
            .filter(|line| is_video(&line.send) == video);
        if of_kind.count() >= most {
            return None;
        }
        self.lines.push(Line {
            send,
            down: Some(down),
        });
        Some(self.lines.len() - 1)
    }

    /// Its down stream is gone.
    pub(super) fn free(&mut self, at: usize) {
        if let Some(line) = self.lines.get_mut(at) {
            line.down = None;
            line.send.active = false;
        }
    }

    /// The down streams that have a line, with its number.
    pub(super) fn in_use(&self) -> impl Iterator<Item = (usize, usize)> {
        self.lines
            .iter()
            .enumerate()
            .filter_map(|(at, line)| Some((at, line.down?)))
    }

    /// For the offer.
    pub(super) fn to_send(&self) -> Vec<SendLine> {
        self.lines.iter().map(|line| line.send.clone()).collect()
    }
}

fn is_video(send: &SendLine) -> bool {
    match send.codec {
        LineCodec::Audio => false,
        LineCodec::Video(
            VideoCodec::Vp8 | VideoCodec::Vp9 | VideoCodec::H264 | VideoCodec::Av1,
        ) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(codec: LineCodec, ssrc: u32) -> SendLine {
        SendLine {
            codec,
            active: true,
            ssrc,
            rtx_ssrc: None,
            stream_id: "stream".to_owned(),
            track_id: "track".to_owned(),
            cname: "cname".to_owned(),
        }
    }

    const VIDEO: LineCodec = LineCodec::Video(VideoCodec::Vp8);

    #[test]
    fn a_free_line_is_used_again_for_its_kind_only() {
        let mut lines = Lines::default();
        assert_eq!(lines.assign(1, line(LineCodec::Audio, 1)), Some(0));
        assert_eq!(lines.assign(2, line(VIDEO, 2)), Some(1));
        lines.free(0);
        assert_eq!(lines.assign(3, line(VIDEO, 3)), Some(2));
        assert_eq!(lines.assign(4, line(LineCodec::Audio, 4)), Some(0));
        assert_eq!(lines.to_send()[0].ssrc, 4);
        assert_eq!(lines.in_use().collect::<Vec<_>>(), [(0, 4), (1, 2), (2, 3)]);
    }

    #[test]
    fn a_freed_line_stays_in_the_offer_and_is_not_active() {
        let mut lines = Lines::default();
        lines.assign(1, line(VIDEO, 1));
        lines.free(0);
        assert_eq!(lines.to_send().len(), 1);
        assert!(!lines.to_send()[0].active);
        assert_eq!(lines.in_use().count(), 0);
    }

    #[test]
    fn lines_are_bounded() {
        let mut lines = Lines::default();
        for down in 0..VIDEO_LINES_MAX {
            assert!(lines.assign(down, line(VIDEO, 0)).is_some());
        }
        assert_eq!(lines.assign(99, line(VIDEO, 0)), None);
        assert!(lines.assign(100, line(LineCodec::Audio, 0)).is_some());
    }
}
