import { beforeEach, describe, expect, it, vi } from "vitest";
import { claimDeviceId } from "../src/device-id.js";
import { DeviceList } from "../src/devices.js";
import { browserEnvironment } from "../src/environment.js";
import { DeviceNotFoundError, InsecureContextError } from "../src/errors.js";
import { LocalMedia } from "../src/media.js";
import { MediaMemory } from "../src/memory.js";
import { installMedia } from "./support/fake-connection.js";
import { asDevices, FakeDevices } from "./support/fake-devices.js";

let devices: FakeDevices;
let media: LocalMedia;

beforeEach(() => {
  installMedia();
  sessionStorage.clear();
  devices = new FakeDevices();
  media = new LocalMedia(asDevices(devices));
});

const self = () => media.state.getSnapshot();

describe("capturing", () => {
  it("asks the person once for both", async () => {
    await media.capture({ audio: true, video: true });
    expect(devices.asked).toHaveLength(1);
    expect(self()).toMatchObject({ audio: true, video: true });
    expect(self().localStream?.getTracks()).toHaveLength(2);
  });

  it("on an insecure page says so", async () => {
    media = new LocalMedia(undefined);
    await media.capture({ audio: true, video: true });
    expect(self().errors.microphone).toBeInstanceOf(InsecureContextError);
    expect(self().errors.camera).toBeInstanceOf(InsecureContextError);
    await expect(media.startScreenShare()).rejects.toBeInstanceOf(InsecureContextError);
  });

  it("falls back to the system's choice when the remembered device is gone", async () => {
    const constrained = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (constraints) => {
      if (JSON.stringify(constraints).includes("unplugged")) {
        throw new DOMException("gone", "OverconstrainedError");
      }
      return constrained(constraints);
    };
    await media.capture({ audio: true, video: false, microphoneId: "unplugged" });
    expect(self()).toMatchObject({ audio: true, errors: { microphone: null } });
  });
});

describe("switching", () => {
  beforeEach(() => media.capture({ audio: true, video: true }));

  it("a microphone off keeps it, a camera off lets it go", async () => {
    const { localStream } = self();
    await media.setMicrophone(false);
    expect(self().localStream).toBe(localStream);
    expect(devices.live).toHaveLength(2);
    await media.setCamera(false);
    expect(devices.live.map((track) => track.kind)).toEqual(["audio"]);
    expect(media.tracks()).toMatchObject({ video: null });
    await media.setCamera(true);
    await media.setMicrophone(true);
    expect(self()).toMatchObject({ audio: true, video: true });
  });

  it("ends where the last of several quick clicks says", async () => {
    await Promise.all([media.setCamera(false), media.setCamera(true), media.setCamera(false)]);
    expect(self().video).toBe(false);
    expect(devices.live).toHaveLength(1);
  });

  it("to another device keeps a muted microphone muted", async () => {
    await media.setMicrophone(false);
    await media.switchMicrophone("headset");
    expect(self()).toMatchObject({ audio: false, microphoneId: "headset" });
    expect(devices.live.map((track) => track.deviceId)).toEqual(["video-device", "headset"]);
    await media.switchCamera("back");
    expect(self()).toMatchObject({ video: true, cameraId: "back" });
  });

  it("to a device that is busy says why and keeps the rest", async () => {
    devices.fails.video = "NotReadableError";
    await expect(media.switchCamera("back")).rejects.toMatchObject({ code: "device_in_use" });
    expect(self()).toMatchObject({ audio: true, video: false });
    expect(self().errors.camera).toMatchObject({ code: "device_in_use" });
  });

  it("pauses the camera without letting it go", () => {
    media.setVideoPaused(true);
    expect(self()).toMatchObject({ video: false, videoPaused: true });
    expect(media.tracks().video).toBeNull();
    media.setVideoPaused(false);
    expect(media.tracks().video).not.toBeNull();
    expect(devices.live).toHaveLength(2);
  });
});

describe("a device that is unplugged", () => {
  beforeEach(() => media.capture({ audio: true, video: true }));

  it("leaves the camera off, with an error", () => {
    devices.tracks.find((track) => track.kind === "video")?.end();
    expect(self().video).toBe(false);
    expect(self().errors.camera).toBeInstanceOf(DeviceNotFoundError);
  });

  it("is replaced when it was the microphone in use", async () => {
    devices.tracks.find((track) => track.kind === "audio")?.end();
    await vi.waitFor(() => expect(self()).toMatchObject({ audio: true }));
    expect(self().errors.microphone).toBeNull();
  });
});

describe("sharing a screen", () => {
  it("that the person refuses is an error in the state and changes nothing", async () => {
    devices.fails.screen = "NotAllowedError";
    await expect(media.startScreenShare()).rejects.toMatchObject({ code: "permission_denied" });
    expect(self()).toMatchObject({ screen: false, errors: { screen: { source: "screen" } } });
  });

  it("asks the browser before anything is awaited", () => {
    const asked = vi.spyOn(devices, "getDisplayMedia");
    void media.startScreenShare();
    expect(asked).toHaveBeenCalledOnce();
  });
});

it("remembers over a reload what was on, and believes no nonsense", () => {
  const memory = new MediaMemory(sessionStorage);
  memory.remember("call-1", { audio: false, video: true, cameraId: "back" });
  expect(memory.recall("call-1")).toEqual({ audio: false, video: true, cameraId: "back" });
  memory.forget("call-1");
  expect(memory.recall("call-1")).toBeNull();
  for (const junk of ["", "{", "7", "null", '"x"']) {
    sessionStorage.setItem("call-media:call-1", junk);
    expect(memory.recall("call-1")).toBeNull();
  }
});

describe("the device list", () => {
  it("names what the browser hides, and follows changes", async () => {
    devices.devices = [
      { kind: "audioinput", deviceId: "a", label: "" },
      { kind: "videoinput", deviceId: "", label: "" },
    ];
    const list = new DeviceList(asDevices(devices));
    await vi.waitFor(() => expect(list.state.getSnapshot().microphones).toHaveLength(1));
    expect(list.state.getSnapshot()).toMatchObject({
      microphones: [{ id: "a", label: "Microphone 1" }],
      cameras: [],
      labelled: false,
    });
    devices.devices = [{ kind: "audioinput", deviceId: "a", label: "Headset" }];
    devices.dispatchEvent(new Event("devicechange"));
    await vi.waitFor(() => expect(list.state.getSnapshot().labelled).toBe(true));
    list.close();
  });
});

describe("the id of a tab", () => {
  /** Web Locks of a browser in which several pages are open. */
  class Locks {
    readonly held = new Set<string>();
    request(name: string, options: LockOptions, run: () => Promise<unknown>): Promise<unknown> {
      if (!this.held.has(name)) {
        this.held.add(name);
        return Promise.resolve().then(run);
      }
      return new Promise((_, reject) => {
        options.signal?.addEventListener("abort", () =>
          reject(new DOMException("waited", "AbortError")),
        );
      });
    }
  }

  const environment = (locks: Locks) =>
    browserEnvironment({
      storage: sessionStorage,
      locks: locks as unknown as LockManager,
      clock: {
        now: () => 0,
        random: () => 0,
        setTimeout: (run) => setTimeout(run, 1),
        clearTimeout: (handle) => clearTimeout(handle as number),
      },
    });

  it("survives a reload", async () => {
    const first = await claimDeviceId(environment(new Locks()));
    expect(await claimDeviceId(environment(new Locks()))).toBe(first);
  });

  it("is not shared with a duplicate of the tab", async () => {
    const locks = new Locks();
    sessionStorage.setItem("call-device-id", "0123456789abcdef");
    locks.held.add("call-device-id:0123456789abcdef");
    const own = await claimDeviceId(environment(locks));
    expect(own).not.toBe("0123456789abcdef");
    expect(sessionStorage.getItem("call-device-id")).toBe(own);
  });

  it("is one for two clients of a page that claim at once", async () => {
    const here = environment(new Locks());
    const [first, second] = await Promise.all([claimDeviceId(here), claimDeviceId(here)]);
    expect(second).toBe(first);
    const reloaded = await Promise.all([claimDeviceId(here), claimDeviceId(here)]);
    expect(reloaded).toEqual([first, first]);
  });

  it("is one for two clients of a duplicate that claim at once", async () => {
    const locks = new Locks();
    sessionStorage.setItem("call-device-id", "fedcba9876543210");
    locks.held.add("call-device-id:fedcba9876543210");
    const duplicate = environment(locks);
    const [first, second] = await Promise.all([claimDeviceId(duplicate), claimDeviceId(duplicate)]);
    expect(first).not.toBe("fedcba9876543210");
    expect(second).toBe(first);
    expect(sessionStorage.getItem("call-device-id")).toBe(first);
  });
});
