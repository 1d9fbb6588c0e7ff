import { describe, expect, it } from "vitest";
import { slimAnswer } from "../src/answer-sdp.js";

const head = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE a 0\r\n";
const transport =
  "c=IN IP4 0.0.0.0\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\na=fingerprint:sha-256 AA\r\n";
const section = (mid: string, direction: string, kind = "video") =>
  `m=${kind} 9 UDP/TLS/RTP/SAVPF 96 97\r\n${transport}a=mid:${mid}\r\na=${direction}\r\n` +
  "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\na=rtcp-rsize\r\n";
const data = `m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n${transport}a=mid:d\r\n`;

const publish = ["a", "v"];
const sent = section("a", "sendonly", "audio") + section("v", "sendonly");

describe("an answer", () => {
  it("that is small is sent as it is", () => {
    const sdp = head + sent + data + section("0", "recvonly");
    expect(slimAnswer(sdp, publish)).toBe(sdp);
  });

  it("that is large says of what is received only that it is", () => {
    const received = Array.from({ length: 200 }, (_, i) =>
      section(String(i), i % 2 === 0 ? "recvonly" : "inactive"),
    );
    const slim = slimAnswer(head + sent + data + received.join(""), publish);
    expect(slim.startsWith(head + sent + data)).toBe(true);
    expect(slim.slice((head + sent + data).length, -1)).toContain(
      "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:0\r\na=recvonly\r\n" +
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:1\r\na=inactive\r\n",
    );
    expect(slim.match(/^m=/gm)).toHaveLength(203);
    expect(slim.length).toBeLessThan(16_000);
  });
});
