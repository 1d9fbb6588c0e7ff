import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { browserEnvironment } from "../src/environment.js";
import { PreCallTest } from "../src/precall.js";
import { asConnection, FakeConnection, installMedia } from "./support/fake-connection.js";
import { asDevices, FakeDevices } from "./support/fake-devices.js";
import { settle } from "./support/world.js";

let devices: FakeDevices;

function make(iceServers: RTCIceServer[]): PreCallTest {
  return new PreCallTest({
    configuration: async () => ({ iceServers }),
    environment: browserEnvironment({
      RTCPeerConnection: asConnection,
      mediaDevices: asDevices(devices),
    }),
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

const turn = [{ urls: ["turn:turn.example"] }];
const cases: [string, RTCIceServer[], string[], string][] = [
  ["an address seen from outside is direct", turn, ["host", "srflx"], "direct"],
  ["a TURN server alone is relayed", turn, ["host", "relay"], "relayed"],
  ["neither is blocked", turn, ["host"], "blocked"],
  ["any address will do where no server is known", [], ["host"], "direct"],
  ["no address at all is blocked", [], [], "blocked"],
];

describe("the network", () => {
  for (const [name, servers, found, expected] of cases) {
    it(name, async () => {
      const test = make(servers);
      const verdict = test.testNetwork();
      await settle();
      expect(test.state.getSnapshot().testingNetwork).toBe(true);
      for (const type of found) {
        FakeConnection.last.onicecandidate?.({
          candidate: { candidate: `candidate:1 1 udp 1 10.0.0.1 9 typ ${type}` },
        });
      }
      FakeConnection.last.onicecandidate?.({ candidate: null });
      await expect(verdict).resolves.toBe(expected);
      expect(test.state.getSnapshot()).toMatchObject({ network: expected, testingNetwork: false });
      expect(FakeConnection.last.signalingState).toBe("closed");
    });
  }

  it("that keeps silent is blocked after a while", async () => {
    const verdict = make(turn).testNetwork();
    await vi.advanceTimersByTimeAsync(8000);
    await expect(verdict).resolves.toBe("blocked");
  });
});

describe("the devices", () => {
  it("are shown with what is wrong with them, and let go", async () => {
    devices.fails.video = "NotFoundError";
    const test = make([]);
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
    const test = make([]);
    const started = test.start({});
    test.stop();
    allow();
    await started;
    expect(devices.live).toEqual([]);
    expect(test.state.getSnapshot().stream).toBeNull();
  });
});
