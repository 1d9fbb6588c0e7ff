import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import {
  type Call,
  CallClient,
  type ClientState,
  DeviceList,
  type HistoryItem,
  type Recording,
  ValueStore,
  type WireCall,
} from "call-client";
import { CallProvider } from "call-react";
import { expect, test, vi } from "vitest";
import { App } from "../src/App.js";
import { Routes } from "../src/Routes.js";

const identity = { userId: "ada", name: "Ada", token: "t", expiresAt: null, renewable: false };

async function serious(): Promise<string[]> {
  const result = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false }, "page-has-heading-one": { enabled: false } },
  });
  return result.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
}

function server(dev: boolean) {
  const fetch = vi.fn(async (address: RequestInfo | URL, init?: RequestInit) => {
    const path = String(address);
    if (path === "/api/config") {
      return Response.json({
        dev,
        presence: true,
        meshMax: 5,
        sfu: true,
        maxParticipants: 50,
        version: "1",
      });
    }
    if (path === "/api/dev/token") {
      return Response.json({
        token: "dev-token",
        expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
        echo: init?.body,
      });
    }
    return new Response(null, { status: 401 });
  });
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

function app() {
  return render(
    <QueryClientProvider client={new QueryClient()}>
      <App />
    </QueryClientProvider>,
  );
}

test("welcome: a name becomes a user, remembered for this tab and as a chip", async () => {
  const fetch = server(true);
  app();
  const field = await screen.findByLabelText("Your name");
  expect(await serious()).toEqual([]);
  fireEvent.click(screen.getByRole("button", { name: "Continue" }));
  expect(screen.getByRole("alert").textContent).toBe("Please enter a name.");
  fireEvent.change(field, { target: { value: "Ada Lindqvist" } });
  fireEvent.click(screen.getByRole("button", { name: "Continue" }));
  await screen.findByTestId("account");
  const [, init] = fetch.mock.calls.find(([path]) => path === "/api/dev/token") ?? [];
  expect(JSON.parse(String(init?.body))).toEqual({
    userId: "ada-lindqvist",
    name: "Ada Lindqvist",
  });
  expect(sessionStorage.getItem("call-app:identity")).toContain("dev-token");
  fireEvent.click(screen.getByRole("button", { name: "Change user" }));
  expect(await screen.findByRole("button", { name: "Ada Lindqvist" })).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Forget Ada Lindqvist" }));
  expect(screen.queryByRole("button", { name: "Ada Lindqvist" })).toBeNull();
});

test("without dev tokens: how to sign in, and a clear word about what is not a token", async () => {
  server(false);
  app();
  const field = await screen.findByLabelText("Token");
  expect(await serious()).toEqual([]);
  fireEvent.change(field, { target: { value: "nonsense" } });
  fireEvent.click(screen.getByRole("button", { name: "Sign in" }));
  expect((await screen.findByRole("alert")).textContent).toContain("not a token");
  fireEvent.change(field, { target: { value: `x.${btoa('{"sub":"ada"}')}.y` } });
  fireEvent.click(screen.getByRole("button", { name: "Sign in" }));
  await waitFor(() => expect(screen.getByRole("alert").textContent).toContain("did not accept"));
});

class FakeClient extends CallClient {
  readonly stores = {
    state: new ValueStore<ClientState>({
      connection: "ready",
      attempt: 0,
      nextRetryAt: null,
      userId: "ada",
      deviceId: "device",
      error: null,
      online: [
        { userId: "ben", name: "Ben" },
        { userId: "eve", name: "Eve" },
      ],
    }),
    calls: new ValueStore<readonly Call[]>([]),
  };
  override get state() {
    return this.stores.state;
  }
  override get calls() {
    return this.stores.calls;
  }
  override get incoming() {
    return this.stores.calls;
  }
  override call = vi.fn(async (): Promise<Call> => {
    throw new Error("no server");
  });
  end(call: Call): void {
    this.emit("ended", call);
  }
  constructor() {
    super({ token: "t" });
    vi.spyOn(this.api, "history").mockResolvedValue({ items: [], nextCursor: null });
  }
}

function home(client = new FakeClient(), onRelayOnly = vi.fn()) {
  const devices = new DeviceList({
    enumerateDevices: async () => [],
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  } as unknown as MediaDevices);
  render(
    <QueryClientProvider client={new QueryClient()}>
      <CallProvider client={client} devices={devices}>
        <Routes
          identity={identity}
          maxParticipants={5}
          relayOnly={false}
          onRelayOnly={onRelayOnly}
          onSignOut={vi.fn()}
        />
      </CallProvider>
    </QueryClientProvider>,
  );
  return client;
}

test("home: people, search, and a call to somebody who is not listed", async () => {
  const client = home();
  await screen.findByTestId("person-ben");
  await screen.findByText("No calls yet");
  expect(await serious()).toEqual([]);
  const search = screen.getByLabelText("Search, or enter a user id");
  fireEvent.change(search, { target: { value: "ev" } });
  expect(screen.queryByTestId("person-ben")).toBeNull();
  expect(screen.getByTestId("person-eve")).toBeTruthy();
  fireEvent.change(search, { target: { value: "stranger-7" } });
  const row = screen.getByTestId("person-stranger-7");
  const audio = row.querySelector<HTMLElement>('[aria-label="Audio call"]');
  fireEvent.click(audio ?? row);
  expect(client.call).toHaveBeenCalledWith({ type: "audio", to: "stranger-7" });
  expect((await screen.findByTestId("toast")).textContent).toContain("could not be started");
});

test("home: nobody online says what to do", async () => {
  const client = new FakeClient();
  client.stores.state.patch({ online: [] });
  home(client);
  await screen.findByText("Nobody else is here");
  client.stores.state.patch({ online: null });
  await screen.findByText("Who is online is not shown");
});

test("home: a group is chosen and goes to the look in the mirror", async () => {
  home();
  fireEvent.click(await screen.findByRole("button", { name: "New group call" }));
  fireEvent.click(screen.getByLabelText("Choose Ben"));
  fireEvent.click(screen.getByLabelText("Choose Eve"));
  expect(screen.getByText("2 chosen")).toBeTruthy();
  expect(await serious()).toEqual([]);
  fireEvent.click(screen.getByRole("button", { name: "Video call" }));
  await waitFor(() => expect(location.pathname).toBe("/call/new"));
  expect(new URLSearchParams(location.search).getAll("to")).toEqual(["ben", "eve"]);
});

class NoWay {
  onicecandidate: ((event: { candidate: null }) => void) | null = null;
  localDescription = { type: "offer", sdp: "v=0" };
  createDataChannel() {
    return {};
  }
  async setLocalDescription() {
    setTimeout(() => this.onicecandidate?.({ candidate: null }), 1);
  }
  async setRemoteDescription() {}
  close() {}
}

function offersRelays(client: FakeClient) {
  vi.spyOn(client.api, "turnCredentials").mockResolvedValue({
    username: "u",
    credential: "c",
    ttl: 60,
    uris: [],
    iceServers: [
      { urls: ["turn:t", "turns:t"], username: "u", credential: "c" },
      { urls: ["stun:t"], username: null, credential: null },
    ],
  } as never);
  return client;
}

test("the connection is tested from the start page, and tells what is blocked", async () => {
  vi.stubGlobal("RTCPeerConnection", NoWay);
  home(offersRelays(new FakeClient()));
  fireEvent.click(await screen.findByRole("button", { name: "Test connection" }));
  expect(location.pathname).toBe("/connection");
  await screen.findByText("Blocked: UDP and TLS");
  expect(screen.getByTestId("network-report").dataset.path).toBe("blocked");
  expect(screen.getByTestId("way-direct").textContent).toContain("Blocked by the network");
  expect(screen.getByTestId("way-tls").textContent).toBe("Relay over TLSBlocked by the network");
  expect(await serious()).toEqual([]);
  const again = screen.getByRole<HTMLButtonElement>("button", { name: "Test again" });
  fireEvent.click(again);
  await waitFor(() => expect(again.disabled).toBe(true));
  await waitFor(() => expect(again.disabled).toBe(false));
  fireEvent.click(screen.getByRole("button", { name: "Back" }));
  await screen.findByText("No calls yet");
});

test("hiding the address is a switch", async () => {
  const onRelayOnly = vi.fn();
  vi.stubGlobal("RTCPeerConnection", NoWay);
  home(offersRelays(new FakeClient()), onRelayOnly);
  fireEvent.click(await screen.findByRole("button", { name: "Test connection" }));
  const choice = await screen.findByRole("switch", { name: "Hide my address (relay only)" });
  fireEvent.click(choice);
  expect(onRelayOnly).toHaveBeenCalledWith(true);
});

test("hiding the address is kept for this browser, and holds for the client", async () => {
  server(true);
  sessionStorage.setItem("call-app:identity", JSON.stringify(identity));
  vi.stubGlobal("RTCPeerConnection", NoWay);
  const policy = vi.spyOn(CallClient.prototype, "setIceTransportPolicy");
  history.replaceState(null, "", "/connection");
  const first = app();
  const choice = () =>
    screen.findByRole<HTMLInputElement>("switch", { name: "Hide my address (relay only)" });
  fireEvent.click(await choice());
  expect(policy).toHaveBeenLastCalledWith("relay");
  await screen.findByText("Not used: your address is hidden");
  first.unmount();
  app();
  expect((await choice()).checked).toBe(true);
  expect(policy).toHaveBeenLastCalledWith("relay");
  fireEvent.click(await choice());
  expect(policy).toHaveBeenLastCalledWith("all");
  expect(localStorage.getItem("call-app:relay-only")).toBeNull();
});

function liveCall(id: string, status: string, people = 3): HistoryItem {
  const at = new Date(Date.now() - 65_000).toISOString();
  const person = (userId: string, theirs: string) => ({
    userId,
    name: userId,
    role: "participant",
    status: theirs,
    deviceId: userId === "ada" ? "device" : "other",
    media: { audio: true, video: true, screen: false },
  });
  return {
    id,
    status: "active",
    type: "video",
    createdAt: at,
    startedAt: at,
    durationMs: null,
    direction: "incoming",
    outcome: "ongoing",
    participants: [
      person("ada", status),
      ...["ben", "eve", "dan", "gus"].slice(0, people - 1).map((id) => person(id, "joined")),
    ],
  } as unknown as HistoryItem;
}

test("home: a group that goes on without me can be joined, one that I am in is not offered", async () => {
  const client = new FakeClient();
  const history = vi.spyOn(client.api, "history").mockImplementation(async (query = {}) => ({
    items:
      query.status === "active"
        ? [
            liveCall("left", "left", 5),
            liveCall("inside", "joined"),
            liveCall("out", "removed"),
            liveCall("two", "left", 2),
          ]
        : [],
    nextCursor: null,
  }));
  const state = new ValueStore({ phase: "ended", wire: {}, participants: [] });
  vi.spyOn(client, "incoming", "get").mockReturnValue(new ValueStore<readonly Call[]>([]));
  const inside = { id: "inside", state } as unknown as Call;
  client.stores.calls.set([inside]);
  home(client);
  const offered = await screen.findByTestId("joinable-left");
  expect(offered.textContent).toContain("ben and 3 others");
  expect(offered.textContent).toContain("4 in the call · 1:0");
  expect(screen.getAllByTestId(/^joinable-/)).toHaveLength(1);
  expect(await serious()).toEqual([]);
  // Leaving a call on this device asks again at once.
  const before = history.mock.calls.length;
  client.end(inside);
  await waitFor(() => expect(history.mock.calls.length).toBeGreaterThan(before));
  fireEvent.click(within(offered).getByRole("link", { name: "Join" }));
  expect(location.pathname).toBe("/call/left");
});

function pastCall(change: Partial<HistoryItem> = {}): HistoryItem {
  return {
    ...liveCall("past", "left", 2),
    status: "ended",
    outcome: "answered",
    endedAt: new Date().toISOString(),
    endReason: "completed",
    endedBy: null,
    durationMs: 65_000,
    recording: null,
    recordingUrl: null,
    ...change,
  };
}

test("home: recorded calls have a mark, and those that are recorded now", async () => {
  const client = new FakeClient();
  const recording = { id: "r" } as HistoryItem["recording"];
  vi.spyOn(client.api, "history").mockImplementation(async (query = {}) => ({
    items:
      query.status === "active"
        ? []
        : [
            pastCall({ id: "plain" }),
            pastCall({ id: "kept", recordingUrl: "/api/recordings/r" }),
            pastCall({ id: "now", recording }),
          ],
    nextCursor: null,
  }));
  home(client);
  const mark = async (id: string) =>
    within(await screen.findByTestId(`history-${id}`)).queryByTestId("recorded")?.textContent;
  expect(await mark("plain")).toBeUndefined();
  expect(await mark("kept")).toBe("Recorded");
  expect(await mark("now")).toBe("Being recorded");
  expect(await serious()).toEqual([]);
});

function callPage(change: Partial<HistoryItem>, recordings: Recording[] = []) {
  vi.stubGlobal("matchMedia", () => ({
    matches: false,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }));
  const client = new FakeClient();
  const call = pastCall(change) as unknown as WireCall;
  vi.spyOn(client.api, "getCall").mockResolvedValue(call);
  const at = call.createdAt;
  const event = (type: string, userId: string | null, data = {}) => ({
    version: 1,
    at,
    type,
    userId,
    deviceId: null,
    data,
  });
  vi.spyOn(client.api, "events").mockResolvedValue([
    event("recording_started", "ben"),
    event("recording_consent", "ada", { given: true }),
    event("recording_stopped", null, { cause: "disk_full" }),
  ]);
  vi.spyOn(client.api, "quality").mockResolvedValue([]);
  const ofCall = vi.spyOn(client.recordings, "ofCall").mockResolvedValue(recordings);
  history.replaceState(null, "", "/calls/past");
  home(client);
  return { client, ofCall };
}
const kept = {
  id: "r",
  callId: "past",
  mode: "tracks",
  status: "partial",
  cause: "disk_full",
  startedBy: "ben",
  stoppedBy: null,
  startedAt: "2026-11-26T09:41:00.000Z",
  durationMs: 61_000,
  bytes: 4096,
  progress: null,
  mix: "none",
  consent: "ask",
  consents: [{ userId: "ada", status: "given", at: null }],
  files: [],
} as unknown as Recording;

test("the page of a call has its recordings, and when it was recorded", async () => {
  const { ofCall } = callPage({}, [kept]);
  const recording = await screen.findByTestId("recording-r");
  expect(ofCall).toHaveBeenCalledWith("past");
  expect(recording.textContent).toContain("Not complete: the server’s disk is full");
  expect(recording.textContent).toContain("Agreed: ada");
  expect(within(recording).queryByRole("button", { name: "Delete" })).toBeNull();
  expect(await screen.findByTestId("recorded-lane")).toBeTruthy();
  expect(screen.getByTestId("events").textContent).toContain(
    "The recording ended: the server’s disk is full",
  );
  expect(await serious()).toEqual([]);
});

test("the page of a call: who led it may delete", async () => {
  const call = pastCall();
  const participants = call.participants.map((person) => ({
    ...person,
    role: person.userId === "ada" ? ("initiator" as const) : person.role,
  }));
  const { client } = callPage({ participants }, [kept]);
  const remove = vi.spyOn(client.recordings, "delete").mockResolvedValue(undefined);
  fireEvent.click(await screen.findByRole("button", { name: "Delete" }));
  fireEvent.click(within(screen.getByRole("alertdialog")).getByRole("button", { name: "Delete" }));
  await screen.findByTestId("no-recordings");
  expect(remove).toHaveBeenCalledWith("r");
});

test("the page of a call that never was connected has no recordings", async () => {
  const { ofCall } = callPage({ startedAt: null, outcome: "missed" });
  await screen.findByTestId("call-page");
  expect(screen.queryByText("Recordings")).toBeNull();
  expect(ofCall).not.toHaveBeenCalled();
});
