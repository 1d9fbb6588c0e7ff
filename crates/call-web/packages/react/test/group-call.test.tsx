import { act, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { CallError, type ParticipantSnapshot } from "call-client";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Call } from "../src/connected/Call.js";
import { CallProvider } from "../src/connected/CallProvider.js";
import { keepPeople } from "../src/hooks/keepPeople.js";
import { changesInWords } from "../src/hooks/useAnnouncements.js";
import { participantsOf } from "../src/hooks/useParticipants.js";
import { english } from "../src/strings/english.js";
import { devices, FakeCall, FakeClient, participant, snapshot, wireCall } from "./fakes.js";

const names = ["Ben", "Cleo", "Dan", "Eve", "Finn"];
function people(count: number, change: Partial<ParticipantSnapshot> = {}): ParticipantSnapshot[] {
  return Array.from({ length: count }, (_, index) => {
    const name = names[index % names.length] ?? "";
    const userId = index < names.length ? name.toLowerCase() : `${name.toLowerCase()}-${index}`;
    return participant({ userId, name, path: "sfu", ...change });
  });
}
function wireOf(others: readonly ParticipantSnapshot[]) {
  const [me, one] = wireCall().participants;
  if (me === undefined || one === undefined) throw new Error("two people");
  return wireCall({
    topology: "sfu",
    participants: [me, ...others.map(({ userId, name }) => ({ ...one, userId, name }))],
  });
}
function groupSnapshot(others: readonly ParticipantSnapshot[], change = {}) {
  return snapshot({
    group: true,
    topology: "sfu",
    participants: others,
    wire: wireOf(others),
    ...change,
  });
}
function open(call: FakeCall, client = new FakeClient(), directory?: () => []) {
  client.stores.calls.set([call]);
  const shown = render(
    <CallProvider
      client={client}
      devices={devices()}
      {...(directory === undefined ? {} : { directory })}
    >
      <Call callId="call-1" />
    </CallProvider>,
  );
  return { client, ...shown };
}

beforeEach(() => localStorage.clear());

describe("what is asked for", () => {
  const hide = (hidden: boolean) => {
    vi.spyOn(document, "hidden", "get").mockReturnValue(hidden);
    document.dispatchEvent(new Event("visibilitychange"));
  };
  const wanted = (call: FakeCall) =>
    ((call.setViews.mock.lastCall?.[0] ?? []) as { userId: string }[]).map(({ userId }) => userId);

  test("the cameras of the page that is seen, never my own; on the next page, those", async () => {
    const others = people(30);
    const call = new FakeCall(groupSnapshot(others));
    open(call);
    await screen.findByTestId("tile-ben");
    await waitFor(() => expect(wanted(call)).toHaveLength(15));
    expect(wanted(call)).not.toContain("ada");
    fireEvent.click(screen.getByTestId("page-next"));
    await waitFor(() => expect(wanted(call)).toContain(others[29]?.userId));
    expect(wanted(call)).not.toContain("ben");
    expect(wanted(call)).toHaveLength(15);
  });

  test("no camera that is off, and both pictures of whoever shares a screen", async () => {
    const off = { audio: true, video: false, screen: false };
    const [ben, cleo, dan] = people(3);
    const sharing = { ...cleo, media: { audio: true, video: true, screen: true } };
    const call = new FakeCall(
      groupSnapshot([{ ...ben, media: off }, sharing, dan] as ParticipantSnapshot[]),
    );
    open(call);
    await screen.findByTestId("screen-cleo");
    await waitFor(() => expect(call.setViews.mock.lastCall?.[0]).toHaveLength(3));
    expect(call.setViews.mock.lastCall?.[0]).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ userId: "cleo", source: "screen", pinned: true }),
        expect.objectContaining({ userId: "cleo", source: "video", pinned: false }),
        expect.objectContaining({ userId: "dan", source: "video", pinned: false }),
      ]),
    );
  });

  test("sound only while the page is hidden", async () => {
    const call = new FakeCall(groupSnapshot(people(3)));
    open(call);
    await waitFor(() => expect(wanted(call)).toHaveLength(3));
    act(() => hide(true));
    expect(wanted(call)).toEqual([]);
    act(() => hide(false));
    expect(wanted(call)).toHaveLength(3);
  });

  test("sound only once the call is not shown any more", async () => {
    const call = new FakeCall(groupSnapshot(people(3)));
    const { unmount } = open(call);
    await waitFor(() => expect(wanted(call)).toHaveLength(3));
    unmount();
    expect(wanted(call)).toEqual([]);
  });
});

describe("sound", () => {
  const track = (id: string) => ({ id, kind: "audio" }) as MediaStreamTrack;
  test("of fifty is fifty elements, which no layout touches", async () => {
    const others = people(49).map((person, index) => ({
      ...person,
      stream: new MediaStream([track(`t${index}`)]),
    }));
    const call = new FakeCall(groupSnapshot(others));
    open(call);
    await screen.findByTestId("tile-ben");
    const before = screen.getAllByTestId("remote-audio");
    expect(before).toHaveLength(49);
    fireEvent.click(screen.getByTestId("page-next"));
    fireEvent.click(screen.getByTestId("layout-switch"));
    fireEvent.click(screen.getByTestId("people-button"));
    act(() => call.set({ activeSpeakers: ["ben"], topology: "p2p" }));
    expect(screen.getAllByTestId("remote-audio")).toEqual(before);
  });
});

describe("what a person does", () => {
  test("hand and reactions reach the call", async () => {
    const call = new FakeCall(groupSnapshot(people(3)));
    open(call);
    fireEvent.click(await screen.findByTestId("hand-button"));
    expect(call.raiseHand).toHaveBeenCalledWith(true);
    act(() => call.set({ handRaisedAt: 5 }));
    fireEvent.click(screen.getByTestId("hand-button"));
    expect(call.raiseHand).toHaveBeenLastCalledWith(false);
    fireEvent.click(screen.getByTestId("reactions-button"));
    fireEvent.click(screen.getByRole("menuitem", { name: "celebration" }));
    expect(call.react).toHaveBeenCalledWith("🎉");
  });

  test("moderation reaches the call; a refusal is told in words until something works", async () => {
    const call = new FakeCall(groupSnapshot(people(3)));
    open(call);
    fireEvent.click(await screen.findByTestId("people-button"));
    const mute = () => {
      const line = within(screen.getByTestId("roster-ben"));
      fireEvent.click(line.getByTestId("person-menu-ben"));
      fireEvent.click(screen.getByRole("menuitem", { name: "Mute microphone" }));
    };
    call.muteParticipant.mockRejectedValueOnce(new CallError("not_allowed", "no"));
    mute();
    await screen.findByText("You may not do that in this call.");
    expect(call.muteParticipant).toHaveBeenCalledWith("ben", { audio: true });
    mute();
    await waitFor(() => expect(screen.queryByText("You may not do that in this call.")).toBeNull());
  });

  test("a call of two becomes a group: who is online is offered, an id is taken", async () => {
    const call = new FakeCall(snapshot({ wire: wireOf(people(1)) }));
    const client = new FakeClient();
    client.stores.state.patch({
      online: [
        { userId: "ben", name: "Ben" },
        { userId: "eve", name: "Eve" },
      ],
    });
    open(call, client);
    fireEvent.click(await screen.findByTestId("people-button"));
    await screen.findByRole("button", { name: /Add Eve/ });
    // He is in it.
    expect(screen.queryByRole("button", { name: /Add Ben/ })).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: /Add Eve/ }));
    expect(call.addParticipants).toHaveBeenCalledWith(["eve"]);
    call.addParticipants.mockRejectedValueOnce(new CallError("too_many_participants", "no"));
    fireEvent.change(screen.getByRole("searchbox"), { target: { value: "stranger-9" } });
    fireEvent.keyDown(screen.getByRole("searchbox"), { key: "Enter" });
    await screen.findByText("That is more people than one call can hold.");
    const group = [...people(1), participant({ userId: "eve", name: "Eve", status: "alerting" })];
    act(() => call.set({ group: true, participants: group, wire: wireOf(group) }));
    expect(screen.getByTestId("tile-ben")).toBeTruthy();
    expect(screen.getByTestId("roster-eve").textContent).toContain("Ringing…");
  });

  test("a product's own directory is asked in place of who is online", async () => {
    const directory = vi.fn((): [] => []);
    open(new FakeCall(groupSnapshot(people(2))), new FakeClient(), directory);
    fireEvent.click(await screen.findByTestId("people-button"));
    fireEvent.click(screen.getByRole("button", { name: "Add people" }));
    await waitFor(() => expect(directory).toHaveBeenCalledWith(""));
  });
});

describe("what a moderator does to me", () => {
  test("is told at once, until the microphone is on again", async () => {
    const call = new FakeCall(groupSnapshot(people(2)));
    open(call);
    await screen.findByTestId("tile-ben");
    const words = "A moderator muted your microphone";
    const muted = { audio: true, video: false, screen: false };
    const { self } = call.state.getSnapshot();
    act(() => {
      call.set({ self: { ...self, audio: false, mutedByModerator: muted } });
      (call as unknown as { emit(name: string, what: object): void }).emit("muted", muted);
    });
    expect(screen.getByTestId("notice").textContent).toContain(words);
    expect(screen.getByTestId("live-assertive").textContent).toBe(words);
    act(() => call.set({ self }));
    expect(screen.queryByTestId("notice")).toBeNull();
  });
});

describe("back into a group that goes on", () => {
  const left = (count: number, status: "active" | "ended" = "active") => {
    const call = new FakeCall(groupSnapshot(people(count)));
    return { call, wire: { ...call.state.getSnapshot().wire, status } };
  };
  test("from the summary after leaving", async () => {
    const { call, wire } = left(3);
    const { client } = open(call);
    const join = vi.spyOn(client, "join").mockResolvedValue(call);
    await screen.findByTestId("tile-ben");
    act(() => client.end(call, { endReason: "left", wire }));
    expect(screen.queryByRole("button", { name: "Call again" })).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "Rejoin" }));
    expect(join).toHaveBeenCalledWith("call-1", { video: true });
  });
  test("not into one that is over", async () => {
    const { call, wire } = left(3, "ended");
    const { client } = open(call);
    await screen.findByTestId("tile-ben");
    act(() => client.end(call, { endReason: "left", wire }));
    expect(screen.queryByRole("button", { name: "Rejoin" })).toBeNull();
  });
  test("by its address: joined, not answered, when I had left it", async () => {
    const others = people(3);
    const wire = wireOf(others);
    const [me, ...rest] = wire.participants;
    if (me === undefined) throw new Error("me");
    const call = new FakeCall(
      groupSnapshot(others, {
        phase: "incoming",
        wire: { ...wire, participants: [{ ...me, status: "left" }, ...rest] },
      }),
    );
    const client = new FakeClient();
    const join = vi.spyOn(client, "join").mockResolvedValue(call);
    client.stores.calls.set([call]);
    render(
      <CallProvider client={client} devices={devices()}>
        <Call callId="call-1" preJoin={false} />
      </CallProvider>,
    );
    await waitFor(() => expect(join).toHaveBeenCalledWith("call-1", { audio: true, video: true }));
    expect(call.answer).not.toHaveBeenCalled();
  });
});

describe("people of a snapshot", () => {
  test("raised hands are numbered by their time, mine among them", () => {
    const [ben, cleo] = people(2);
    const { self, others } = participantsOf(
      groupSnapshot(
        [
          { ...ben, handRaisedAt: 30 },
          { ...cleo, handRaisedAt: 10 },
        ] as ParticipantSnapshot[],
        { handRaisedAt: 20 },
      ),
    );
    expect([others[0]?.hand, others[1]?.hand, self.hand]).toEqual([3, 1, 2]);
  });
  test("peer to peer a screen stands in place of the camera, and loudness tells who speaks", () => {
    const [ben] = participantsOf(snapshot()).others;
    expect(ben?.screenStream).toBeUndefined();
    expect(ben?.speaking).toBeUndefined();
    const [far] = participantsOf(groupSnapshot(people(1), { activeSpeakers: ["ben"] })).others;
    expect(far?.screenStream).toBeNull();
    expect(far?.speaking).toBe(true);
  });
  test("whoever did not change is the same object, whatever figures came", () => {
    const first = groupSnapshot(people(3));
    const before = keepPeople(null, participantsOf(first));
    const next = groupSnapshot(
      first.participants.map((person, index) => ({
        ...person,
        quality: {
          level: index === 1 ? ("fair" as const) : ("good" as const),
          score: Math.random(),
          reasons: [],
        },
      })),
    );
    const between = keepPeople(before, participantsOf(next));
    expect(between.self).toBe(before.self);
    const after = keepPeople(between, participantsOf({ ...next, activeSpeakers: ["cleo"] }));
    expect(after.others[0]).toBe(between.others[0]);
    expect(after.others[1]).not.toBe(between.others[1]);
    expect(after.roster).toBe(between.roster);
  });
});

describe("what is said", () => {
  const says = (before: object, after: object, count = 2) =>
    changesInWords(
      groupSnapshot(people(count), before),
      groupSnapshot(people(count), after),
      english,
      "en",
    ).map(({ words }) => words);
  const reaction = (id: number, userId: string, what = "👍") => ({
    id,
    userId,
    reaction: what,
    at: 0,
  });

  test("hands, mine in other words", () => {
    const [ben] = people(1, { handRaisedAt: 1 });
    expect(says({}, { participants: [ben, ...people(2).slice(1)] })).toEqual([
      "Ben raised their hand",
    ]);
    expect(says({}, { handRaisedAt: 5 })).toEqual(["Your hand is raised"]);
    expect(says({ handRaisedAt: 5 }, {})).toEqual(["Your hand is down"]);
  });
  test("reactions by their names, each once, mine not at all", () => {
    const one = [reaction(1, "ben")];
    const more = [...one, reaction(2, "cleo"), reaction(3, "ben"), reaction(4, "ada", "🎉")];
    expect(says({ reactions: one }, { reactions: more })).toEqual(["Cleo and Ben: thumbs up"]);
    expect(says({ reactions: one }, { reactions: one })).toEqual([]);
  });
  test("that I am a moderator now", () => {
    expect(says({ role: "participant" }, { role: "moderator" })).toEqual([
      "You are a moderator now",
    ]);
  });
  test("no microphone of a crowd", () => {
    const quiet = { media: { audio: false, video: true, screen: false } };
    expect(says({}, { participants: people(12, quiet) }, 12)).toEqual([]);
  });
  test("nothing of the way that media takes", () => {
    expect(says({ topology: "p2p" }, { topology: "sfu" })).toEqual([]);
  });
});
