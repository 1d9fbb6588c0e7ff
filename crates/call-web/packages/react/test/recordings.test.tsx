import { act, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { CallError, ConnectionError, type Recording, type RecordingFile } from "call-client";
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { recordingOf } from "../fixtures/recordings.js";
import { CallProvider } from "../src/connected/CallProvider.js";
import { byteSize } from "../src/format/text.js";
import { RecordingList, type RecordingListProps } from "../src/recordings/RecordingList.js";
import { soundOf, stateOf, tracksByPerson } from "../src/recordings/state.js";
import { english } from "../src/strings/english.js";
import { violations } from "./axe.js";
import { devices, FakeClient } from "./fakes.js";

const words = english.recordings;
const names: Record<string, string> = { ada: "Ada", ben: "Ben", noor: "Noor" };
const file = (change: Partial<RecordingFile>): RecordingFile => ({
  ...(recordingOf().files[0] as RecordingFile),
  ...change,
});
const mixed = file({ id: "mixed", kind: "mixed", userId: null, source: null });
const playable = { ...mixed, contentType: "video/mp4", width: 1280, height: 720 };

function show(answers: (readonly Recording[] | Error)[], props: Partial<RecordingListProps> = {}) {
  const client = new FakeClient();
  const ability = { available: true, forced: false, consent: "notify", mixing: true } as const;
  client.recordings.ability.set(ability);
  const ofCall = vi.spyOn(client.recordings, "ofCall").mockImplementation(async () => {
    const next = answers.length > 1 ? answers.shift() : answers[0];
    if (next instanceof Error) throw next;
    return [...(next ?? [])];
  });
  let signed = 0;
  const fileUrl = vi.spyOn(client.recordings, "fileUrl").mockImplementation(async () => {
    signed += 1;
    return { url: `https://files.example/${signed}`, expiresAt: "2026-11-26T10:00:00.000Z" };
  });
  render(
    <CallProvider client={client} devices={devices()} locale="en">
      <RecordingList
        callId="call-1"
        nameOf={(userId) => names[userId] ?? userId}
        manages
        {...props}
      />
    </CallProvider>,
  );
  return { client, ofCall, fileUrl };
}
/** What went wrong, in words; the live region for what cannot wait is no part of the list. */
const problems = () =>
  screen
    .queryAllByRole("alert")
    .filter((each) => each.dataset.testid !== "live-assertive")
    .map((each) => each.textContent);
const problem = () =>
  waitFor(() => {
    expect(problems()).toHaveLength(1);
    return problems()[0];
  });
const state = () => screen.getByTestId("recording-state").textContent;
const media = () => screen.getByTestId<HTMLMediaElement>("recording-media");
const button = (name: string | RegExp) => screen.getByRole("button", { name });

let canPlay: MockInstance<HTMLMediaElement["canPlayType"]>;
beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  canPlay = vi.spyOn(HTMLMediaElement.prototype, "canPlayType").mockReturnValue("maybe");
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});
const pass = (ms: number) => act(async () => void (await vi.advanceTimersByTimeAsync(ms)));

describe("the recordings of a call", () => {
  test("none: says so, and how to make one while the call goes on", async () => {
    show([[]], { live: true });
    expect((await screen.findByTestId("no-recordings")).textContent).toBe(
      words.none + words.noneHint,
    );
  });

  test("not to be read: says so, and is tried again", async () => {
    show([new ConnectionError(), [recordingOf()]]);
    expect(await problem()).toContain(words.failures.connection_failed);
    fireEvent.click(button("Try again"));
    await screen.findByTestId("recordings");
  });

  test("has the latest first, each with when, length, size, who began it and who agreed", async () => {
    show([
      [
        recordingOf({
          id: "old",
          consent: "notify",
          consents: [],
          startedBy: null,
          stoppedBy: "ben",
        }),
        recordingOf({ id: "new" }),
      ],
    ]);
    const [first, second] = within(await screen.findByTestId("recordings")).getAllByRole("article");
    expect(first?.dataset.testid).toBe("recording-new");
    expect(first?.textContent).toContain("12:34 · 301 MB · Separate files · Started by Ada");
    expect(first?.textContent).toContain("Agreed: Ada and Ben");
    expect(first?.textContent).toContain("Did not agree: Noor");
    expect(first?.textContent).not.toContain("Stopped by");
    expect(second?.textContent).toContain("Started by the server · Stopped by Ben");
    expect(within(second!).queryByLabelText(words.people)).toBeNull();
    expect(await violations(document.body)).toEqual([]);
  });

  test("is read again while something is done to it, and says when that is over", async () => {
    const working = (change: Partial<Recording>) => [
      recordingOf({ files: [], bytes: 0, ...change }),
    ];
    const { ofCall } = show([
      working({ status: "recording", startedAt: new Date(Date.now() - 42_000).toISOString() }),
      working({ status: "processing" }),
      working({ status: "processing", mix: "running", progress: 0.42 }),
      new ConnectionError(),
      [recordingOf({ mix: "done", files: [mixed] })],
    ]);
    await screen.findByText("Recording…");
    expect(screen.getByTestId("recordings").textContent).toMatch(/0:4\d · Separate files/);
    expect(screen.queryByRole("button", { name: words.remove })).toBeNull();
    await pass(2100);
    expect(state()).toBe("Being finished…");
    await pass(2000);
    expect(state()).toBe("Being put together: 42%");
    expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("42");
    // A server that is away for a moment takes nothing away, and is asked less often.
    await pass(2000);
    expect(state()).toBe("Being put together: 42%");
    const before = ofCall.mock.calls.length;
    await pass(5000);
    expect(ofCall.mock.calls.length).toBe(before);
    await pass(5000);
    expect(state()).toBe("Ready");
    expect(screen.getByTestId("live-polite").textContent).toBe("Recordings: Ready");
    const done = ofCall.mock.calls.length;
    await pass(30_000);
    expect(ofCall.mock.calls.length).toBe(done);
  });

  test("is not read again while nobody looks, and finds one that begins in a call that goes on", async () => {
    const { ofCall } = show([[], [recordingOf()]], { live: true });
    await screen.findByTestId("no-recordings");
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    await pass(30_000);
    expect(ofCall).toHaveBeenCalledOnce();
    hidden.mockReturnValue(false);
    await pass(10_100);
    await screen.findByTestId("recordings");
  });
});

describe("the tracks", () => {
  const tracks = (id: string) =>
    within(screen.getByTestId(`recording-${id}`))
      .getByTestId("tracks")
      .closest("details")?.open;

  test("of the latest are shown, of others behind a press; a video that comes closes nothing", async () => {
    const { files } = recordingOf();
    const latest = (change: Partial<Recording>) => [
      recordingOf({ id: "old" }),
      recordingOf({ id: "new", ...change }),
    ];
    show([latest({ mix: "running" }), latest({ mix: "done", files: [...files, playable] })]);
    await screen.findByTestId("recordings");
    expect([tracks("old"), tracks("new")]).toEqual([false, true]);
    await pass(2100);
    await screen.findByTestId("player-mixed");
    expect([tracks("old"), tracks("new")]).toEqual([false, true]);
  });

  test("where there is one video are behind a press", async () => {
    const { files } = recordingOf();
    show([[recordingOf({ mix: "done", files: [...files, playable] })]]);
    await screen.findByTestId("recordings");
    expect(tracks("recording-1")).toBe(false);
  });
});

describe("who agreed", () => {
  test("who was recorded before they refused has withdrawn; who has not answered still may", async () => {
    const at = "2026-11-26T09:41:00.000Z";
    const consents = [
      { userId: "ada", status: "refused", at },
      { userId: "noor", status: "refused", at },
      { userId: "ben", status: "asked", at: null },
    ] as const;
    const files = [file({ id: "1", userId: "ada", source: "audio" })];
    const of = (id: string, status: Recording["status"]) =>
      recordingOf({ id, status, consents: [...consents], files });
    show([[of("done", "ready"), of("live", "recording")]]);
    await screen.findByTestId("recordings");
    const lines = (id: string) =>
      within(within(screen.getByTestId(`recording-${id}`)).getByLabelText(words.people))
        .getAllByRole("listitem")
        .map((line) => line.textContent);
    const refused = ["Did not agree: Noor", "Withdrew: Ada"];
    expect(lines("done")).toEqual([...refused, "Did not answer: Ben"]);
    expect(lines("live")).toEqual([...refused, "Not answered yet: Ben"]);
    expect(screen.getAllByText("Withdrew: Ada")[0]?.title).toMatch(/^Ada \d+:41:00/);
  });
});

describe("a file", () => {
  test("gets its URL when it is to be played, and plays", async () => {
    const { fileUrl } = show([[recordingOf({ mix: "done", files: [playable] })]]);
    const play = await screen.findByRole("button", { name: /^Play Recording of/ });
    expect(fileUrl).not.toHaveBeenCalled();
    expect(play.textContent).toMatch(/12:34$/);
    expect(await violations(document.body)).toEqual([]);
    fireEvent.click(play);
    await waitFor(() => expect(media().src).toBe("https://files.example/1"));
    expect(media().tagName).toBe("VIDEO");
    expect(media().controls).toBe(true);
    expect(media().autoplay).toBe(true);
    expect(fileUrl).toHaveBeenCalledExactlyOnceWith("recording-1", "mixed");
  });

  async function playing() {
    const shown = show([[recordingOf({ mix: "done", files: [playable] })]]);
    fireEvent.click(await screen.findByRole("button", { name: /^Play/ }));
    await waitFor(() => expect(media().src).toContain("/1"));
    return shown;
  }
  const fails = (code: number) => {
    Object.defineProperty(media(), "error", { configurable: true, value: { code } });
    fireEvent.error(media());
  };
  const at = (time: number, paused: boolean) => {
    let now = time;
    Object.defineProperty(media(), "currentTime", {
      configurable: true,
      get: () => now,
      set: (next: number) => {
        now = next;
      },
    });
    Object.defineProperty(media(), "paused", { configurable: true, value: paused });
  };

  test("whose URL has expired gets another one, and goes on where it was", async () => {
    const { fileUrl } = await playing();
    fireEvent.loadedMetadata(media());
    const play = vi.spyOn(media(), "play").mockResolvedValue(undefined);
    at(301.5, false);
    fails(2);
    await waitFor(() => expect(media().src).toContain("/2"));
    media().currentTime = 0;
    fireEvent.loadedMetadata(media());
    expect(media().currentTime).toBe(301.5);
    expect(play).toHaveBeenCalled();
    // Again, when that one has expired, too; but who paused is not woken.
    play.mockClear();
    const pause = vi.spyOn(media(), "pause").mockReturnValue(undefined);
    at(20, true);
    fails(4);
    await waitFor(() => expect(media().src).toContain("/3"));
    fireEvent.loadedMetadata(media());
    expect(media().currentTime).toBe(20);
    expect(play).not.toHaveBeenCalled();
    expect(pause).toHaveBeenCalledOnce();
    expect(fileUrl).toHaveBeenCalledTimes(3);
  });

  test("that does not open with a fresh URL either is not asked for without end", async () => {
    const { fileUrl } = await playing();
    fireEvent.loadedMetadata(media());
    fails(2);
    await waitFor(() => expect(media().src).toContain("/2"));
    fails(4);
    expect(await problem()).toContain(words.expired);
    expect(fileUrl).toHaveBeenCalledTimes(2);
    fireEvent.click(button("Try again"));
    await waitFor(() => expect(media().src).toContain("/3"));
    expect(problems()).toEqual([]);
  });

  test("that the browser cannot play says so", async () => {
    const { fileUrl } = await playing();
    fails(3);
    expect(await problem()).toContain(words.notPlayable);
    expect(fileUrl).toHaveBeenCalledOnce();
    canPlay.mockReturnValue("");
    fireEvent.click(button("Try again"));
    await waitFor(() => expect(media().src).toContain("/2"));
    fails(4);
    expect(await problem()).toContain(words.notPlayable);
    expect(fileUrl).toHaveBeenCalledTimes(2);
  });

  test("that does not come is asked for once more, and then said to", async () => {
    const { fileUrl } = await playing();
    fails(4);
    await waitFor(() => expect(media().src).toContain("/2"));
    expect(problems()).toEqual([]);
    fails(4);
    expect(await problem()).toContain(words.notLoaded);
    expect(fileUrl).toHaveBeenCalledTimes(2);
    fireEvent.click(button("Try again"));
    await waitFor(() => expect(media().src).toContain("/3"));
    fails(4);
    await waitFor(() => expect(media().src).toContain("/4"));
    fireEvent.loadedMetadata(media());
    expect(problems()).toEqual([]);
  });

  test("takes the focus of the button that plays it, and gives it back", async () => {
    show([[recordingOf({ mix: "done", files: [playable] })]]);
    const play = await screen.findByRole("button", { name: /^Play/ });
    play.focus();
    fireEvent.click(play);
    fireEvent.click(play);
    await waitFor(() => expect(document.activeElement).toBe(media()));
    expect(media().src).toContain("/1");
  });

  test("that is not there any more says so", async () => {
    const { fileUrl } = show([[recordingOf({ mix: "done", files: [playable] })]]);
    fileUrl.mockRejectedValueOnce(new CallError("not_found", "no"));
    fireEvent.click(await screen.findByRole("button", { name: /^Play/ }));
    expect(await problem()).toContain(words.failures.not_found);
  });

  test("is kept by the browser under a URL for that", async () => {
    const { fileUrl } = show([[recordingOf({ mix: "done", files: [playable] })]]);
    const kept: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      kept.push(this.href);
    });
    fireEvent.click(await screen.findByRole("button", { name: words.download }));
    await waitFor(() => expect(kept).toEqual(["https://files.example/1"]));
    expect(fileUrl).toHaveBeenCalledExactlyOnceWith("recording-1", "mixed", { download: true });
    expect(document.querySelector('a[href^="https://files"]')).toBeNull();
  });
});

describe("the tracks of a recording", () => {
  test("stand by person, each to be played and kept; where there is one video, behind it", async () => {
    const { fileUrl } = show([[recordingOf()]]);
    const tracks = await screen.findByTestId("tracks");
    expect(tracks.closest("details")?.open).toBe(true);
    expect(within(tracks).getByTestId("track-ben-screen").textContent).toBe(
      "Screen2:01 · 23 MB · from 5:02",
    );
    fireEvent.click(button("Play Microphone, Ada"));
    await waitFor(() => expect(media().tagName).toBe("AUDIO"));
    expect(button("Close Microphone, Ada")).toBeTruthy();
    fireEvent.click(button("Play Camera, Ben"));
    await waitFor(() => expect(media().tagName).toBe("VIDEO"));
    expect(screen.getByTestId("player-ben-video")).toBeTruthy();
    fireEvent.click(button("Close Camera, Ben"));
    expect(screen.queryByTestId("recording-media")).toBeNull();
    fireEvent.click(button("Download Camera, Ada"));
    await waitFor(() =>
      expect(fileUrl).toHaveBeenLastCalledWith("recording-1", "ada-video", { download: true }),
    );
  });

  test("a camera is heard with the voice, which follows the picture", async () => {
    show([[recordingOf()]]);
    fireEvent.click(await screen.findByRole("button", { name: "Play Camera, Ben" }));
    const sound = await screen.findByTestId<HTMLAudioElement>("paired-sound");
    await waitFor(() => expect(sound.src).toContain("https://files.example/"));
    const picture = media();
    const set = (element: HTMLMediaElement, values: object) => {
      for (const [name, value] of Object.entries(values)) {
        Object.defineProperty(element, name, { configurable: true, writable: true, value });
      }
    };
    set(sound, { currentTime: 0, duration: 690, paused: true });
    set(picture, { currentTime: 100, paused: false, seeking: false, ended: false });
    const play = vi.spyOn(sound, "play").mockResolvedValue(undefined);
    const pause = vi.spyOn(sound, "pause").mockReturnValue(undefined);
    // The camera's file begins 0.3 s after that of the microphone.
    await waitFor(() => {
      fireEvent.playing(picture);
      expect(sound.currentTime).toBeCloseTo(100.3);
    });
    expect(play).toHaveBeenCalled();
    // A little early or late, it runs slower or faster.
    const rates = [100.4, 100.2, 100.31].map((time) => {
      sound.currentTime = time;
      fireEvent.timeUpdate(picture);
      expect(sound.currentTime).toBe(time);
      return sound.playbackRate;
    });
    expect(rates).toEqual([0.96, 1.04, 1]);
    picture.volume = 0.4;
    picture.playbackRate = 2;
    fireEvent.volumeChange(picture);
    expect([sound.volume, sound.playbackRate]).toEqual([0.4, 2]);
    set(picture, { paused: true });
    fireEvent.pause(picture);
    expect(pause).toHaveBeenCalled();
    // Beyond the end of the sound there is none.
    play.mockClear();
    set(picture, { paused: false, currentTime: 700 });
    fireEvent.seeked(picture);
    expect(play).not.toHaveBeenCalled();
  });

  test("are the people in their order, each with sound before picture", () => {
    const people = tracksByPerson([
      file({ id: "3", userId: "ben", source: "video", offsetMs: 10 }),
      file({ id: "4", userId: "ada", source: "screen", offsetMs: 90 }),
      file({ id: "2", userId: "ben", source: "audio", offsetMs: 20 }),
      file({ id: "1", userId: "ada", source: "audio", offsetMs: 30 }),
      mixed,
    ]);
    expect(people.map(({ userId, tracks }) => [userId, ...tracks.map(({ id }) => id)])).toEqual([
      ["ben", "2", "3"],
      ["ada", "1", "4"],
    ]);
  });

  test("a picture is heard with the sound that it shares most time with, if any", () => {
    const camera = file({ source: "video", offsetMs: 5000, durationMs: 5000 });
    const sound = (id: string, offsetMs: number, durationMs: number, change = {}) =>
      file({ id, source: "audio", offsetMs, durationMs, ...change });
    const files = [
      sound("before", 0, 5000),
      sound("some", 4000, 2000),
      sound("most", 6000, 9000),
      sound("other", 5000, 5000, { userId: "ben" }),
      sound("screen", 5000, 5000, { source: "screenAudio" }),
    ];
    expect(soundOf(camera, files)?.id).toBe("most");
    expect(soundOf(camera, files.slice(0, 1))).toBeNull();
    expect(soundOf({ ...camera, source: "screen" }, files)?.id).toBe("screen");
    expect(soundOf(files[0]!, files)).toBeNull();
    expect(soundOf(playable, files)).toBeNull();
  });
});

describe("who leads the call", () => {
  test("deletes a recording after a question, also one that is gone already", async () => {
    const { client } = show([[recordingOf({ id: "one" }), recordingOf({ id: "two" })]]);
    const remove = vi
      .spyOn(client.recordings, "delete")
      .mockResolvedValueOnce(undefined)
      .mockRejectedValueOnce(new CallError("not_found", "no"));
    const ask = (id: string) =>
      fireEvent.click(
        within(screen.getByTestId(`recording-${id}`)).getByRole("button", { name: words.remove }),
      );
    await screen.findByTestId("recordings");
    ask("two");
    const dialog = screen.getByRole("alertdialog", { name: /^Delete the recording of Nov 26/ });
    expect(dialog.textContent).not.toContain(words.removeMixing);
    fireEvent.click(within(dialog).getByRole("button", { name: words.keep }));
    expect(remove).not.toHaveBeenCalled();
    for (const id of ["two", "one"]) {
      ask(id);
      fireEvent.click(
        within(screen.getByRole("alertdialog")).getByRole("button", { name: words.remove }),
      );
      await waitFor(() => expect(screen.queryByTestId(`recording-${id}`)).toBeNull());
      // The focus goes to what is left, not to nowhere.
      const left = id === "two" ? screen.getByRole("heading") : screen.getByTestId("no-recordings");
      expect(document.activeElement).toBe(left);
    }
    expect(remove.mock.calls).toEqual([["two"], ["one"]]);
    expect(screen.getByTestId("live-polite").textContent).toBe(words.removed);
    expect(screen.getByTestId("no-recordings")).toBeTruthy();
  });

  test("reads that a video in the making goes, too", async () => {
    show([[recordingOf({ mix: "running" })]]);
    fireEvent.click(await screen.findByRole("button", { name: words.remove }));
    expect(screen.getByRole("alertdialog").textContent).toContain(words.removeMixing);
  });

  test("reads why it was not deleted", async () => {
    const { client } = show([[recordingOf()]]);
    vi.spyOn(client.recordings, "delete").mockRejectedValue(new CallError("not_allowed", "no"));
    fireEvent.click(await screen.findByRole("button", { name: words.remove }));
    fireEvent.click(
      within(screen.getByRole("alertdialog")).getByRole("button", { name: words.remove }),
    );
    expect(await problem()).toBe(words.failures.not_allowed);
    expect(screen.getByTestId("recording-recording-1")).toBeTruthy();
  });

  test("has one video made, and made again when that failed", async () => {
    const queued = recordingOf({ mix: "queued" });
    const failed = recordingOf({ mix: "failed" });
    const { client } = show([[recordingOf()], [queued], [failed]]);
    const mix = vi.spyOn(client.recordings, "mix").mockResolvedValue(queued);
    fireEvent.click(await screen.findByRole("button", { name: words.makeMix }));
    await waitFor(() => expect(state()).toBe("Waiting to be put together…"));
    expect(mix).toHaveBeenCalledExactlyOnceWith("recording-1");
    await pass(4200);
    expect(state()).toBe(words.states.mixFailed);
    mix.mockRejectedValueOnce(new CallError("mixing_unavailable", "no"));
    fireEvent.click(button(words.mixAgain));
    expect(await problem()).toBe(words.failures.mixing_unavailable);
  });

  test("is not offered what the server cannot do; others are offered neither", async () => {
    const { client } = show([[recordingOf()]]);
    await screen.findByRole("button", { name: words.makeMix });
    const ability = { available: true, forced: false, consent: "ask", mixing: false } as const;
    act(() => client.recordings.ability.set(ability));
    await waitFor(() => expect(screen.queryByRole("button", { name: words.makeMix })).toBeNull());
  });

  test("others play and keep, and nothing else", async () => {
    show([[recordingOf()]], { manages: false });
    await screen.findByTestId("tracks");
    expect(screen.queryByRole("button", { name: words.remove })).toBeNull();
    expect(screen.queryByRole("button", { name: words.makeMix })).toBeNull();
    expect(button("Download Camera, Ada")).toBeTruthy();
  });
});

test("where a recording stands, in words", () => {
  const says = (change: Partial<Recording>) => {
    const { tone, words: said } = stateOf(recordingOf(change), english, "en");
    return `${tone}: ${said}`;
  };
  expect(says({ status: "recording" })).toBe("live: Recording…");
  expect(says({ status: "processing", progress: 0.999 })).toBe("working: Being finished: 99%");
  expect(says({ mix: "running", progress: null })).toBe("working: Being put together…");
  expect(says({ status: "partial", cause: "interrupted" })).toBe(
    "warning: Not complete: the server was interrupted",
  );
  expect(says({ status: "failed" })).toBe("bad: Failed: the server does not say why");
  expect(says({ mix: "failed" })).toContain("warning: ");
  expect(says({ mix: "unavailable" })).toBe("good: Ready");
});

test("sizes are read", () => {
  expect([0, 999, 4200, 148_300_000, 2_500_000_000].map((bytes) => byteSize(bytes, "en"))).toEqual([
    "0 byte",
    "999 byte",
    "4.2 kB",
    "148 MB",
    "2.5 GB",
  ]);
});
