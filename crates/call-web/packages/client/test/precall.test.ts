import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { browserEnvironment } from "../src/environment.js";
import { PreCallTest } from "../src/precall.js";
import { installMedia } from "./support/fake-connection.js";
import { asDevices, FakeDevices } from "./support/fake-devices.js";

let devices: FakeDevices;

function make(): PreCallTest {
  return new PreCallTest({
    environment: browserEnvironment({ mediaDevices: asDevices(devices) }),
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  installMedia();
  devices = new FakeDevices();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the devices", () => {
  it("are shown with what is wrong with them, and let go", async () => {
    devices.fails.video = "NotFoundError";
    const test = make();
    await test.start({});
    expect(test.state.getSnapshot()).toMatchObject({
      errors: { microphone: null, camera: { code: "device_not_found" } },
    });
    expect(test.state.getSnapshot().stream?.getTracks()).toHaveLength(1);
    test.stop();
    expect(devices.live).toEqual([]);
    expect(test.state.getSnapshot().stream).toBeNull();
  });

  it("that come after it was stopped are let go at once", async () => {
    let allow: () => void = () => undefined;
    devices.asking = new Promise((resolve) => {
      allow = resolve;
    });
    const test = make();
    const started = test.start({});
    test.stop();
    allow();
    await started;
    expect(devices.live).toEqual([]);
    expect(test.state.getSnapshot().stream).toBeNull();
  });
});
