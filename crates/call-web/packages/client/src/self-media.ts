import type { Environment } from "./environment.js";
import { LocalMedia } from "./media.js";
import { MediaReport } from "./media-report.js";
import type { MediaMemory } from "./memory.js";
import type { MediaState } from "./wire/types.js";

/** What the own media needs of its call. */
export interface SelfContext {
  callId: string;
  environment: Environment;
  memory: MediaMemory;
  /** Tells the server what is sent from now on. */
  report(change: Partial<MediaState>): Promise<void>;
  /** The tracks or the state are others. */
  changed(): void;
  /** A moderator switched this off here. */
  muted(what: MediaState): void;
}

/** What this device sends, what it remembers of that, and what the server is told and tells of it. */
export class SelfMedia {
  readonly devices: LocalMedia;
  readonly #context: SelfContext;
  readonly #report: MediaReport;
  #capturing = false;
  #inside = false;
  #closed = false;

  /** `devices` may be capturing already. */
  constructor(context: SelfContext, devices?: LocalMedia) {
    const { clock, mediaDevices } = context.environment;
    this.#context = context;
    this.devices = devices ?? new LocalMedia(mediaDevices);
    this.#report = new MediaReport(context.report, clock);
    this.devices.state.subscribe(() => {
      if (this.#closed) return;
      this.tell();
      context.changed();
    });
  }

  /** What is sent is told once it is known, not before the person allowed the devices. */
  whileCapturing(captured: Promise<void>): void {
    this.#capturing = true;
    captured.finally(() => {
      this.#capturing = false;
      this.tell();
    });
  }

  /** This device is in the call, and the server believes this of it. */
  enter(known: MediaState | undefined): void {
    this.#inside = true;
    if (known) this.#report.known(known);
  }

  /** The server says this of what is sent here. */
  told(media: MediaState): void {
    const off = this.#inside && !this.#closed ? this.#report.told(media) : null;
    if (off === null) return;
    this.devices.mute(off);
    this.#context.muted(off);
  }

  /** Tells what is sent. */
  tell(): void {
    if (this.#capturing || !this.#inside || this.#closed) return;
    const { audio, video, videoPaused, microphoneId, cameraId } = this.devices.state.getSnapshot();
    this.#context.memory.remember(this.#context.callId, {
      audio,
      video: video || videoPaused,
      ...(microphoneId === null ? {} : { microphoneId }),
      ...(cameraId === null ? {} : { cameraId }),
    });
    this.#report.report(this.devices.signalled());
  }

  /** Lets go of everything, for good. */
  close(): void {
    this.#closed = true;
    this.#report.stop();
    this.devices.release();
  }
}
