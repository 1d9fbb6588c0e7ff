import type { ParticipantStatus, WireCall, WireParticipant } from "../../src/wire/types.js";

const AT = "2026-11-23T12:00:00.000Z";

/** Somebody in a call; a device only once they took it. */
export function person(
  userId: string,
  status: ParticipantStatus,
  more: Partial<WireParticipant> = {},
): WireParticipant {
  const present = ["accepted", "joined", "reconnecting"].includes(status);
  return {
    userId,
    name: userId.toUpperCase(),
    role: "participant",
    status,
    deviceId: present ? `device-of-${userId}` : null,
    media: { audio: present, video: present, screen: false },
    connectionQuality: null,
    invitedAt: AT,
    joinedAt: null,
    leftAt: null,
    leaveReason: null,
    handRaisedAt: null,
    ...more,
  };
}

/** A call; alice called bob unless told otherwise. */
export function wireCall(more: Partial<WireCall> = {}): WireCall {
  return {
    id: "call-1",
    version: 1,
    type: "video",
    status: "created",
    topology: "p2p",
    initiatorId: "alice",
    conversationId: null,
    metadata: {},
    createdAt: AT,
    ringDeadline: AT,
    answeredAt: null,
    startedAt: null,
    endedAt: null,
    durationMs: null,
    endReason: null,
    endedBy: null,
    sfuRoomId: null,
    recordingUrl: null,
    qualityStats: null,
    participants: [person("alice", "accepted", { role: "initiator" }), person("bob", "invited")],
    ...more,
  };
}
