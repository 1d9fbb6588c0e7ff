import { act, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { crowd, rosterOf } from "../fixtures/crowd.js";
import { tile } from "../fixtures/people.js";
import type { RosterPerson } from "../src/model.js";
import { AddPeople } from "../src/parts/AddPeople.js";
import { CallView, type CallViewProps } from "../src/parts/CallView.js";
import { PeoplePanel } from "../src/parts/PeoplePanel.js";
import { violations } from "./axe.js";

const me = tile("me", "Zoe", 30, { isLocal: true, role: "moderator" });
const actions = { moderates: true, mute: vi.fn(), remove: vi.fn(), setRole: vi.fn() };

beforeEach(() => {
  vi.clearAllMocks();
  localStorage.clear();
});

function roster(...changes: Partial<RosterPerson>[]): RosterPerson[] {
  return changes.map((change) => ({
    userId: "x",
    name: "X",
    isLocal: false,
    status: "joined",
    role: "participant",
    media: { audio: true, video: true, screen: false },
    quality: null,
    hand: null,
    ...change,
  }));
}

function panel(people: readonly RosterPerson[], change = {}) {
  return render(<PeoplePanel roster={people} duo={false} onClose={vi.fn()} {...change} />);
}
const lines = () =>
  [...document.querySelectorAll<HTMLElement>('[data-testid^="roster-"]')].map((line) =>
    line.dataset.testid?.replace("roster-", ""),
  );

describe("the list of people", () => {
  test("has me first, then hands in their order, then who leads, then the others by name", () => {
    panel(
      roster(
        { userId: "cleo", name: "Cleo" },
        { userId: "ben", name: "Ben", role: "initiator" },
        { userId: "ada", name: "Ada" },
        { userId: "eve", name: "Eve", hand: 2 },
        { userId: "dan", name: "Dan", hand: 1 },
        { userId: "me", name: "Zoe", isLocal: true },
        { userId: "gus", name: "Gus", status: "declined" },
        { userId: "ida", name: "Ida", status: "alerting" },
      ),
    );
    expect(lines()).toEqual(["me", "dan", "eve", "ben", "ada", "cleo", "ida", "gus"]);
    expect(screen.getByText("In the call · 6")).toBeTruthy();
    expect(screen.getByText("Not in the call · 2")).toBeTruthy();
    expect(screen.getByTestId("roster-ida").textContent).toContain("Ringing…");
    expect(screen.getByTestId("roster-ben").textContent).toContain("Host");
    expect(screen.getByTestId("roster-dan").dataset.hand).toBe("1");
  });

  test("says in words what its signs say", () => {
    panel(
      roster({
        userId: "ada",
        name: "Ada",
        hand: 1,
        media: { audio: false, video: true, screen: true },
        quality: "poor",
      }),
    );
    const line = within(screen.getByTestId("roster-ada"));
    for (const words of [
      "Hand raised, number 1 in line",
      "Microphone muted",
      "Ada is sharing their screen",
      "Connection: Poor",
    ]) {
      expect(line.getByText(words)).toBeTruthy();
    }
  });

  test("calls somebody again who declined", () => {
    const onAdd = vi.fn(async () => undefined);
    panel(roster({ userId: "gus", name: "Gus", status: "declined" }), { onAdd });
    fireEvent.click(screen.getByRole("button", { name: "Call Gus again" }));
    expect(onAdd).toHaveBeenCalledWith("gus");
  });

  test("what went wrong is an alert", () => {
    panel(roster({ isLocal: true }), { problem: "You may not do that in this call." });
    expect(screen.getByRole("alert").textContent).toBe("You may not do that in this call.");
  });
});

describe("opening it", () => {
  const others = crowd(3);
  const view = (change: Partial<CallViewProps> = {}) => (
    <CallView
      type="video"
      phase="active"
      group
      self={me}
      others={others}
      awaited={[]}
      roster={rosterOf([me, ...others])}
      startedAt={0}
      reconnectingSince={null}
      quality={null}
      reasons={[]}
      peers={[]}
      soundBlocked={false}
      onStartSound={vi.fn()}
      onMicrophone={vi.fn()}
      onHangUp={vi.fn()}
      onAdd={vi.fn(async () => undefined)}
      directory={() => []}
      actions={actions}
      {...change}
    />
  );

  test("by the button with the count; Escape closes it and gives the focus back", async () => {
    const { container } = render(<main>{view()}</main>);
    const button = screen.getByRole("button", { name: "People in this call: 4" });
    expect(button.getAttribute("aria-expanded")).toBe("false");
    button.focus();
    fireEvent.click(button);
    const open = screen.getByTestId("people-panel");
    expect(document.activeElement).toBe(open);
    expect(await violations(container)).toEqual([]);
    fireEvent.keyDown(open, { key: "Escape" });
    expect(screen.queryByTestId("people-panel")).toBeNull();
    expect(document.activeElement).toBe(button);
  });

  test("letters that are typed into it are no shortcuts", () => {
    const onMicrophone = vi.fn();
    render(view({ onMicrophone }));
    fireEvent.click(screen.getByTestId("people-button"));
    fireEvent.click(screen.getByRole("button", { name: "Add people" }));
    fireEvent.keyDown(screen.getByRole("searchbox"), { key: "m" });
    expect(onMicrophone).not.toHaveBeenCalled();
  });

  const menuOf = (userId: string) => {
    const line = within(screen.getByTestId(`roster-${userId}`));
    fireEvent.click(line.getByTestId(`person-menu-${userId}`));
    return within(screen.getByRole("menu"));
  };

  test("a moderator mutes, makes moderators, and is asked before removing", () => {
    render(view());
    fireEvent.click(screen.getByTestId("people-button"));
    fireEvent.click(menuOf("person-3").getByRole("menuitem", { name: "Mute microphone" }));
    expect(actions.mute).toHaveBeenCalledWith("person-3", "audio");
    fireEvent.click(menuOf("person-3").getByRole("menuitem", { name: "Make moderator" }));
    expect(actions.setRole).toHaveBeenCalledWith("person-3", "moderator");

    fireEvent.click(menuOf("person-3").getByRole("menuitem", { name: "Remove from call" }));
    expect(actions.remove).not.toHaveBeenCalled();
    const question = screen.getByRole("alertdialog", { name: "Remove Chen Wei?" });
    expect(document.activeElement).toBe(within(question).getByRole("button", { name: "Cancel" }));
    fireEvent.keyDown(question, { key: "Escape" });
    expect(actions.remove).not.toHaveBeenCalled();
    fireEvent.click(menuOf("person-3").getByRole("menuitem", { name: "Remove from call" }));
    fireEvent.click(screen.getByRole("button", { name: "Remove" }));
    expect(actions.remove).toHaveBeenCalledExactlyOnceWith("person-3");
  });

  test("nobody mutes who is muted, and nobody removes the one who began the call", () => {
    render(view());
    fireEvent.click(screen.getByTestId("people-button"));
    expect(menuOf("person-2").queryByRole("menuitem", { name: "Mute microphone" })).toBeNull();
    fireEvent.keyDown(screen.getByRole("menu"), { key: "Escape" });
    const first = menuOf("person-1");
    expect(first.getByRole("menuitem", { name: "Mute microphone" })).toBeTruthy();
    expect(first.queryByRole("menuitem", { name: "Remove from call" })).toBeNull();
    expect(first.queryByRole("menuitem", { name: "Make moderator" })).toBeNull();
  });

  test("without the right there is only pinning, for me too", () => {
    render(view({ actions: { ...actions, moderates: false } }));
    fireEvent.click(screen.getByTestId("people-button"));
    expect(menuOf("person-3").getAllByRole("menuitem")).toHaveLength(1);
    fireEvent.click(screen.getByRole("menuitem", { name: "Pin" }));
    expect(screen.getByTestId("tile-person-3").dataset.pinned).toBe("true");
    expect(within(screen.getByTestId("roster-person-3")).getByText("Pinned")).toBeTruthy();
  });

  test("in a call of two the field to add somebody is open, and nobody is moderated", () => {
    const [ada] = others;
    render(
      view({
        group: false,
        others: ada === undefined ? [] : [ada],
        roster: rosterOf([me, ...others.slice(0, 1)]),
      }),
    );
    fireEvent.click(screen.getByTestId("people-button"));
    expect(document.activeElement).toBe(screen.getByRole("searchbox", { name: "Add people" }));
    expect(screen.getByText("The call becomes a group call.")).toBeTruthy();
    expect(screen.queryByTestId("person-menu-person-1")).toBeNull();
  });
});

describe("adding", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const settle = () => act(async () => void (await vi.advanceTimersByTimeAsync(200)));
  const type = async (text: string) => {
    fireEvent.change(screen.getByRole("searchbox"), { target: { value: text } });
    await settle();
  };
  const people = [
    { userId: "ada", name: "Ada" },
    { userId: "ben", name: "Ben" },
  ];
  const directory = vi.fn((words: string) =>
    people.filter((person) => person.name.toLowerCase().includes(words.toLowerCase())),
  );
  const offered = () => screen.queryAllByRole("button").map((button) => button.textContent);

  test("offers whom the directory finds and who is not in the call", async () => {
    render(<AddPeople directory={directory} inCall={new Set(["ada"])} onAdd={vi.fn()} />);
    await settle();
    expect(screen.queryByRole("button", { name: /Add Ada/ })).toBeNull();
    expect(screen.getByRole("button", { name: /Add Ben/ })).toBeTruthy();
    await type("zz zz");
    expect(offered()).toEqual([]);
    expect(screen.getByText(/Nobody online has that name/)).toBeTruthy();
  });

  test("takes a whole user id, by Enter too", async () => {
    const onAdd = vi.fn(async () => undefined);
    render(<AddPeople directory={directory} inCall={new Set()} onAdd={onAdd} />);
    await type("stranger-7");
    fireEvent.keyDown(screen.getByRole("searchbox"), { key: "Enter" });
    await settle();
    expect(onAdd).toHaveBeenCalledExactlyOnceWith("stranger-7");
    expect(screen.getByRole<HTMLInputElement>("searchbox").value).toBe("");
  });

  test("says that somebody is being called, and keeps the words when it fails", async () => {
    let fail: (error: Error) => void = () => undefined;
    const onAdd = vi.fn(() => new Promise<void>((_, reject) => (fail = reject)));
    render(<AddPeople directory={directory} inCall={new Set()} onAdd={onAdd} />);
    await type("be");
    const button = screen.getByRole<HTMLButtonElement>("button", { name: /Add Ben/ });
    fireEvent.click(button);
    expect(button.textContent).toContain("Calling Ben…");
    expect(button.disabled).toBe(true);
    await act(async () => fail(new Error("no")));
    expect(button.textContent).toContain("Add Ben");
    expect(screen.getByRole<HTMLInputElement>("searchbox").value).toBe("be");
  });

  test("an answer that was overtaken is dropped, a failing directory offers nobody", async () => {
    const answers: ((people: { userId: string; name: string }[]) => void)[] = [];
    const slow = (words: string) =>
      words === "bad"
        ? Promise.reject(new Error("offline"))
        : new Promise<{ userId: string; name: string }[]>((resolve) => answers.push(resolve));
    render(<AddPeople directory={slow} inCall={new Set()} onAdd={vi.fn()} />);
    await settle();
    await type("b b");
    await act(async () => answers[1]?.([{ userId: "new", name: "New" }]));
    await act(async () => answers[0]?.([{ userId: "old", name: "Old" }]));
    expect(screen.getByRole("button", { name: /Add New/ })).toBeTruthy();
    expect(screen.queryByRole("button", { name: /Add Old/ })).toBeNull();
    await type("bad");
    expect(screen.queryByRole("button", { name: /Add New/ })).toBeNull();
  });
});
