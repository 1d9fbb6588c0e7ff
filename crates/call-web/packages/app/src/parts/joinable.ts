import type { WireCall } from "call-client";

/** Whether the call is one of more than two people that goes on. */
export function isLiveGroup(call: WireCall): boolean {
  return call.status !== "ended" && call.participants.length > 2;
}

/**
 * Whether this device may take part in a live call: it is in it already, nobody answered for me, or
 * it is a group that goes on without me.
 */
export function isJoinable(call: WireCall, me: string | null, deviceId: string | null): boolean {
  if (call.status === "ended") return false;
  const mine = call.participants.find((person) => person.userId === me);
  switch (mine?.status) {
    case "invited":
    case "alerting":
      return true;
    case "missed":
    case "declined":
    case "unreachable":
    case "busy":
    case "left":
    case "cancelled":
    case "failed":
      return isLiveGroup(call);
    case "accepted":
    case "joined":
    case "reconnecting":
      return mine.deviceId === deviceId;
    case "removed":
    case undefined:
      return false;
  }
}
