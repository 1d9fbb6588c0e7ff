// Who an offer or answer is from and for. A page that was reloaded has a new RTCPeerConnection and
// cannot go on with what its predecessor had agreed on; and what was said to the predecessor may
// still be on its way. So each description carries, as an attribute of the session, the id of the
// connection that made it, the id of the one it was made for (or `*`) and the number of the offer, which its answer
// repeats. A receiver that does not know the attribute ignores it (RFC 8866, section 5.13).

const NAME = "x-call-session";
const LINE = new RegExp(`^a=${NAME}:(\\S+) (\\S+) (\\d+)\\r?\\n`, "m");
const ORIGIN = /^o=\S+ (\d+) /m;
const WHOEVER = "*";

/** Who speaks to whom about which offer. */
export interface Mark {
  /** The connection that made it. */
  from: string;
  /** The connection it was made for; null for the first offer to whoever is there. */
  to: string | null;
  /** Number of the offer, of those that its connection made. */
  offer: number;
}

/** A description with its mark. */
export interface Marked extends Mark {
  sdp: string;
  /** False when the other side is no client of this package: then only `from` is known. */
  marked: boolean;
}

/** Adds the mark, before the first media section. */
export function mark(sdp: string, { from, to, offer }: Mark): string {
  const line = `a=${NAME}:${from} ${to ?? WHOEVER} ${offer}\r\n`;
  const media = sdp.search(/^m=/m);
  return media < 0 ? sdp + line : sdp.slice(0, media) + line + sdp.slice(media);
}

/** Takes the mark off. Without one, the session id of the `o=` line names the sender. */
export function readMark(sdp: string): Marked {
  const found = LINE.exec(sdp);
  if (found) {
    const [line, from = "", to = WHOEVER, offer] = found;
    return {
      sdp: sdp.replace(line, ""),
      from,
      to: to === WHOEVER ? null : to,
      offer: Number(offer),
      marked: true,
    };
  }
  return { sdp, from: ORIGIN.exec(sdp)?.[1] ?? "", to: null, offer: 0, marked: false };
}
