import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import {
  CallError,
  ConnectionError,
  type RecordingAbility,
  type RecordingEnd,
  type RecordingFault,
  type RecordingSnapshot,
} from "call-client";
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { tile } from "../fixtures/people.js";
import { Call } from "../src/connected/Call.js";
import { CallProvider } from "../src/connected/CallProvider.js";
import { IncomingCalls } from "../src/connected/IncomingCalls.js";
import { changesInWords } from "../src/hooks/useAnnouncements.js";
import { useRecordingTone } from "../src/hooks/useTone.js";
import type { RosterPerson } from "../src/model.js";
import { PeoplePanel } from "../src/parts/PeoplePanel.js";
import { RecordDialog } from "../src/recording/RecordDialog.js";
import * as tones from "../src/sound/tones.js";
import { english } from "../src/strings/english.js";
import { violations } from "./axe.js";
import { devices, FakeCall, FakeClient, participant, snapshot } from "./fakes.js";

const words = english.recording;
const ABILITY: RecordingAbility = {
  available: true,
  forced: false,
  consent: "notify",
  mixing: true,
};

function running(change: Partial<RecordingSnapshot> = {}): RecordingSnapshot {
  return {
    id: "recording-1",
    mode: "tracks",
    startedBy: "ben",
    startedAt: Date.now() - 65_000,
    consent: "notify",
    consents: [],
    mine: "none",
    canStop: false,
    ...change,
  };
}

/** Ada in a call with Ben. */
async function talking(
  change: Parameters<typeof snapshot>[0] = {},
  ability: RecordingAbility = ABILITY,
) {
  const client = new FakeClient();
  client.recordings.ability.set(ability);
  const call = new FakeCall(snapshot(change));
  client.stores.calls.set([call]);
  render(
    <CallProvider client={client} devices={devices()}>
      <Call callId="call-1" />
    </CallProvider>,
  );
  await screen.findByTestId("tile-ben");
  return call;
}
function over(by: string | null, cause: RecordingFault | null = null): RecordingEnd {
  return { id: "recording-1", by, cause };
}
const said = () => screen.getByTestId("live-polite").textContent;
const sign = () => screen.queryByTestId("recording-sign");
const notices = () => screen.queryAllByTestId("notice").map((each) => each.textContent);

let tone: MockInstance<typeof tones.playTone>;
beforeEach(() => {
  tone = vi.spyOn(tones, "playTone").mockReturnValue(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("a call that is recorded", () => {
  test("is seen, said and heard to be, by everybody", async () => {
    const call = await talking();
    expect(sign()).toBeNull();
    expect(tone).not.toHaveBeenCalledWith("recording");
    act(() => call.set({ recording: running() }));
    expect(sign()?.textContent).toContain("Ben is recording this call");
    expect(screen.getByTestId("recording-duration").textContent).toBe("1:05");
    expect(notices()).toEqual(["Ben is recording this callDismiss"]);
    expect(said()).toBe("Ben is recording this call");
    expect(screen.getByTestId("live-polite").getAttribute("role")).toBe("status");
    expect(tone).toHaveBeenCalledWith("recording");
    fireEvent.click(screen.getByRole("button", { name: "Dismiss" }));
    expect(notices()).toEqual([]);
    expect(sign()).not.toBeNull();
    act(() => call.set({ recording: null, lastRecording: over("ben") }));
    expect(sign()).toBeNull();
    expect(said()).toBe("Ben has stopped the recording");
    expect(notices()).toEqual(["Ben has stopped the recordingDismiss"]);
    expect(tone.mock.calls.filter(([name]) => name === "recording")).toHaveLength(1);
  });

  test("says so to who comes in while it is", async () => {
    await talking({ recording: running({ startedBy: null }) });
    expect(notices()[0]).toContain("This call is recorded");
    expect(tone).toHaveBeenCalledWith("recording");
  });

  test("says so before one joins", async () => {
    const client = new FakeClient();
    vi.spyOn(client.api, "turnCredentials").mockRejectedValue(new ConnectionError());
    client.stores.calls.set([
      new FakeCall(snapshot({ phase: "incoming", outgoing: false, recording: running() })),
    ]);
    render(
      <CallProvider client={client} devices={devices()}>
        <Call callId="call-1" />
      </CallProvider>,
    );
    expect((await screen.findByTestId("recorded")).textContent).toBe(words.joining);
  });

  test("says so while it rings", () => {
    const client = new FakeClient();
    const ringing = snapshot({ phase: "incoming", ringing: true, outgoing: false });
    client.stores.incoming.set([new FakeCall({ ...ringing, recording: running() })]);
    render(
      <CallProvider client={client} devices={devices()}>
        <IncomingCalls onAnswered={vi.fn()} />
      </CallProvider>,
    );
    const line = screen.getByTestId("recorded");
    expect(line.textContent).toBe(words.joining);
    const sheet = screen.getByTestId("incoming-call");
    expect(sheet.getAttribute("aria-describedby")?.split(" ")).toContain(line.id);
  });

  test("goes on to say so when the line is gone, and the line goes by itself", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await talking({ recording: running() });
    expect(notices()).toHaveLength(1);
    act(() => void vi.advanceTimersByTime(13_000));
    expect(notices()).toEqual([]);
    expect(sign()).not.toBeNull();
    expect(screen.getByTestId("recording-duration").textContent).toMatch(/^1:1[5-9]$/);
  });

  test("that fails says why, until it is read", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const call = await talking({ recording: running() });
    act(() => call.set({ recording: null, lastRecording: over(null, "disk_full") }));
    const why = "The recording has stopped and is not complete: the server’s disk is full";
    expect(said()).toBe(why);
    act(() => void vi.advanceTimersByTime(60_000));
    expect(notices()).toEqual([`${why}Dismiss`]);
    fireEvent.click(screen.getByRole("button", { name: "Dismiss" }));
    expect(notices()).toEqual([]);
    expect(screen.getByTestId("tile-ben")).toBeTruthy();
  });
});

test("how a recording ended is said for each, and when it is known later, too", async () => {
  const call = await talking({ recording: running() });
  act(() => call.set({ recording: null, lastRecording: over(null) }));
  expect(said()).toBe("The recording has stopped");
  act(() => call.set({ lastRecording: over(null, "overloaded") }));
  const why = `The recording has stopped and is not complete: ${words.faults.overloaded}`;
  expect(said()).toBe(why);
  act(() => call.set({ recording: running({ id: "recording-2" }) }));
  expect(said()).toBe(words.by("Ben"));
  const second = { ...over(null, "overloaded"), id: "recording-2" };
  act(() => call.set({ recording: null, lastRecording: second }));
  expect(said()).toBe(why);
  act(() => call.set({ recording: running({ id: "recording-3" }) }));
  act(() => call.set({ recording: null, lastRecording: { ...over("ada"), id: "recording-3" } }));
  expect(said()).toBe("You have stopped the recording");
});

describe("who may record", () => {
  test("chooses how, and is told what it means to the others", async () => {
    const call = await talking({ canRecord: true }, { ...ABILITY, consent: "ask" });
    const button = screen.getByRole("button", { name: "Record call" });
    button.focus();
    fireEvent.click(button);
    const dialog = screen.getByRole("dialog", { name: words.startTitle });
    expect(dialog.textContent).toContain(words.startWords.ask);
    expect(await violations(dialog)).toEqual([]);
    const [mixed, tracks] = within(dialog).getAllByRole<HTMLInputElement>("radio");
    expect(mixed?.checked).toBe(true);
    expect(document.activeElement).toBe(mixed);
    fireEvent.click(tracks!);
    fireEvent.click(within(dialog).getByRole("button", { name: words.start }));
    expect(call.startRecording).toHaveBeenCalledExactlyOnceWith({ mode: "tracks" });
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(document.activeElement).toBe(button);
    await screen.findByText(words.starting);
    expect(button.getAttribute("aria-disabled")).toBe("true");
    fireEvent.click(button);
    expect(screen.queryByRole("dialog")).toBeNull();
    act(() => call.set({ recording: running({ startedBy: "ada", canStop: true }) }));
    expect(notices()[0]).toContain("You are recording this call");
    expect(screen.queryByText(words.starting)).toBeNull();
  });

  test("cannot have one video made where the server has no ffmpeg, and reads why", () => {
    const onStart = vi.fn();
    render(<RecordDialog asks={false} mixing={false} onStart={onStart} onCancel={vi.fn()} />);
    const mixed = screen.getByRole<HTMLInputElement>("radio", { name: /One video/ });
    expect(mixed.disabled).toBe(true);
    expect(mixed.closest("label")?.textContent).toContain(words.mixingUnavailable);
    fireEvent.click(screen.getByRole("button", { name: words.start }));
    expect(onStart).toHaveBeenCalledWith("tracks");
  });

  test("finds the same under “more”, and nobody else does", async () => {
    const call = await talking({ canRecord: true });
    fireEvent.click(screen.getByRole("button", { name: "More options" }));
    fireEvent.click(screen.getByRole("menuitem", { name: "Record call" }));
    fireEvent.keyDown(screen.getByTestId("record-dialog"), { key: "Escape" });
    expect(screen.queryByTestId("record-dialog")).toBeNull();
    act(() => call.set({ canRecord: false }));
    expect(screen.queryByTestId("record-button")).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "More options" }));
    expect(screen.queryByRole("menuitem", { name: "Record call" })).toBeNull();
  });

  test("stops it after a question, by the button, by the sign, and under “more”", async () => {
    const call = await talking({ recording: running({ startedBy: "ada", canStop: true }) });
    const ways = [
      () => fireEvent.click(screen.getByTestId("record-button")),
      () => {
        fireEvent.click(screen.getByTestId("recording-sign"));
        fireEvent.click(screen.getByRole("menuitem", { name: words.stop }));
      },
      () => {
        fireEvent.click(screen.getByRole("button", { name: "More options" }));
        fireEvent.click(screen.getByRole("menuitem", { name: words.stop }));
      },
    ];
    for (const [index, way] of ways.entries()) {
      way();
      const dialog = screen.getByRole("alertdialog", { name: words.stopTitle });
      fireEvent.click(within(dialog).getByRole("button", { name: words.goOn }));
      expect(call.stopRecording).toHaveBeenCalledTimes(index);
      way();
      fireEvent.click(
        within(screen.getByRole("alertdialog")).getByRole("button", { name: words.stop }),
      );
      expect(call.stopRecording).toHaveBeenCalledTimes(index + 1);
    }
  });

  test("reads why it was refused", async () => {
    const call = await talking({ canRecord: true });
    const start = async () => {
      fireEvent.click(screen.getByTestId("record-button"));
      fireEvent.click(screen.getByRole("button", { name: words.start }));
      await waitFor(() => expect(screen.queryByText(words.starting)).toBeNull());
    };
    call.startRecording.mockRejectedValueOnce(new CallError("recording_forbidden", "no"));
    await start();
    await screen.findByText(words.failures.recording_forbidden ?? "", {
      selector: ".call-notice *",
    });
    expect(said()).toBe(words.failures.recording_forbidden);
    fireEvent.click(screen.getByRole("button", { name: "Dismiss" }));
    expect(notices()).toEqual([]);
    for (const [fault, expected] of [
      ["disk_full", words.unavailable.disk_full],
      ["overloaded", words.unavailable.overloaded],
      ["interrupted", words.failures.recording_unavailable],
      [null, words.failures.recording_unavailable],
    ] as const) {
      const refused = new CallError("recording_unavailable", "no", { fault });
      call.startRecording.mockRejectedValueOnce(refused);
      await start();
      await waitFor(() => expect(notices()).toEqual([`${expected}Dismiss`]));
      expect(said()).toBe(expected);
    }
    call.startRecording.mockRejectedValueOnce(new CallError("something_new", "no"));
    await start();
    await screen.findByText(words.failed, { selector: ".call-notice *" });
    // Another moderator was faster: what was wished for is so.
    call.startRecording.mockRejectedValueOnce(new CallError("already_recording", "no"));
    fireEvent.click(screen.getByTestId("record-button"));
    fireEvent.click(screen.getByRole("button", { name: words.start }));
    act(() => call.set({ recording: running({ canStop: true }), canRecord: false }));
    await waitFor(() => expect(notices()).toEqual(["Ben is recording this callDismiss"]));
  });

  test("does not wait for ever for it to begin", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await talking({ canRecord: true });
    fireEvent.click(screen.getByTestId("record-button"));
    fireEvent.click(screen.getByRole("button", { name: words.start }));
    await screen.findByText(words.starting);
    act(() => void vi.advanceTimersByTime(21_000));
    expect(screen.queryByText(words.starting)).toBeNull();
    expect(screen.getByTestId("record-button").getAttribute("aria-disabled")).toBe("false");
  });

  test("nobody else has a button; the sign has no menu, and says again who records", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await talking({ recording: running() });
    expect(screen.queryByTestId("record-button")).toBeNull();
    act(() => void vi.advanceTimersByTime(13_000));
    expect(notices()).toEqual([]);
    fireEvent.click(sign()!);
    expect(screen.queryByRole("menu")).toBeNull();
    expect(notices()).toEqual(["Ben is recording this callDismiss"]);
    fireEvent.click(screen.getByRole("button", { name: "Dismiss" }));
    fireEvent.click(sign()!);
    expect(notices()).toHaveLength(1);
  });

  test("is told whom it leaves out, and how many agreed", async () => {
    const consents = (ben: "asked" | "given" | "refused") =>
      running({
        startedBy: "ada",
        canStop: true,
        consent: "ask",
        mine: "given",
        consents: [
          { userId: "ada", status: "given", at: null },
          { userId: "ben", status: ben, at: null },
          { userId: "gone", status: "given", at: null },
        ],
      });
    const call = await talking({ recording: consents("asked") });
    fireEvent.click(screen.getByRole("button", { name: "Dismiss" }));
    act(() => call.set({ recording: consents("refused") }));
    expect(notices()).toEqual(["Ben is not recordedDismiss"]);
    expect(said()).toBe("Ben is not recorded");
    fireEvent.click(screen.getByTestId("recording-sign"));
    expect(screen.getByRole("menu").textContent).toContain("You are recorded · 1 of 2 agreed");
    fireEvent.keyDown(screen.getByRole("menu"), { key: "Escape" });
    act(() => call.set({ recording: consents("given") }));
    expect(notices()).toEqual([]);
    act(() => call.set({ recording: consents("refused") }));
    expect(notices()).toEqual(["Ben is not recordedDismiss"]);
    // Whoever does not lead the call is not told.
    act(() => call.set({ recording: { ...consents("refused"), canStop: false } }));
    expect(notices()).toEqual([]);
  });
});

describe("who is asked whether they may be recorded", () => {
  const asked = () =>
    running({
      consent: "ask",
      mine: "asked",
      consents: [{ userId: "ada", status: "asked", at: null }],
    });

  test("reads who asks and what follows, has two equal answers, and no key answers by accident", async () => {
    const call = await talking();
    const mute = screen.getByRole("button", { name: "Mute microphone" });
    mute.focus();
    act(() => call.set({ recording: asked() }));
    const dialog = screen.getByRole("dialog", { name: "Ben is recording this call" });
    expect(dialog.textContent).toContain(words.askWords.asked);
    expect(said()).toBe(`Ben is recording this call. ${words.asked}`);
    expect(await violations(dialog)).toEqual([]);
    const [no, yes, later] = within(dialog).getAllByRole("button");
    expect([no, yes, later].map((each) => each?.textContent)).toEqual([
      words.refuse,
      words.agree,
      words.later,
    ]);
    expect(no?.className).toBe(yes?.className);
    expect(document.activeElement).toBe(dialog);
    // The focus goes around in it.
    const order = [no, yes, later, no];
    for (const next of order) {
      fireEvent.keyDown(dialog, { key: "Tab" });
      expect(document.activeElement).toBe(next);
    }
    fireEvent.keyDown(dialog, { key: "Tab", shiftKey: true });
    expect(document.activeElement).toBe(later);
    fireEvent.keyDown(dialog, { key: "m" });
    expect(call.setMicrophone).not.toHaveBeenCalled();
    fireEvent.click(yes!);
    expect(call.consentToRecording).toHaveBeenCalledExactlyOnceWith(true);
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(document.activeElement).toBe(mute);
    act(() => call.set({ recording: { ...asked(), mine: "given" } }));
    expect(said()).toBe(words.answers.given);
    expect(notices()).toEqual(["Ben is recording this call. You are recordedDismiss"]);
  });

  test("may put it off, and answers by the line", async () => {
    const call = await talking({ recording: asked() });
    fireEvent.keyDown(screen.getByTestId("consent-dialog"), { key: "Escape" });
    expect(call.consentToRecording).not.toHaveBeenCalled();
    expect(notices()).toEqual([`Ben is recording this call. ${words.asked}${words.answer}`]);
    fireEvent.click(screen.getByRole("button", { name: words.answer }));
    fireEvent.click(screen.getByRole("button", { name: words.refuse }));
    expect(call.consentToRecording).toHaveBeenCalledExactlyOnceWith(false);
    act(() => call.set({ recording: { ...asked(), mine: "refused" } }));
    expect(said()).toBe("You are not recorded");
    expect(notices()[0]).toContain("You are not recorded");
  });

  test("sees whether they are recorded, and each answer is said, however late", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const call = await talking({ recording: asked() });
    fireEvent.click(screen.getByRole("button", { name: words.later }));
    expect(sign()?.textContent).toMatch(
      /Ben is recording this call. You are not recorded.*not you/,
    );
    act(() => void vi.advanceTimersByTime(60_000));
    for (const mine of ["given", "refused", "given"] as const) {
      act(() => call.set({ recording: { ...asked(), mine } }));
      const answer = words.answers[mine];
      expect(notices()).toEqual([`Ben is recording this call. ${answer}Dismiss`]);
      expect(sign()?.dataset.left).toBe(String(mine === "refused"));
      expect(sign()?.textContent?.includes(words.notYou)).toBe(mine === "refused");
    }
  });

  test("reads what is so all the same when the answer was not saved", async () => {
    const call = await talking({ recording: { ...asked(), mine: "given" } });
    const answers = async (name: string) => {
      call.consentToRecording.mockRejectedValueOnce(new CallError("internal", "no"));
      fireEvent.click(screen.getByTestId("recording-sign"));
      fireEvent.click(screen.getByRole("menuitem", { name: words.changeAnswer }));
      fireEvent.click(screen.getByRole("button", { name }));
    };
    await answers(words.refuse);
    await waitFor(() => expect(said()).toBe(words.consentFailed.recorded));
    expect(notices()[0]).toContain(words.consentFailed.recorded);
    act(() => call.set({ recording: { ...asked(), mine: "refused" } }));
    await answers(words.agree);
    await waitFor(() => expect(said()).toBe(words.consentFailed.notRecorded));
  });

  test("is asked over everything else, the list of people too", async () => {
    const call = await talking();
    fireEvent.click(screen.getByTestId("people-button"));
    act(() => call.set({ recording: asked() }));
    const veil = screen.getByTestId("consent-dialog").parentElement;
    // As far as the call reaches, and after what it covers.
    expect(veil?.parentElement).toBe(screen.getByTestId("call"));
    expect(screen.getByTestId("people-panel").nextElementSibling).toBe(veil);
  });

  test("may change the answer later", async () => {
    const call = await talking({ recording: { ...asked(), mine: "given" } });
    expect(screen.queryByTestId("consent-dialog")).toBeNull();
    fireEvent.click(screen.getByTestId("recording-sign"));
    fireEvent.click(screen.getByRole("menuitem", { name: words.changeAnswer }));
    const dialog = screen.getByTestId("consent-dialog");
    expect(dialog.textContent).toContain(words.askWords.given);
    expect(within(dialog).getByRole("button", { pressed: true }).textContent).toBe(words.agree);
    fireEvent.click(within(dialog).getByRole("button", { name: words.refuse }));
    expect(call.consentToRecording).toHaveBeenCalledExactlyOnceWith(false);
  });

  test("keeps being asked when the answer did not get through", async () => {
    const call = await talking({ recording: asked() });
    call.consentToRecording.mockRejectedValueOnce(new CallError("not_asked", "no"));
    fireEvent.click(screen.getByRole("button", { name: words.agree }));
    await screen.findByText(words.failures.not_asked ?? "", { selector: ".call-notice *" });
    expect(screen.getByRole("button", { name: words.answer })).toBeTruthy();
  });

  test("is asked anew by another recording", async () => {
    const call = await talking({ recording: asked() });
    fireEvent.click(screen.getByRole("button", { name: words.later }));
    expect(screen.queryByTestId("consent-dialog")).toBeNull();
    act(() => call.set({ recording: { ...asked(), id: "recording-2" } }));
    expect(screen.getByTestId("consent-dialog")).toBeTruthy();
    act(() => call.set({ recording: null }));
    expect(screen.queryByTestId("consent-dialog")).toBeNull();
  });
});

test("the list of people says who agreed", () => {
  const person = (
    name: string,
    consent: RosterPerson["consent"],
    status = "joined",
  ): RosterPerson => ({
    ...tile(name, name, 0),
    status: status as RosterPerson["status"],
    role: "participant",
    hand: null,
    consent: consent ?? null,
  });
  const roster = [
    person("ada", "given"),
    person("ben", "asked"),
    person("cleo", "refused"),
    person("dan", null),
    person("eve", "given", "left"),
  ];
  render(<PeoplePanel roster={roster} duo={false} onClose={vi.fn()} />);
  const note = (name: string) => screen.getByTestId(`roster-${name}`).textContent;
  expect(note("ada")).toContain(words.people.given);
  expect(note("ben")).toContain(words.people.asked);
  expect(note("cleo")).toContain(words.people.refused);
  expect(note("dan")).not.toMatch(/record/);
  expect(note("eve")).not.toMatch(/record/);
});

describe("what is said", () => {
  const says = (before: Parameters<typeof snapshot>[0], after: Parameters<typeof snapshot>[0]) =>
    changesInWords(snapshot(before), snapshot(after), english, "en").map(({ words: each }) => each);

  test("names who records: somebody, me, an admin outside the call, nobody", () => {
    const by = (startedBy: string | null) => says({}, { recording: running({ startedBy }) });
    expect(by("ben")).toEqual(["Ben is recording this call"]);
    expect(by("ada")).toEqual(["You are recording this call"]);
    expect(by("operator")).toEqual(["operator is recording this call"]);
    expect(by(null)).toEqual(["This call is recorded"]);
    const others = [participant({ userId: "eve", name: "Eve" })];
    expect(
      says(
        { participants: others },
        { participants: others, recording: running({ startedBy: "eve" }) },
      ),
    ).toEqual(["Eve is recording this call"]);
  });

  test("is nothing where nothing of mine changes", () => {
    const answered = { consents: [{ userId: "ben", status: "given" as const, at: null }] };
    expect(says({ recording: running() }, { recording: running(answered) })).toEqual([]);
  });
});

test("the tone of a recording is let go of, and played once for each", () => {
  vi.useFakeTimers();
  const stop = vi.fn();
  tone.mockReturnValue(stop);
  function Probe({ id }: { id: string | null }) {
    useRecordingTone(id);
    return null;
  }
  const { rerender } = render(<Probe id={null} />);
  expect(tone).not.toHaveBeenCalled();
  rerender(<Probe id="a" />);
  rerender(<Probe id="a" />);
  expect(tone).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(2000);
  expect(stop).toHaveBeenCalledOnce();
  rerender(<Probe id="b" />);
  expect(tone).toHaveBeenCalledTimes(2);
});

describe("after a recorded call", () => {
  const ended = { phase: "ended" as const, endReason: "completed" as const };
  const show = (change: Parameters<typeof snapshot>[0]) => {
    const client = new FakeClient();
    client.stores.calls.set([new FakeCall(snapshot({ ...ended, ...change }))]);
    const onDetails = vi.fn();
    render(
      <CallProvider client={client} devices={devices()}>
        <Call callId="call-1" onDetails={onDetails} />
      </CallProvider>,
    );
    return onDetails;
  };

  test("the summary says so, and leads to what was recorded", async () => {
    const onDetails = show({ lastRecording: over(null) });
    expect((await screen.findByTestId("was-recorded")).textContent).toBe(words.wasRecorded);
    fireEvent.click(screen.getByRole("button", { name: words.show }));
    expect(onDetails).toHaveBeenCalledExactlyOnceWith("call-1");
  });

  test("who left while it went on reads it, too", async () => {
    show({ endReason: "left", recording: running() });
    await screen.findByTestId("was-recorded");
  });

  test("of which nothing was recorded, or that was taken elsewhere, nothing is said", async () => {
    show({});
    await screen.findByTestId("call-ended");
    expect(screen.queryByTestId("was-recorded")).toBeNull();
    expect(screen.queryByRole("button", { name: words.show })).toBeNull();
    cleanup();
    show({ endReason: "answered_elsewhere", recording: running() });
    await screen.findByTestId("call-ended");
    expect(screen.queryByTestId("was-recorded")).toBeNull();
  });
});
