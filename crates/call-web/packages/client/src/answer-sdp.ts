// In a bundle (RFC 9143) every section repeats the transport, and a section that only receives
// repeats the codecs of the offer. With fifty people in a room that is more than a message takes, and
// nothing of it is news to the server: it made the offer.

/** Below this many characters an answer is sent as it is. */
const LARGE = 16_384;

/** What of a section that only receives is news. */
const NEWS = /^(m=|a=mid:|a=recvonly$|a=inactive$)/;

/** An answer without what repeats itself in sections other than those named by `keep` (mids). */
export function slimAnswer(sdp: string, keep: readonly string[]): string {
  if (sdp.length < LARGE) return sdp;
  const [head = "", ...sections] = sdp.split(/(?<=\r\n)(?=m=)/);
  return head + sections.map((section) => (kept(section, keep) ? section : slim(section))).join("");
}

function kept(section: string, keep: readonly string[]): boolean {
  if (section.startsWith("m=application")) return true;
  const mid = /^a=mid:(\S+)/m.exec(section)?.[1];
  return mid === undefined || keep.includes(mid);
}

function slim(section: string): string {
  const lines = section.split("\r\n").filter((line) => NEWS.test(line));
  return lines.map((line) => `${line}\r\n`).join("");
}
