import type { WireCall } from "call-client";

/** Whether this device may take part in a live call: it is in it already, or nobody answered for me. */
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
      return call.participants.length > 2;
    case "accepted":
    case "joined":
    case "reconnecting":
      return mine.deviceId === deviceId;
    case "left":
    case "cancelled":
    case "removed":
    case "failed":
    case undefined:
      return false;
  }
}
