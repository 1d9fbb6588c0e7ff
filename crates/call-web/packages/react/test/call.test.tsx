import { act, fireEvent, render, screen, waitFor } from "@testing-library/react";
import {
  CallError,
  DeviceInUseError,
  DeviceNotFoundError,
  InsecureContextError,
  PermissionDeniedError,
} from "call-client";
import type { ReactNode } from "react";
import { StrictMode } from "react";
import { describe, expect, test, vi } from "vitest";
import { Call } from "../src/connected/Call.js";
import { CallProvider } from "../src/connected/CallProvider.js";
import { IncomingCalls } from "../src/connected/IncomingCalls.js";
import { changesInWords } from "../src/hooks/useAnnouncements.js";
import { useOnlineUsers } from "../src/hooks/useCallClient.js";
import { useCallHistory } from "../src/hooks/useCallHistory.js";
import { useConnectionQuality } from "../src/hooks/useConnectionQuality.js";
import { useParticipants } from "../src/hooks/useParticipants.js";
import { english } from "../src/strings/english.js";
import { devices, FakeCall, FakeClient, participant, snapshot, wireCall } from "./fakes.js";

function show(client: FakeClient, children: ReactNode) {
  return render(
    <StrictMode>
      <CallProvider client={client} devices={devices()}>
        {children}
      </CallProvider>
    </StrictMode>,
  );
}

function ringingCall(): FakeCall {
  return new FakeCall(
    snapshot({
      phase: "ringing-out",
      startedAt: null,
      wire: wireCall({ status: "ringing" }),
      participants: [participant({ status: "alerting", connectionState: null })],
    }),
  );
}

describe("<Call>", () => {
  test("starts once, rings, connects, ends, and reports the end once", async () => {
    const client = new FakeClient();
    const call = ringingCall();
    client.next = call;
    const onStart = vi.fn();
    const onEnd = vi.fn();
    show(client, <Call to="ben" type="video" onStart={onStart} onEnd={onEnd} />);
    await screen.findByText("Ringing…");
    expect(client.call).toHaveBeenCalledOnce();
    expect(client.call.mock.calls[0]![0]).toMatchObject({ type: "video", participantIds: ["ben"] });
    expect(onStart).toHaveBeenCalledWith("call-1");
    act(() =>
      call.set({
        phase: "connecting",
        participants: [participant({ connectionState: "connecting" })],
      }),
    );
    expect(screen.getByTestId("call").dataset.phase).toBe("connecting");
    act(() => call.set({ phase: "active", startedAt: 1000, participants: [participant()] }));
    expect(screen.getByTestId("call").dataset.phase).toBe("active");
    expect(screen.getByTestId("tile-ben")).toBeTruthy();
    act(() => client.end(call, { endReason: "completed", startedAt: 1000, endedAt: 61_000 }));
    expect(screen.getByTestId("call-ended").textContent).toContain("Call ended");
    expect(screen.getByTestId("call-ended").textContent).toContain("1 min");
    expect(onEnd).toHaveBeenCalledExactlyOnceWith({
      callId: "call-1",
      reason: "completed",
      durationMs: 60_000,
    });
  });

  test("calls again from the summary", async () => {
    const client = new FakeClient();
    const call = ringingCall();
    client.next = call;
    show(client, <Call to="ben" />);
    await screen.findByText("Ringing…");
    act(() => client.end(call, { endReason: "no_answer" }));
    expect(screen.getByText("No answer")).toBeTruthy();
    const second = new FakeCall({ ...ringingCall().state.getSnapshot(), id: "call-2" });
    client.next = second;
    fireEvent.click(screen.getByRole("button", { name: "Call again" }));
    await screen.findByText("Ringing…");
    expect(client.call).toHaveBeenCalledTimes(2);
  });

  test("a refusal is told in words and can be tried again", async () => {
    const client = new FakeClient();
    client.call.mockRejectedValueOnce(new CallError("not_allowed", "no"));
    client.next = ringingCall();
    show(client, <Call to="ben" />);
    await screen.findByText("You may not call this person.");
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByText("Ringing…");
  });

  test("a call that does not exist", async () => {
    const client = new FakeClient();
    client.open.mockRejectedValue(new CallError("not_found", "no", { status: 404 }));
    show(client, <Call callId="nothing" />);
    await screen.findByText(/does not exist/);
  });

  test("joins the live call of a conversation instead of starting another", async () => {
    const client = new FakeClient();
    const call = new FakeCall(snapshot({ wire: wireCall({ conversationId: "room" }) }));
    client.stores.calls.set([call]);
    show(client, <Call conversationId="room" to="ben" />);
    await screen.findByTestId("tile-ben");
    expect(client.call).not.toHaveBeenCalled();
  });

  test("a call not answered yet is answered at once where that is wanted", async () => {
    const client = new FakeClient();
    const call = new FakeCall(snapshot({ phase: "incoming", outgoing: false }));
    client.stores.calls.set([call]);
    show(client, <Call callId="call-1" preJoin={false} />);
    await waitFor(() => expect(call.answer).toHaveBeenCalledOnce());
  });

  test("buttons reach the call; hanging up in a group leaves the others alone", async () => {
    const client = new FakeClient();
    const others = [participant(), participant({ userId: "eve", name: "Eve" })];
    const call = new FakeCall(snapshot({ group: true, participants: others }));
    client.stores.calls.set([call]);
    show(client, <Call callId="call-1" />);
    fireEvent.click(await screen.findByRole("button", { name: "Mute microphone" }));
    expect(call.setMicrophone).toHaveBeenCalledWith(false);
    fireEvent.click(screen.getByRole("button", { name: "Turn camera off" }));
    expect(call.setCamera).toHaveBeenCalledWith(false);
    fireEvent.click(screen.getByRole("button", { name: "Hang up" }));
    expect(call.leave).toHaveBeenCalledOnce();
    expect(call.hangUp).not.toHaveBeenCalled();
    fireEvent.click(screen.getByRole("button", { name: "More options" }));
    fireEvent.click(screen.getByRole("menuitem", { name: "End call for everyone" }));
    expect(call.hangUp).toHaveBeenCalledOnce();
  });

  test("hanging up with one other person ends the call", async () => {
    const client = new FakeClient();
    const call = new FakeCall(snapshot());
    client.stores.calls.set([call]);
    show(client, <Call callId="call-1" />);
    fireEvent.click(await screen.findByRole("button", { name: "Hang up" }));
    expect(call.hangUp).toHaveBeenCalledOnce();
  });

  const problems = [
    [new PermissionDeniedError("microphone"), "Your microphone is blocked"],
    [new DeviceInUseError("microphone"), "Your camera or microphone is in use"],
    [new InsecureContextError("microphone"), "This page is not secure"],
    [new DeviceNotFoundError("microphone"), "No microphone found"],
  ] as const;
  for (const [error, title] of problems) {
    test(`${error.code}: says “${title}” and goes on when told to`, async () => {
      const client = new FakeClient();
      const base = snapshot();
      const errors = { microphone: error, camera: null, screen: null };
      const call = new FakeCall({ ...base, self: { ...base.self, errors } });
      client.stores.calls.set([call]);
      show(client, <Call callId="call-1" />);
      await screen.findByText(title);
      fireEvent.click(screen.getByRole("button", { name: "Continue without" }));
      expect(screen.queryByText(title)).toBeNull();
    });
  }

  test("no camera is a line, not a sheet", async () => {
    const client = new FakeClient();
    const base = snapshot();
    const errors = { microphone: null, camera: new DeviceNotFoundError("camera"), screen: null };
    const call = new FakeCall({ ...base, self: { ...base.self, errors } });
    client.stores.calls.set([call]);
    show(client, <Call callId="call-1" />);
    await screen.findByText("No camera found");
    expect(screen.queryByTestId("permission-help")).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "Dismiss" }));
    expect(screen.queryByText("No camera found")).toBeNull();
  });

  test("a dropped connection is shown and spoken at once", async () => {
    const client = new FakeClient();
    const call = new FakeCall(snapshot());
    client.stores.calls.set([call]);
    show(client, <Call callId="call-1" />);
    await screen.findByTestId("tile-ben");
    act(() => call.set({ phase: "reconnecting" }));
    expect(screen.getByTestId("notice").textContent).toContain("Reconnecting…");
    expect(screen.getByTestId("live-assertive").textContent).toBe(english.says.dropped);
  });
});

describe("<IncomingCalls>", () => {
  function ring(client: FakeClient): FakeCall {
    const call = new FakeCall(
      snapshot({
        phase: "incoming",
        ringing: true,
        outgoing: false,
        startedAt: null,
        wire: wireCall({ initiatorId: "ben", status: "ringing" }),
      }),
    );
    client.stores.incoming.set([call]);
    return call;
  }
  test("accepting with sound only answers without video", async () => {
    const client = new FakeClient();
    const onAnswered = vi.fn();
    const call = ring(client);
    show(client, <IncomingCalls onAnswered={onAnswered} />);
    expect(screen.getByTestId("live-assertive").textContent).toBe("Incoming video call from Ben");
    fireEvent.click(await screen.findByRole("button", { name: "Accept audio" }));
    await waitFor(() => expect(onAnswered).toHaveBeenCalledWith(call));
    expect(call.answer).toHaveBeenCalledWith({ audio: true, video: false });
  });
  test("a failed answer can be tried again", async () => {
    const client = new FakeClient();
    const call = ring(client);
    call.answer.mockRejectedValueOnce(new Error("offline"));
    show(client, <IncomingCalls onAnswered={vi.fn()} />);
    const accept = await screen.findByRole<HTMLButtonElement>("button", { name: "Accept video" });
    fireEvent.click(accept);
    await waitFor(() => expect(accept.disabled).toBe(false));
  });
  test("declining declines", async () => {
    const client = new FakeClient();
    const call = ring(client);
    show(client, <IncomingCalls onAnswered={vi.fn()} />);
    fireEvent.click(await screen.findByRole("button", { name: "Decline" }));
    expect(call.decline).toHaveBeenCalledOnce();
  });
  test("says that another device answered", async () => {
    const client = new FakeClient();
    const call = ring(client);
    show(client, <IncomingCalls onAnswered={vi.fn()} />);
    await screen.findByTestId("incoming-call");
    act(() => client.end(call, { endReason: "answered_elsewhere" }));
    expect(screen.queryByTestId("incoming-call")).toBeNull();
    expect(screen.getByTestId("incoming-farewell").textContent).toBe("Answered on another device");
  });
  test("says what was missed", async () => {
    const client = new FakeClient();
    const call = ring(client);
    show(client, <IncomingCalls onAnswered={vi.fn()} />);
    await screen.findByTestId("incoming-call");
    act(() => client.end(call, { endReason: "cancelled" }));
    expect(screen.getByTestId("incoming-farewell").textContent).toBe("Missed call from Ben");
  });
});

describe("what is said", () => {
  const says = (before: Parameters<typeof snapshot>[0], after: Parameters<typeof snapshot>[0]) =>
    changesInWords(snapshot(before), snapshot(after), english, "en").map(({ words }) => words);
  const eve = participant({ userId: "eve", name: "Eve" });

  test("joins and leaves", () => {
    expect(says({ participants: [] }, { participants: [participant(), eve] })).toEqual([
      "Ben and Eve joined",
    ]);
    expect(says({ participants: [participant(), eve] }, { participants: [eve] })).toEqual([
      "Ben left",
    ]);
  });
  test("mutes and shares of others", () => {
    const media = { audio: false, video: true, screen: true };
    expect(says({}, { participants: [participant({ media })] })).toEqual([
      "Ben muted their microphone",
      "Ben shares their screen",
    ]);
  });
  test("quality, when it changes", () => {
    const quality = (level: "good" | "poor") => ({ level, score: null, reasons: [] });
    expect(says({ quality: quality("good") }, { quality: quality("poor") })).toEqual([
      "Connection: Poor",
    ]);
    expect(says({ quality: null }, { quality: quality("good") })).toEqual([]);
    expect(says({ quality: quality("good") }, { quality: quality("good") })).toEqual([]);
  });
  test("nothing, when nothing changes", () => {
    expect(says({}, {})).toEqual([]);
  });
});

describe("hooks", () => {
  test("online users and participants follow the stores", async () => {
    const client = new FakeClient();
    const call = new FakeCall(snapshot());
    function Probe() {
      const online = useOnlineUsers();
      const people = useParticipants(call);
      const quality = useConnectionQuality(call, "ben");
      return (
        <p data-testid="probe">
          {online?.length} online, {people?.others.length} here, {quality?.level ?? "unknown"}
        </p>
      );
    }
    show(client, <Probe />);
    const probe = await screen.findByTestId("probe");
    expect(probe.textContent).toBe("1 online, 1 here, unknown");
    act(() => {
      client.stores.state.patch({ online: [] });
      call.set({
        participants: [participant({ quality: { level: "fair", score: 3, reasons: [] } })],
      });
    });
    expect(probe.textContent).toBe("0 online, 1 here, fair");
  });

  test("history pages, and is read again when a call ends", async () => {
    const client = new FakeClient();
    const item = (id: string) => ({
      ...wireCall({ id }),
      direction: "outgoing" as const,
      outcome: "answered" as const,
    });
    const history = vi
      .spyOn(client.api, "history")
      .mockImplementation(async (query = {}) =>
        query.cursor === undefined
          ? { items: [item("a")], nextCursor: "more" }
          : { items: [item("b")], nextCursor: null },
      );
    function Probe() {
      const { items, loadMore } = useCallHistory({ limit: 1 });
      return (
        <button type="button" onClick={loadMore} disabled={loadMore === undefined}>
          {items.map(({ id }) => id).join(" ")}
        </button>
      );
    }
    show(client, <Probe />);
    const button = await screen.findByRole("button", { name: "a" });
    fireEvent.click(button);
    await screen.findByRole("button", { name: "a b" });
    const before = history.mock.calls.length;
    act(() => client.end(new FakeCall(snapshot()), { endReason: "completed" }));
    await screen.findByRole("button", { name: "a" });
    expect(history.mock.calls.length).toBe(before + 1);
  });
});
