import type { RelayProtocol } from "../../src/wire/types.js";
import { type asConnection, FakeConnection } from "./fake-connection.js";

/** What a network does to those who want out of it. */
export interface FakeNetwork {
  /** `silent`: the relay gives an address, but nothing comes through. */
  relays: Record<RelayProtocol, "open" | "blocked" | "refused" | "silent">;
  nat: "none" | "cone" | "symmetric";
  /** UDP to STUN servers and peers. */
  udp: boolean;
}

interface Channel {
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  send(data: string): unknown;
  close(): void;
}

/** Connections that reach each other when the network lets them, as far as candidates tell. */
export function connectionsIn(network: FakeNetwork): typeof asConnection {
  class Networked extends FakeConnection {
    onicecandidateerror: ((event: { errorCode: number }) => void) | null = null;
    ondatachannel: ((event: { channel: Channel }) => void) | null = null;
    #channel: Channel | null = null;
    told = false;

    override createDataChannel(): Channel {
      this.#channel = { send: () => undefined, close: () => undefined };
      return this.#channel;
    }

    override async setLocalDescription(): Promise<void> {
      await super.setLocalDescription();
      setTimeout(() => this.#gather(), 1);
    }

    override async addIceCandidate(candidate?: unknown): Promise<void> {
      await super.addIceCandidate(candidate);
      this.told = true;
      setTimeout(() => this.#meet(), 1);
    }

    #urls(): string[] {
      return (this.configuration.iceServers ?? []).flatMap(({ urls }) => urls);
    }

    #gather(): void {
      const found = (type: string) => {
        const candidate = `candidate:1 1 udp 1 203.0.113.1 9 typ ${type}`;
        this.onicecandidate?.({ candidate: { candidate } });
      };
      if (this.configuration.iceTransportPolicy !== "relay") {
        found("host");
        if (!network.udp && this.#urls().length > 0) this.onicecandidateerror?.({ errorCode: 701 });
        else if (network.nat !== "none" && this.#urls().length > 0) found("srflx");
      }
      for (const url of this.#urls().filter((each) => each.startsWith("turn"))) {
        const protocol = url.startsWith("turns") ? "tls" : url.includes("tcp") ? "tcp" : "udp";
        const relay = network.relays[protocol];
        if (relay === "blocked") this.onicecandidateerror?.({ errorCode: 701 });
        else if (relay === "refused") this.onicecandidateerror?.({ errorCode: 401 });
        else found("relay");
      }
      this.onicecandidate?.({ candidate: null });
    }

    /** Both ends know a candidate of each other: what they send arrives. */
    #meet(): void {
      const other = FakeConnection.all.find(
        (each) => each !== this && this.remoteDescription?.sdp.includes(`o=- ${each.serial} `),
      ) as this | undefined;
      const near = this.#channel ? this : other;
      const far = this.#channel ? other : this;
      const named = near?.configuration.iceTransportPolicy === "relay" || network.nat === "cone";
      if (near === undefined || !far?.told || !near.told || near.#channel === null) return;
      if (network.relays.udp === "silent") return;
      far.stats = new Map([
        ["t", { id: "t", type: "transport", selectedCandidatePairId: "p" }],
        ["p", { id: "p", type: "candidate-pair", remoteCandidateId: "r" }],
        ["r", { id: "r", type: "remote-candidate", candidateType: named ? "srflx" : "prflx" }],
      ]);
      const back = near.#channel;
      const distant: Channel = {
        send: (data) => setTimeout(() => back.onmessage?.({ data }), 20),
        close: () => undefined,
      };
      far.ondatachannel?.({ channel: distant });
      back.send = (data) => setTimeout(() => distant.onmessage?.({ data }), 20);
      back.onopen?.();
    }
  }
  return Networked as unknown as typeof asConnection;
}
