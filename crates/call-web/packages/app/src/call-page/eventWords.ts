import type { CallEvent } from "call-client";
import { words } from "../words.js";

const sentences: Record<string, (who: string) => string> = words.events;

/** What happened, in words. A media change says only what differs from the last one. */
export function eventWords(
  event: CallEvent,
  nameOf: (userId: string) => string,
  before: Readonly<Record<string, unknown>> | null,
): string | null {
  const who = event.userId === null ? "" : nameOf(event.userId);
  if (event.type === "media_changed") return mediaWords(who, event.data.media, before);
  // The same as "invited", once for each device.
  if (event.type === "offered") return null;
  return sentences[event.type]?.(who) ?? event.type;
}

function mediaWords(
  who: string,
  media: unknown,
  before: Readonly<Record<string, unknown>> | null,
): string | null {
  if (typeof media !== "object" || media === null) return null;
  const now = media as Record<string, unknown>;
  const then = before ?? { audio: true, video: now.video, screen: false };
  const said: string[] = [];
  if (now.audio !== then.audio) {
    said.push((now.audio === true ? words.events.unmuted : words.events.muted)(who));
  }
  if (now.video !== then.video) {
    said.push((now.video === true ? words.events.cameraOn : words.events.cameraOff)(who));
  }
  if (now.screen !== then.screen) {
    said.push((now.screen === true ? words.events.shared : words.events.unshared)(who));
  }
  return said.length === 0 ? null : said.join(", ");
}
