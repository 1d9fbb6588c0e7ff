import type { RestApi } from "./rest.js";
import { ValueStore } from "./store.js";
import { recordingAbilitySchema } from "./wire/recording.js";
import { accepted } from "./wire/schema.js";
import type { FileUrl, Recording, RecordingAbility } from "./wire/types.js";

/** What recordings need of the server. */
export type RecordingsApi = Pick<
  RestApi,
  "config" | "deleteRecording" | "mixRecording" | "recording" | "recordingFileUrl" | "recordings"
>;

/**
 * Recordings of calls, running and done: for those who took part. Every method throws `CallError`
 * with the code of the refusal (`not_found`, `not_allowed`, `mixing_unavailable`, `recording_live`,
 * ...), `AuthenticationError` or `ConnectionError`.
 */
export class Recordings {
  /** What can be recorded; null until the server told, which it is asked once connected. */
  readonly ability = new ValueStore<RecordingAbility | null>(null);
  readonly #api: RecordingsApi;

  constructor(api: RecordingsApi) {
    this.#api = api;
  }

  /** All of a call, oldest first. */
  ofCall(callId: string): Promise<Recording[]> {
    return this.#api.recordings(callId);
  }

  get(recordingId: string): Promise<Recording> {
    return this.#api.recording(recordingId);
  }

  /**
   * Where a file can be played or, with `download`, kept: an absolute URL that whoever has it can open
   * until it expires. Ask for it when it is needed, and again when it has expired.
   */
  fileUrl(
    recordingId: string,
    fileId: string,
    { download = false }: { download?: boolean } = {},
  ): Promise<FileUrl> {
    return this.#api.recordingFileUrl(recordingId, fileId, download);
  }

  /** Asks for one file of the whole call, again where that failed; `get` tells how far it is. */
  mix(recordingId: string): Promise<Recording> {
    return this.#api.mixRecording(recordingId);
  }

  /** Deletes it with all its files, for good. For the initiator and moderators. */
  delete(recordingId: string): Promise<void> {
    return this.#api.deleteRecording(recordingId);
  }

  /** Asks what can be recorded, unless that is known. */
  async learn(): Promise<void> {
    if (this.ability.getSnapshot() !== null) return;
    const { recording } = await this.#api.config();
    this.ability.set(accepted(recordingAbilitySchema, recording) ?? null);
  }
}
