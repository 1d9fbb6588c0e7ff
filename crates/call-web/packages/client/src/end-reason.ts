import type { CallError } from "./errors.js";
import type { CallEndReason } from "./snapshot.js";
import type { EndReason, WireCall, WireParticipant } from "./wire/types.js";

/** What the server will say when I end the call as it stands. */
export function reasonToEnd(wire: WireCall, selfId: string): EndReason {
  if (wire.status === "active") return "completed";
  return wire.initiatorId === selfId ? "cancelled" : "declined";
}

/** Why I am out of a call that goes on. */
export function outReason(me: WireParticipant | undefined): CallEndReason {
  if (me?.status === "removed") return "removed";
  const reason = me?.leaveReason;
  return reason === "connection_lost" || reason === "connect_failed" ? reason : "left";
}

/** The answer came too late: another device took the call (409), or it is over (410). */
export function isLost(error: CallError): boolean {
  return error.status === 410 || error.code === "answered_elsewhere";
}
