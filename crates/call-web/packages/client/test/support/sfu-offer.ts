import type { MediaOffer } from "../../src/sfu-session.js";
import type { MediaSource } from "../../src/wire/types.js";

export const PUBLISH = { audio: "a", video: "v", screen: "s", screenAudio: "sa" };

const KINDS: Record<MediaSource, string> = {
  audio: "audio",
  video: "video",
  screen: "video",
  screenAudio: "audio",
};

/** What comes to a device: `["bob", "audio"]` is its first line, and so on. */
export type Line = readonly [userId: string, source: MediaSource] | null;

/** An offer of an SFU; lines that carry nothing (any more) are null. */
export function sfuOffer(
  lines: readonly Line[] = [],
  more: Partial<MediaOffer> & { ufrag?: string; kinds?: readonly string[] } = {},
): MediaOffer {
  const { ufrag = "server", kinds = [], ...rest } = more;
  const rids = (names: string[]) => names.map((rid) => `a=rid:${rid} recv\r\n`).join("");
  const section = (kind: string, mid: string, body = "") =>
    `m=${kind} 9 UDP/TLS/RTP/SAVPF 96\r\na=ice-ufrag:${ufrag}\r\na=mid:${mid}\r\n${body}`;
  const sdp = [
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n",
    section("audio", "a"),
    section("video", "v", rids(["q", "h", "f"])),
    section("video", "s", rids(["h", "f"])),
    section("audio", "sa"),
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:d\r\n",
    ...lines.map((line, i) => section(kinds[i] ?? KINDS[line?.[1] ?? "video"], String(i))),
  ].join("");
  return {
    type: "media:offer",
    callId: "call-1",
    session: "session-1",
    revision: 1,
    sdp,
    publish: PUBLISH,
    tracks: lines.flatMap((line, i) =>
      line ? [{ mid: String(i), userId: line[0], source: line[1] }] : [],
    ),
    ...rest,
  };
}
