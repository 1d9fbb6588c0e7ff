import type { MediaChoice } from "./options.js";
import type { CallSnapshot, Handover, PictureKind, Reaction } from "./snapshot.js";
import type { Store } from "./store.js";
import type { RecordingMode } from "./wire/types.js";

/** A picture that is on the screen. */
export interface PictureView {
  userId: string;
  source: PictureKind;
  /** Of the picture on the screen, in device pixels (CSS pixels times `devicePixelRatio`). */
  width: number;
  height: number;
  /** It comes first where not everything fits. */
  pinned?: boolean;
}

/** Things of a participant that a moderator may switch off. */
export interface MuteRequest {
  audio?: true;
  video?: true;
  screen?: true;
}

/** Events of a `Call`. */
export type CallEvents = {
  /** Somebody, or I, threw in an emoji. */
  reaction: [reaction: Reaction];
  /** The media of a participant takes another way from now on. */
  handover: [handover: Handover];
  /** A moderator switched these off here. */
  muted: [what: { audio: boolean; video: boolean; screen: boolean }];
  /** Somebody sent this with `sendMessage`. */
  message: [message: { userId: string; data: string }];
};

/** One call, as this device takes part in it. Made by `CallClient`. */
export interface Call {
  readonly id: string;
  readonly state: Store<CallSnapshot>;
  /**
   * Loudness by user id, 0 to 1, at most ten times a second; my own included. Measured only while
   * somebody subscribes.
   */
  readonly levels: Store<ReadonlyMap<string, number>>;
  /** Takes the call on this device. A device that cannot be captured does not fail it. */
  answer(media?: MediaChoice): Promise<void>;
  /** Refuses it on all my devices. */
  decline(reason?: "declined" | "busy"): Promise<void>;
  /** Ends it: in a group for everybody when I began it, else only my part. */
  hangUp(): Promise<void>;
  /** Leaves; the others go on. */
  leave(): Promise<void>;
  /** Resolves when done; a refusal of the device is thrown and shown in `self.errors`. */
  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  /** Call it directly from a click. With the sound of what is shared, where the browser can. */
  startScreenShare(): Promise<void>;
  stopScreenShare(): Promise<void>;
  switchMicrophone(deviceId: string): Promise<void>;
  switchCamera(deviceId: string): Promise<void>;
  /** Stops sending the camera for a while without switching it off (the tab is hidden, ...). */
  setVideoPaused(paused: boolean): Promise<void>;
  /** Calls `listener` at each event of that name; returns what ends that. */
  on<K extends keyof CallEvents>(name: K, listener: (...args: CallEvents[K]) => void): () => void;

  // Groups. What the right is missing for is thrown as a `CallError` with the code `not_allowed`.

  /** Calls more people into it; a call of two becomes a group. */
  addParticipants(userIds: readonly string[]): Promise<void>;
  /** Puts somebody out. For the initiator and moderators. */
  remove(userId: string): Promise<void>;
  /** Switches somebody's microphone, camera or screen off; they may switch it on again. */
  muteParticipant(userId: string, what: MuteRequest): Promise<void>;
  setRole(userId: string, role: "moderator" | "participant"): Promise<void>;
  raiseHand(raised: boolean): Promise<void>;
  /** Throws an emoji in, 32 bytes at most. */
  react(reaction: string): void;
  /**
   * Says which pictures are on the screen, and how large: whatever is not listed need not come. May be
   * called at every change of the layout; until it is called, every picture comes at a medium size.
   */
  setViews(views: readonly PictureView[]): void;
  /**
   * Sends text, 16 KiB at most, to everybody else, fast and in order, but without a promise that it
   * arrives. False when there is no SFU or too much waits to be sent.
   */
  sendMessage(data: string): boolean;

  // Recording. Refusals are thrown as a `CallError`: `recording_forbidden`, `recording_unavailable`,
  // `mixing_unavailable`, `already_recording`, `not_recording`, `not_asked`, `not_answered`.

  /**
   * Has it recorded on the server, for everybody to see and hear; a call from device to device goes to
   * the SFU first. For the initiator and moderators. Default: `tracks`.
   */
  startRecording(request?: { mode?: RecordingMode }): Promise<void>;
  stopRecording(): Promise<void>;
  /** Says whether I may be recorded, from now on; may be changed at any time. */
  consentToRecording(given: boolean): Promise<void>;
}
