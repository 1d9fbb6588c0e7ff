import type { CallEvent, MediaState } from "call-client";
import { words } from "../words.js";

const sentences: Record<string, (who: string) => string> = words.events;

/** What happened, in words. A media change says only what differs from what was `before`. */
export function eventWords(
  event: CallEvent,
  nameOf: (userId: string) => string,
  before: MediaState,
): string | null {
  const who = event.userId === null ? "" : nameOf(event.userId);
  if (event.type === "media_changed") return mediaWords(who, event.data.media, before);
  // The same as "invited", once for each device.
  if (event.type === "offered") return null;
  return sentences[event.type]?.(who) ?? event.type;
}

function mediaWords(who: string, media: unknown, before: MediaState): string | null {
  if (typeof media !== "object" || media === null) return null;
  const now = media as Record<string, unknown>;
  const said: string[] = [];
  if (now.audio !== before.audio) {
    said.push((now.audio === true ? words.events.unmuted : words.events.muted)(who));
  }
  if (now.video !== before.video) {
    said.push((now.video === true ? words.events.cameraOn : words.events.cameraOff)(who));
  }
  if (now.screen !== before.screen) {
    said.push((now.screen === true ? words.events.shared : words.events.unshared)(who));
  }
  return said.length === 0 ? null : said.join(", ");
}
