import type { CallEvent, MediaState } from "call-client";
import { listOf } from "call-react";
import { words } from "../words.js";

const { events } = words;

/** Events that need nothing said but who. */
const sentences: Record<string, (who: string) => string> = {
  created: events.created,
  invited: events.invited,
  alerting: events.alerting,
  answered: events.answered,
  declined: events.declined,
  busy: events.busy,
  missed: events.missed,
  unreachable: events.unreachable,
  joined: events.joined,
  started: events.started,
  disconnected: events.disconnected,
  resumed: events.resumed,
  left: events.left,
  alone: events.alone,
  ended: events.ended,
  entered: events.entered,
  hand_raised: events.hand_raised,
  hand_lowered: events.hand_lowered,
};

/**
 * What happened, in words. A media change says only what differs from what was `before`; `faults` are
 * the words for what ends a recording.
 */
export function eventWords(
  event: CallEvent,
  nameOf: (userId: string) => string,
  before: MediaState,
  faults: Readonly<Record<string, string>> = {},
): string | null {
  const who = event.userId === null ? "" : nameOf(event.userId);
  const { data, type } = event;
  const by = typeof data.by === "string" ? nameOf(data.by) : null;
  switch (type) {
    case "media_changed":
      return mediaWords(who, data.media, before);
    // The same as "invited", once for each device.
    case "offered":
      return null;
    case "added":
      return by === null ? events.added(who) : events.addedBy(who, by);
    case "removed":
      return by === null ? events.removed(who) : events.removedBy(who, by);
    case "muted":
      return mutedWords(who, by, data.media, before);
    case "role_changed":
      return roleWords(who, by ?? "", data.role) ?? type;
    case "topology_changed":
      return topologyWords(data.topology) ?? type;
    case "recording_started":
      return who === "" ? events.recordingStartedByPolicy : events.recordingStarted(who);
    case "recording_stopped":
      return recordingEndWords(who, data.cause, faults);
    case "recording_consent":
      return typeof data.given === "boolean"
        ? events.recordingConsent[data.given ? "given" : "refused"](who)
        : type;
    default:
      return sentences[type]?.(who) ?? type;
  }
}

function mediaWords(who: string, media: unknown, before: MediaState): string | null {
  if (typeof media !== "object" || media === null) return null;
  const now = media as Record<string, unknown>;
  const said: string[] = [];
  if (now.audio !== before.audio) {
    said.push((now.audio === true ? events.unmuted : events.muted)(who));
  }
  if (now.video !== before.video) {
    said.push((now.video === true ? events.cameraOn : events.cameraOff)(who));
  }
  if (now.screen !== before.screen) {
    said.push((now.screen === true ? events.shared : events.unshared)(who));
  }
  return said.length === 0 ? null : said.join(", ");
}

/** What a moderator switched off. */
function mutedWords(
  who: string,
  by: string | null,
  media: unknown,
  before: MediaState,
): string | null {
  if (by === null || typeof media !== "object" || media === null) return events.muted(who);
  const now = media as Record<string, unknown>;
  const off = (["audio", "video", "screen"] as const).filter(
    (kind) => before[kind] && now[kind] === false,
  );
  if (off.length === 0) return null;
  return events.mutedBy(who, by, listOf(off.map((kind) => events.mutedWhat[kind])));
}

function roleWords(who: string, by: string, role: unknown): string | null {
  if (role !== "moderator" && role !== "participant") return null;
  return events.roleChanged[role](who, by);
}

/** Somebody stopped it, something went wrong, or (neither) the call ended. */
function recordingEndWords(
  who: string,
  cause: unknown,
  faults: Readonly<Record<string, string>>,
): string {
  if (who !== "") return events.recordingStopped(who);
  const why = typeof cause === "string" && Object.hasOwn(faults, cause) ? faults[cause] : cause;
  return typeof why === "string" ? events.recordingEndedBecause(why) : events.recordingEnded;
}

function topologyWords(topology: unknown): string | null {
  return topology === "sfu" || topology === "p2p" ? events.topology[topology] : null;
}
