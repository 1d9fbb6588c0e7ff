import { describe, expect, it } from "vitest";
import { type Facts, Handover, KEEP_MS, type Step } from "../src/handover.js";
import type { Standing } from "../src/standing.js";
import type { Topology } from "../src/wire/types.js";

/** One device's view of a call, in the hands of the test. */
class Device {
  readonly handover = new Handover();
  readonly ways = new Map<string, Standing>();
  readonly done: Step[] = [];
  topology: Topology = "p2p";
  present: string[] = ["bob"];
  sfuConnected = false;
  now = 1_000_000;

  /** Where ways stand: `{ bob: { p2p: "ready" } }`. */
  set(standings: Record<string, Partial<Record<Topology, Standing>>>): this {
    for (const [userId, ways] of Object.entries(standings)) {
      for (const [topology, standing] of Object.entries(ways)) {
        this.ways.set(`${userId} ${topology}`, standing);
      }
    }
    return this;
  }

  step(change: Partial<Pick<Device, "topology" | "present" | "sfuConnected">> = {}): Step[] {
    Object.assign(this, change);
    const facts: Facts = {
      topology: this.topology,
      present: this.present,
      sfuConnected: this.sfuConnected,
      standing: (userId, topology) => this.ways.get(`${userId} ${topology}`) ?? "none",
    };
    const steps = this.handover.step(facts, this.now);
    this.done.push(...steps);
    return steps;
  }

  shown(): Record<string, Topology | null> {
    return Object.fromEntries(this.present.map((id) => [id, this.handover.shown(id)]));
  }
}

/** A call of two that runs from device to device. */
function talking(): Device {
  const device = new Device().set({ bob: { p2p: "ready" } });
  expect(device.step()).toEqual([]);
  return device;
}

/** The same, once all of it goes by the SFU. */
function onSfu(): Device {
  const device = talking();
  device.set({ bob: { sfu: "ready" } });
  device.step({ topology: "sfu", sfuConnected: true });
  device.handover.heard("bob", "sfu");
  device.step();
  device.set({ bob: { p2p: "none" } });
  return device;
}

describe("a call from device to device", () => {
  it("needs no SFU, and says nothing", () => {
    const device = talking();
    expect(device.handover.mesh).toEqual(["bob"]);
    expect(device.handover.sfu).toBe(false);
    expect(device.handover.settled).toBe(true);
    expect(device.done).toEqual([]);
  });
});

describe("from devices to the SFU", () => {
  it("shows the old way until everything has been decoded by the new one", () => {
    const device = talking();
    expect(device.step({ topology: "sfu" })).toEqual([]);
    expect(device.handover.sfu).toBe(true);
    for (const standing of ["open", "partial"] as const) {
      device.set({ bob: { sfu: standing } });
      expect(device.step({ sfuConnected: true })).toEqual([]);
      expect(device.shown()).toEqual({ bob: "p2p" });
    }
    const since = device.now;
    device.now += 700;
    device.set({ bob: { sfu: "ready" } });
    expect(device.step()).toEqual([
      { type: "show", userId: "bob", from: "p2p", to: "sfu", since },
      { type: "say", topology: "sfu" },
    ]);
    expect(device.shown()).toEqual({ bob: "sfu" });
  });

  it("goes on sending until the other one has switched too", () => {
    const device = talking();
    device.set({ bob: { sfu: "ready" } });
    device.step({ topology: "sfu", sfuConnected: true });
    expect(device.handover.mesh).toEqual(["bob"]);
    expect(device.handover.settled).toBe(false);
    device.handover.heard("bob", "sfu");
    device.step();
    expect(device.handover.mesh).toEqual([]);
    expect(device.handover.settled).toBe(true);
  });

  it("does not wait for the other one for ever once it has switched itself", () => {
    const device = talking();
    device.step({ topology: "sfu", sfuConnected: true });
    device.now += KEEP_MS - 1;
    device.set({ bob: { sfu: "ready" } });
    device.step();
    device.now += KEEP_MS - 1;
    device.step();
    expect(device.handover.mesh).toEqual(["bob"]);
    device.now += 1;
    device.step();
    expect(device.handover.mesh).toEqual([]);
  });

  it("takes the word of one who was faster for what it is", () => {
    const device = talking();
    device.handover.heard("bob", "sfu");
    device.step();
    device.set({ bob: { sfu: "ready" } });
    device.step({ topology: "sfu", sfuConnected: true });
    expect(device.handover.mesh).toEqual([]);
  });

  it("shows a newcomer by the SFU at once", () => {
    const device = talking();
    device.step({ topology: "sfu", sfuConnected: true, present: ["bob", "carol"] });
    expect(device.shown()).toEqual({ bob: "p2p", carol: "sfu" });
    expect(device.handover.mesh).toEqual(["bob"]);
    expect(device.done).toEqual([]);
  });

  it("holds on to nothing that never came", () => {
    const device = new Device();
    device.step();
    device.step({ topology: "sfu" });
    expect(device.shown()).toEqual({ bob: "sfu" });
    expect(device.handover.mesh).toEqual([]);
    expect(device.done.filter(({ type }) => type === "show")).toEqual([]);
  });

  it("takes what it gets when the old way is lost", () => {
    const device = talking();
    device.step({ topology: "sfu", sfuConnected: true });
    device.set({ bob: { p2p: "none", sfu: "open" } });
    device.step();
    expect(device.shown()).toEqual({ bob: "p2p" });
    device.set({ bob: { sfu: "partial" } });
    device.step();
    expect(device.shown()).toEqual({ bob: "sfu" });
    expect(device.handover.mesh).toEqual([]);
  });

  it("takes sound alone when the picture does not come in time", () => {
    const device = talking();
    device.set({ bob: { sfu: "partial" } });
    device.step({ topology: "sfu", sfuConnected: true });
    device.now += KEEP_MS;
    device.step();
    expect(device.shown()).toEqual({ bob: "sfu" });
  });

  it("keeps a good old way where the SFU cannot be reached", () => {
    const device = talking();
    device.step({ topology: "sfu" });
    device.now += 10 * KEEP_MS;
    device.step();
    expect(device.shown()).toEqual({ bob: "p2p" });
    expect(device.handover.mesh).toEqual(["bob"]);
    expect(device.handover.said).toBeNull();
  });

  it("is told once all are shown, not before", () => {
    const device = new Device().set({ bob: { p2p: "ready" }, carol: { p2p: "ready" } });
    device.step({ present: ["bob", "carol"] });
    device.set({ bob: { sfu: "ready" } });
    device.step({ topology: "sfu", sfuConnected: true });
    expect(device.done).toMatchObject([{ type: "show", userId: "bob" }]);
    device.set({ carol: { sfu: "ready" } });
    device.step();
    device.step();
    expect(device.done.slice(1)).toMatchObject([
      { type: "show", userId: "carol" },
      { type: "say", topology: "sfu" },
    ]);
    expect(device.handover.said).toBe("sfu");
  });

  it("is told by a device that comes back after a reload", () => {
    const device = new Device();
    expect(device.step({ topology: "sfu" })).toEqual([]);
    expect(device.shown()).toEqual({ bob: "sfu" });
    expect(device.step({ sfuConnected: true })).toEqual([{ type: "say", topology: "sfu" }]);
  });
});

describe("from the SFU back to devices", () => {
  it("keeps the SFU until both ends have switched", () => {
    const device = onSfu();
    device.step({ topology: "p2p" });
    expect(device.handover.mesh).toEqual(["bob"]);
    expect(device.shown()).toEqual({ bob: "sfu" });
    device.set({ bob: { p2p: "ready" } });
    expect(device.step()).toMatchObject([
      { type: "show", from: "sfu", to: "p2p" },
      { type: "say", topology: "p2p" },
    ]);
    expect(device.handover.sfu).toBe(true);
    device.handover.heard("bob", "p2p");
    device.step();
    expect(device.handover.sfu).toBe(false);
    expect(device.handover.settled).toBe(true);
  });

  it("lets the SFU go when nobody is left", () => {
    const device = onSfu();
    device.step({ topology: "p2p", present: [] });
    expect(device.handover.sfu).toBe(false);
  });
});

describe("a server that changes its mind", () => {
  it("finds everything as it was when nothing was switched yet", () => {
    const device = talking();
    device.step({ topology: "sfu" });
    device.step({ topology: "p2p" });
    expect(device.shown()).toEqual({ bob: "p2p" });
    expect(device.handover.mesh).toEqual(["bob"]);
    expect(device.done).toEqual([{ type: "say", topology: "p2p" }]);
  });

  it("is followed back to an old way that still lives", () => {
    const device = talking();
    device.set({ bob: { sfu: "ready" } });
    device.step({ topology: "sfu", sfuConnected: true });
    device.step({ topology: "p2p" });
    expect(device.shown()).toEqual({ bob: "p2p" });
    expect(device.handover.sfu).toBe(true);
  });

  it("makes what was said about an earlier change worthless", () => {
    const device = onSfu();
    device.set({ bob: { p2p: "ready" } });
    device.step({ topology: "p2p" });
    device.step({ topology: "sfu" });
    // Bob said "sfu" of the first time only.
    expect(device.handover.mesh).toEqual(["bob"]);
    device.handover.heard("bob", "sfu");
    device.step();
    expect(device.handover.mesh).toEqual([]);
  });
});

describe("any history", () => {
  const STANDINGS: Standing[] = ["none", "open", "partial", "ready"];

  /** A small generator, so that a failure names its seed (mulberry32). */
  function chance(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
    };
  }

  it.each(Array.from({ length: 200 }, (_, seed) => seed))(
    "shows nobody by a way that is let go (%i)",
    (seed) => {
      const random = chance(seed);
      const device = new Device();
      const everybody = ["bob", "carol", "dave"];
      for (let i = 0; i < 60; i += 1) {
        device.now += random(6000);
        const who = everybody[random(3)] as string;
        const topology: Topology = random(2) === 0 ? "p2p" : "sfu";
        switch (random(5)) {
          case 0:
            device.topology = topology;
            break;
          case 1:
            device.present = everybody.filter(() => random(3) > 0);
            break;
          case 2:
            device.handover.heard(who, topology);
            break;
          case 3:
            device.sfuConnected = random(3) > 0;
            break;
          default:
            device.set({ [who]: { [topology]: STANDINGS[random(4)] } });
        }
        const steps = device.step();
        for (const userId of device.present) {
          const shown = device.handover.shown(userId);
          expect(shown).not.toBeNull();
          if (shown === "p2p") expect(device.handover.mesh).toContain(userId);
          if (shown === "sfu") expect(device.handover.sfu).toBe(true);
        }
        expect(device.handover.mesh.every((id) => device.present.includes(id))).toBe(true);
        if (device.topology === "sfu") expect(device.handover.sfu).toBe(true);
        for (const step of steps) {
          expect(step.type === "show" ? step.to : step.topology).toBe(device.topology);
        }
        // A step is all there is to do: without news, there is no second one.
        expect(device.step()).toEqual([]);
      }
      // Whatever happened: with both ways good, it comes to rest where the server wants it.
      for (const id of everybody) device.set({ [id]: { p2p: "ready", sfu: "ready" } });
      device.sfuConnected = true;
      device.step();
      device.now += KEEP_MS;
      device.step();
      expect(device.handover.settled).toBe(true);
      expect(Object.values(device.shown()).every((shown) => shown === device.topology)).toBe(true);
      expect(device.handover.sfu).toBe(device.topology === "sfu");
    },
  );
});
