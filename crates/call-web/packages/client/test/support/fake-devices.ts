import { FakeStream, FakeTrack } from "./fake-connection.js";

type Source = "audio" | "video" | "screen";

/** `navigator.mediaDevices` with a microphone, a camera and a screen; each may be made to fail. */
export class FakeDevices extends EventTarget {
  readonly fails: Partial<Record<Source, string>> = {};
  readonly asked: MediaStreamConstraints[] = [];
  readonly tracks: FakeTrack[] = [];
  devices: Partial<MediaDeviceInfo>[] = [];
  /** While set, the person thinks about the permission. */
  asking: Promise<void> | null = null;

  async getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream> {
    this.asked.push(constraints);
    await this.asking;
    const kinds = (["audio", "video"] as const).filter((kind) => constraints[kind]);
    for (const kind of kinds) this.#failIf(kind);
    return this.#stream(
      kinds.map((kind) => {
        const wanted = constraints[kind] as MediaTrackConstraints;
        const exact = (wanted.deviceId as ConstrainDOMStringParameters | undefined)?.exact;
        return new FakeTrack(kind, typeof exact === "string" ? exact : `${kind}-device`);
      }),
    );
  }

  async getDisplayMedia(): Promise<MediaStream> {
    this.#failIf("screen");
    return this.#stream([new FakeTrack("video", "screen"), new FakeTrack("audio", "screen")]);
  }

  async enumerateDevices(): Promise<MediaDeviceInfo[]> {
    return this.devices as MediaDeviceInfo[];
  }

  /** Tracks that still hold a device. */
  get live(): FakeTrack[] {
    return this.tracks.filter((track) => track.readyState === "live");
  }

  #failIf(source: Source): void {
    const name = this.fails[source];
    if (name !== undefined) throw new DOMException("refused", name);
  }

  #stream(tracks: FakeTrack[]): MediaStream {
    this.tracks.push(...tracks);
    return new FakeStream(tracks) as unknown as MediaStream;
  }
}

export const asDevices = (devices: FakeDevices) => devices as unknown as MediaDevices;
