import {
  type Call,
  CallClient,
  type CallEvents,
  type CallRequest,
  type CallSnapshot,
  type ClientState,
  DeviceList,
  Emitter,
  type ParticipantSnapshot,
  ValueStore,
  type WireCall,
} from "call-client";
import { vi } from "vitest";

export function participant(change: Partial<ParticipantSnapshot> = {}): ParticipantSnapshot {
  return {
    userId: "ben",
    name: "Ben",
    role: "participant",
    status: "joined",
    stream: null,
    screenStream: null,
    screenAudioStream: null,
    media: { audio: true, video: true, screen: false },
    quality: null,
    connectionState: "connected",
    candidateType: null,
    figures: null,
    path: "p2p",
    streams: { video: null, screen: null },
    handRaisedAt: null,
    ...change,
  };
}

export function wireCall(change: Partial<WireCall> = {}): WireCall {
  const at = "2026-11-01T10:00:00.000Z";
  const person = (userId: string, name: string, role: "initiator" | "participant") => ({
    userId,
    name,
    role,
    status: "joined" as const,
    deviceId: null,
    media: { audio: true, video: true, screen: false },
    connectionQuality: null,
    invitedAt: at,
    joinedAt: at,
    leftAt: null,
    leaveReason: null,
    handRaisedAt: null,
  });
  return {
    id: "call-1",
    version: 1,
    type: "video",
    status: "active",
    topology: "p2p",
    initiatorId: "ada",
    conversationId: null,
    metadata: {},
    createdAt: at,
    ringDeadline: at,
    answeredAt: at,
    startedAt: at,
    endedAt: null,
    durationMs: null,
    endReason: null,
    endedBy: null,
    sfuRoomId: null,
    recording: null,
    recordingUrl: null,
    qualityStats: null,
    participants: [person("ada", "Ada", "initiator"), person("ben", "Ben", "participant")],
    ...change,
  };
}

export function snapshot(change: Partial<CallSnapshot> = {}): CallSnapshot {
  return {
    id: "call-1",
    type: "video",
    phase: "active",
    outgoing: true,
    ringing: false,
    group: false,
    wire: wireCall(),
    self: {
      audio: true,
      video: true,
      screen: false,
      localStream: null,
      screenStream: null,
      microphoneId: null,
      cameraId: null,
      videoPaused: false,
      errors: { microphone: null, camera: null, screen: null },
      mutedByModerator: { audio: false, video: false, screen: false },
    },
    participants: [participant()],
    startedAt: Date.now() - 5000,
    endedAt: null,
    endReason: null,
    quality: null,
    topology: "p2p",
    role: "initiator",
    moderator: true,
    handRaisedAt: null,
    activeSpeakers: [],
    reactions: [],
    handovers: [],
    recording: null,
    lastRecording: null,
    canRecord: false,
    ...change,
  };
}

/** A call whose state a test sets. */
export class FakeCall extends Emitter<CallEvents> implements Call {
  readonly state: ValueStore<CallSnapshot>;
  readonly levels = new ValueStore<ReadonlyMap<string, number>>(new Map());
  answer = vi.fn(async () => undefined);
  decline = vi.fn(async () => undefined);
  hangUp = vi.fn(async () => undefined);
  leave = vi.fn(async () => undefined);
  setMicrophone = vi.fn(async () => undefined);
  setCamera = vi.fn(async () => undefined);
  startScreenShare = vi.fn(async () => undefined);
  stopScreenShare = vi.fn(async () => undefined);
  switchMicrophone = vi.fn(async () => undefined);
  switchCamera = vi.fn(async () => undefined);
  setVideoPaused = vi.fn(async () => undefined);

  addParticipants = vi.fn(async () => undefined);
  remove = vi.fn(async () => undefined);
  muteParticipant = vi.fn(async () => undefined);
  setRole = vi.fn(async () => undefined);
  raiseHand = vi.fn(async () => undefined);
  react = vi.fn();
  setViews = vi.fn();
  sendMessage = vi.fn(() => true);
  startRecording = vi.fn(async () => undefined);
  stopRecording = vi.fn(async () => undefined);
  consentToRecording = vi.fn(async () => undefined);

  constructor(first: CallSnapshot) {
    super();
    this.state = new ValueStore(first);
  }
  get id(): string {
    return this.state.getSnapshot().id;
  }
  set(change: Partial<CallSnapshot>): void {
    this.state.patch(change);
  }
}

/** A client without a server. */
export class FakeClient extends CallClient {
  readonly stores = {
    state: new ValueStore<ClientState>({
      connection: "ready",
      attempt: 0,
      nextRetryAt: null,
      userId: "ada",
      deviceId: "device",
      error: null,
      online: [{ userId: "ben", name: "Ben" }],
    }),
    calls: new ValueStore<readonly Call[]>([]),
    incoming: new ValueStore<readonly Call[]>([]),
  };
  override call = vi.fn(async (_request: CallRequest): Promise<Call> => this.next);
  override open = vi.fn(async (_callId: string): Promise<Call> => this.next);
  next: Call = new FakeCall(snapshot());

  constructor() {
    super({ token: "none" });
  }
  override get state() {
    return this.stores.state;
  }
  override get calls() {
    return this.stores.calls;
  }
  override get incoming() {
    return this.stores.incoming;
  }
  end(call: FakeCall, change: Partial<CallSnapshot>): void {
    call.set({ phase: "ended", endedAt: Date.now(), ...change });
    this.stores.calls.set([]);
    this.stores.incoming.set([]);
    this.emit("ended", call);
  }
}

export function devices(): DeviceList {
  return new DeviceList({
    enumerateDevices: async () => [],
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  } as unknown as MediaDevices);
}
