import { act, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { ValueStore } from "call-client";
import { Profiler, type ReactNode } from "react";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { crowd, rosterOf } from "../fixtures/crowd.js";
import { tile } from "../fixtures/people.js";
import { VoiceLevelsContext } from "../src/hooks/useVoice.js";
import type { TilePerson } from "../src/model.js";
import { CallView, type CallViewProps } from "../src/parts/CallView.js";
import { GroupStage } from "../src/parts/GroupStage.js";
import { violations } from "./axe.js";

const me = tile("me", "Me", 30, { isLocal: true, role: "participant" });
const sharing = { audio: true, video: true, screen: true };

beforeEach(() => localStorage.clear());

function view(others: readonly TilePerson[], change: Partial<CallViewProps> = {}): CallViewProps {
  return {
    type: "video",
    phase: "active",
    group: true,
    topology: "sfu",
    self: me,
    others,
    awaited: [],
    roster: rosterOf([change.self ?? me, ...others]),
    startedAt: 0,
    reconnectingSince: null,
    quality: "good",
    reasons: [],
    peers: [],
    soundBlocked: false,
    onStartSound: vi.fn(),
    onMicrophone: vi.fn(),
    onCamera: vi.fn(),
    onShare: vi.fn(),
    onHangUp: vi.fn(),
    onHand: vi.fn(),
    onReact: vi.fn(),
    onAdd: vi.fn(async () => undefined),
    directory: () => [],
    actions: { moderates: true, mute: vi.fn(), remove: vi.fn(), setRole: vi.fn() },
    ...change,
  };
}
const shownTiles = () =>
  [...document.querySelectorAll<HTMLElement>('[data-testid^="tile-"]')]
    .map((element) => element.dataset.testid ?? "")
    .filter((id) => id !== "tile-why" && id !== "tile-reactions");

describe("pages", () => {
  test("16 tiles at most, mine on the first; buttons, dots and words turn and tell", () => {
    render(<CallView {...view(crowd(49))} />);
    expect(shownTiles()).toHaveLength(16);
    expect(shownTiles()).toContain("tile-me");
    expect(screen.getByTestId("page-words").textContent).toBe("Page 1 of 4");
    expect(document.querySelectorAll(".call-pager-dots > span")).toHaveLength(4);
    const back = screen.getByTestId<HTMLButtonElement>("page-prev");
    const on = screen.getByTestId<HTMLButtonElement>("page-next");
    expect(back.disabled).toBe(true);
    fireEvent.click(on);
    expect(shownTiles()).toHaveLength(16);
    expect(shownTiles()).not.toContain("tile-me");
    fireEvent.click(on);
    fireEvent.click(on);
    expect(shownTiles()).toEqual(["tile-person-48", "tile-person-49"]);
    expect(on.disabled).toBe(true);
    fireEvent.click(back);
    expect(screen.getByTestId("page-words").textContent).toBe("Page 3 of 4");
  });

  test("what is on another page has no video element", () => {
    render(<CallView {...view(crowd(49, () => ({ media: { ...sharing, screen: false } })))} />);
    expect(document.querySelectorAll("video")).toHaveLength(16);
    expect(screen.queryByTestId("tile-person-40")).toBeNull();
  });

  test("an arrow key at the edge turns the page and takes the focus along", () => {
    render(<CallView {...view(crowd(49))} />);
    const last = screen.getByTestId("tile-person-4");
    last.focus();
    fireEvent.keyDown(last, { key: "ArrowRight" });
    expect(screen.getByTestId("page-words").textContent).toBe("Page 2 of 4");
    const first = screen.getByTestId("tile-person-16");
    expect(document.activeElement).toBe(first);
    expect(first.tabIndex).toBe(0);
    fireEvent.keyDown(first, { key: "ArrowLeft" });
    expect(screen.getByTestId("page-words").textContent).toBe("Page 1 of 4");
    fireEvent.keyDown(document.activeElement as Element, { key: "PageDown" });
    expect(screen.getByTestId("page-words").textContent).toBe("Page 2 of 4");
  });

  test("a finger swipes", () => {
    render(<CallView {...view(crowd(49))} />);
    const field = document.querySelector(".call-grid") as HTMLElement;
    const touch = { pointerType: "touch", pointerId: 1, isPrimary: true };
    const swipe = (from: number, to: number, dy = 0) => {
      fireEvent.pointerDown(field, { ...touch, clientX: from, clientY: 0 });
      fireEvent.pointerUp(field, { ...touch, clientX: to, clientY: dy });
    };
    swipe(300, 100);
    expect(screen.getByTestId("page-words").textContent).toBe("Page 2 of 4");
    swipe(100, 120);
    swipe(100, 300, 200);
    expect(screen.getByTestId("page-words").textContent).toBe("Page 2 of 4");
    swipe(100, 300);
    expect(screen.getByTestId("page-words").textContent).toBe("Page 1 of 4");
  });

  test("who speaks comes to the first page, but not while another page is looked at", () => {
    const people = crowd(49);
    const { rerender } = render(<CallView {...view(people)} />);
    expect(shownTiles()).not.toContain("tile-person-40");
    rerender(<CallView {...view(people, { speakers: ["person-40"] })} />);
    expect(shownTiles()).toContain("tile-person-40");
    expect(shownTiles()).toContain("tile-me");
    fireEvent.click(screen.getByTestId("page-next"));
    const before = shownTiles();
    rerender(<CallView {...view(people, { speakers: ["person-20"] })} />);
    expect(shownTiles()).toEqual(before);
  });

  test("a raised hand comes to the first page", () => {
    render(<CallView {...view(crowd(49, (index) => ({ hand: index === 44 ? 1 : null })))} />);
    expect(shownTiles()).toContain("tile-person-45");
    expect(screen.getByTestId("tile-person-45").dataset.hand).toBe("1");
  });
});

describe("layout, stage and pin", () => {
  const stage = () => screen.getByTestId("stage").dataset.layout;
  const large = () =>
    document.querySelector<HTMLElement>(".call-field > .call-tile")?.dataset.testid;

  test("the switch is remembered for the next call", () => {
    const first = render(<CallView {...view(crowd(4))} />);
    expect(stage()).toBe("grid");
    fireEvent.click(screen.getByTestId("layout-switch"));
    expect(stage()).toBe("speaker");
    first.unmount();
    render(<CallView {...view(crowd(4))} />);
    expect(stage()).toBe("speaker");
    fireEvent.click(screen.getByRole("button", { name: "Show everybody alike" }));
    expect(stage()).toBe("grid");
  });

  test("the speaker takes the stage, and keeps it against a cough", () => {
    vi.useFakeTimers();
    localStorage.setItem("call:layout", "speaker");
    const people = crowd(4);
    const { rerender } = render(<CallView {...view(people, { speakers: ["person-3"] })} />);
    expect(large()).toBe("tile-person-3");
    rerender(<CallView {...view(people, { speakers: ["person-2", "person-3"] })} />);
    expect(large()).toBe("tile-person-3");
    act(() => void vi.advanceTimersByTime(1600));
    expect(large()).toBe("tile-person-2");
    // Silence leaves the last speaker there.
    rerender(<CallView {...view(people, { speakers: [] })} />);
    expect(large()).toBe("tile-person-2");
    vi.useRealTimers();
  });

  test("I never take my own stage", () => {
    localStorage.setItem("call:layout", "speaker");
    render(<CallView {...view(crowd(3), { speakers: ["me"] })} />);
    expect(large()).toBe("tile-person-1");
  });

  test("pin by double click, by Enter and P, and by the tile's menu", () => {
    render(<CallView {...view(crowd(4))} />);
    const second = () => screen.getByTestId("tile-person-2");
    fireEvent.doubleClick(second());
    expect(stage()).toBe("speaker");
    expect(large()).toBe("tile-person-2");
    expect(second().dataset.pinned).toBe("true");
    fireEvent.keyDown(second(), { key: "Enter" });
    expect(stage()).toBe("grid");
    fireEvent.keyDown(second(), { key: "p" });
    expect(second().dataset.pinned).toBe("true");
    fireEvent.click(within(second()).getByRole("button", { name: "Options for Ben Okafor" }));
    const menu = screen.getByRole("menu");
    // Over everything: inside the tile it would be cut off.
    expect(second().contains(menu)).toBe(false);
    fireEvent.click(within(menu).getByRole("menuitem", { name: "Unpin" }));
    expect(second().dataset.pinned).toBe("false");
    expect(stage()).toBe("grid");
  });

  test("keys in a tile's menu are not keys of the tile or the call", () => {
    const given = view(crowd(4));
    render(<CallView {...given} />);
    fireEvent.click(screen.getByTestId("person-menu-person-2"));
    const item = screen.getByRole("menuitem", { name: "Pin" });
    fireEvent.keyDown(item, { key: "Enter" });
    fireEvent.keyDown(item, { key: "m" });
    fireEvent.doubleClick(item);
    expect(stage()).toBe("grid");
    expect(given.onMicrophone).not.toHaveBeenCalled();
    fireEvent.keyDown(item, { key: "Escape" });
    expect(screen.queryByRole("menu")).toBeNull();
    expect(document.activeElement).toBe(screen.getByTestId("person-menu-person-2"));
  });

  test("whoever was pinned leaves: the grid is back", () => {
    const people = crowd(4);
    const { rerender } = render(<CallView {...view(people)} />);
    fireEvent.doubleClick(screen.getByTestId("tile-person-2"));
    rerender(<CallView {...view(people.filter((person) => person.userId !== "person-2"))} />);
    expect(stage()).toBe("grid");
  });

  test("a shared screen takes the stage beside its owner's camera; the latest one wins", () => {
    const share = (...ids: number[]) =>
      crowd(4, (index) => (ids.includes(index) ? { media: sharing, screenStream: null } : {}));
    const { rerender } = render(<CallView {...view(share(3))} />);
    expect(large()).toBe("screen-person-4");
    expect(screen.getByTestId("tile-person-4").dataset.sharing).toBe("true");
    rerender(<CallView {...view(share(3, 0))} />);
    expect(large()).toBe("screen-person-1");
    fireEvent.doubleClick(screen.getByTestId("screen-person-4"));
    expect(large()).toBe("screen-person-4");
    rerender(<CallView {...view(share())} />);
    expect(stage()).toBe("grid");
  });

  test("my own screen is not shown to me, and does not change the layout", () => {
    render(<CallView {...view(crowd(3), { self: { ...me, media: sharing } })} />);
    expect(stage()).toBe("grid");
    expect(screen.queryByTestId("screen-me")).toBeNull();
  });

  test("with two people, one of them sharing beside the camera, both pictures have a place", () => {
    const far = tile("ada", "Ada", 1, { media: sharing, screenStream: null });
    render(<CallView {...view([far], { group: false })} />);
    expect(large()).toBe("screen-ada");
    expect(screen.getByTestId("tile-ada")).toBeTruthy();
  });
});

describe("a tile tells", () => {
  const show = (change: Partial<TilePerson>) =>
    render(<GroupStage self={me} others={[tile("ada", "Ada", 1, change)]} layout="grid" />);
  const ada = () => screen.getByTestId("tile-ada");
  const paused = (reason: "bandwidth" | "last_n" | "codec" | "hidden" | "muted") => ({
    picture: { state: "paused" as const, reason, layer: null },
  });

  test.each([
    ["bandwidth", "Poor connection: video paused"],
    ["last_n", "Not among those shown"],
    ["codec", "This browser cannot show this video"],
  ] as const)("why a picture is missing: %s", (reason, words) => {
    show(paused(reason));
    expect(within(ada()).getByTestId("tile-why").textContent).toBe(words);
    expect(ada().querySelector("video")).toBeNull();
    expect(ada().dataset).toMatchObject({ streamState: "paused", streamReason: reason });
  });
  test("a picture that is only on its way needs no words", () => {
    show(paused("hidden"));
    expect(within(ada()).queryByTestId("tile-why")).toBeNull();
    expect(ada().querySelector("video")).toBeNull();
  });
  test("whether the server has said how a picture comes; a device just sends it", () => {
    const { unmount } = show({ screenStream: null });
    expect(ada().dataset.streamState).toBe("none");
    unmount();
    show({});
    expect(ada().dataset.streamState).toBe("active");
  });
  test("which layer comes", () => {
    show({ picture: { state: "active", reason: null, layer: "medium" } });
    expect(ada().dataset).toMatchObject({ streamState: "active", streamLayer: "medium" });
    expect(ada().querySelector("video")).not.toBeNull();
  });
  test("the avatar until the first frame, and again when the picture is paused and resumed", () => {
    const { rerender } = show({});
    const avatar = () => ada().querySelector(".call-avatar");
    const picture = () => ada().querySelector("video") as HTMLVideoElement;
    expect(avatar()).not.toBeNull();
    fireEvent.playing(picture());
    expect(avatar()).toBeNull();
    const others = (change: Partial<TilePerson>) => (
      <GroupStage self={me} others={[tile("ada", "Ada", 1, change)]} layout="grid" />
    );
    rerender(others(paused("bandwidth")));
    expect(avatar()).not.toBeNull();
    rerender(others({}));
    expect(avatar()).not.toBeNull();
    fireEvent.playing(picture());
    expect(avatar()).toBeNull();
  });
  test("who reconnects without a picture says so in its place", () => {
    show({
      link: "reconnecting",
      stream: null,
      media: { audio: true, video: false, screen: false },
    });
    expect(within(ada()).getByTestId("tile-why").textContent).toBe("Reconnecting…");
  });
  test("a camera that is off", () => {
    show({ media: { audio: false, video: false, screen: false }, ...paused("bandwidth") });
    expect(ada().dataset).toMatchObject({ camera: "off", streamState: "off", muted: "true" });
    expect(within(ada()).getByText("Camera off")).toBeTruthy();
    expect(within(ada()).queryByTestId("tile-why")).toBeNull();
  });
  test("a hand with its place in line, speech, quality in words", () => {
    show({ hand: 2, speaking: true, quality: "poor" });
    expect(within(ada()).getByText("Hand raised, number 2 in line")).toBeTruthy();
    expect(ada().dataset.speaking).toBe("true");
    expect(within(ada()).getByText("Connection: Poor")).toBeTruthy();
  });
  test("reactions rise over it, and beside the field where the tile is on another page", () => {
    const reactions = [{ id: 1, userId: "ada", reaction: "👍", at: 0 }];
    const first = show({ reactions });
    expect(within(ada()).getByTestId("tile-reactions").textContent).toBe("👍");
    expect(screen.queryByTestId("offstage-reactions")).toBeNull();
    first.unmount();
    const people = crowd(40, (index) => (index === 39 ? { reactions } : {}));
    render(<GroupStage self={me} others={people} layout="grid" />);
    expect(screen.getByTestId("offstage-reactions").textContent).toContain("👍");
    expect(screen.getByTestId("offstage-reactions").textContent).toContain(
      people[39]?.name ?? "nobody",
    );
  });
});

describe("loudness", () => {
  const levels = new ValueStore<ReadonlyMap<string, number>>(new Map());
  let commits = 0;
  const show = (children: ReactNode) =>
    render(
      <VoiceLevelsContext.Provider value={levels}>
        <Profiler
          id="stage"
          onRender={() => {
            commits += 1;
          }}
        >
          {children}
        </Profiler>
      </VoiceLevelsContext.Provider>,
    );

  test("is written to the speaking tile without rendering anything", () => {
    show(
      <GroupStage
        self={me}
        others={crowd(9, (index) => ({ speaking: index === 2 }))}
        layout="grid"
        speakers={["person-3"]}
      />,
    );
    commits = 0;
    act(() =>
      levels.set(
        new Map([
          ["person-3", 0.25],
          ["person-4", 0.25],
        ]),
      ),
    );
    expect(screen.getByTestId("tile-person-3").style.getPropertyValue("--call-level")).toBe("0.65");
    expect(screen.getByTestId("tile-person-4").style.getPropertyValue("--call-level")).toBe("");
    act(() => levels.set(new Map()));
    expect(screen.getByTestId("tile-person-3").style.getPropertyValue("--call-level")).toBe("0");
    expect(commits).toBe(0);
  });

  test("marks who speaks where the server does not tell, and forgets after a breath", () => {
    vi.useFakeTimers();
    show(<GroupStage self={me} others={[tile("ada", "Ada", 1)]} layout="grid" />);
    const speaking = () => screen.getByTestId("tile-ada").dataset.speaking;
    expect(speaking()).toBe("false");
    act(() => levels.set(new Map([["ada", 0.3]])));
    expect(speaking()).toBe("true");
    act(() => levels.set(new Map()));
    act(() => void vi.advanceTimersByTime(400));
    expect(speaking()).toBe("true");
    act(() => void vi.advanceTimersByTime(200));
    expect(speaking()).toBe("false");
    vi.useRealTimers();
  });
});

describe("hand and reactions", () => {
  test("the hand button says what a press does, R does the same", () => {
    const given = view(crowd(3));
    const { rerender } = render(<CallView {...given} />);
    const hand = screen.getByTestId("hand-button");
    expect(hand.getAttribute("aria-label")).toBe("Raise hand");
    expect(hand.getAttribute("aria-pressed")).toBe("false");
    fireEvent.click(hand);
    fireEvent.keyDown(screen.getByTestId("call"), { key: "r" });
    expect(given.onHand).toHaveBeenCalledTimes(2);
    rerender(<CallView {...given} self={{ ...me, hand: 1 }} />);
    expect(screen.getByTestId("hand-button").getAttribute("aria-label")).toBe("Lower hand");
  });

  test("the picker works by keyboard, with names for the emoji", () => {
    const given = view(crowd(3));
    render(<CallView {...given} />);
    fireEvent.click(screen.getByTestId("reactions-button"));
    const items = within(screen.getByRole("menu", { name: "React" })).getAllByRole("menuitem");
    expect(items.map((item) => item.getAttribute("aria-label"))).toContain("applause");
    expect(document.activeElement).toBe(items[0]);
    fireEvent.keyDown(items[0] as Element, { key: "ArrowRight" });
    expect(document.activeElement).toBe(items[1]);
    fireEvent.click(items[1] as Element);
    expect(given.onReact).toHaveBeenCalledExactlyOnceWith("❤️");
    expect(document.activeElement).toBe(screen.getByTestId("reactions-button"));
  });

  test("a call of two has neither", () => {
    render(<CallView {...view([tile("ada", "Ada", 1)], { group: false })} />);
    expect(screen.queryByTestId("hand-button")).toBeNull();
    expect(screen.queryByTestId("reactions-button")).toBeNull();
    expect(screen.getByTestId("people-button")).toBeTruthy();
  });
});

test("how media travels is told to the page", async () => {
  const { container } = render(
    <main>
      <CallView {...view(crowd(20), { topology: "sfu" })} />
    </main>,
  );
  expect(screen.getByTestId("call").dataset.topology).toBe("sfu");
  await waitFor(async () => expect(await violations(container)).toEqual([]));
});
