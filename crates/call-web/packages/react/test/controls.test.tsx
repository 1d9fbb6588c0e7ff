import { act, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { tile } from "../fixtures/people.js";
import { CallView, type CallViewProps } from "../src/parts/CallView.js";
import { IncomingCall } from "../src/parts/IncomingCall.js";
import { OneToOneStage } from "../src/parts/OneToOneStage.js";
import { StringsProvider } from "../src/strings/StringsContext.js";

const ada = tile("ada", "Ada", 10);
const ben = tile("ben", "Ben", 20);
const me = tile("me", "Me", 30, { isLocal: true });

function props(change: Partial<CallViewProps> = {}): CallViewProps {
  return {
    type: "video",
    phase: "active",
    group: false,
    self: me,
    others: [ada],
    awaited: [],
    startedAt: Date.now(),
    reconnectingSince: null,
    quality: "good",
    reasons: [],
    peers: [],
    soundBlocked: false,
    onStartSound: vi.fn(),
    onChooseDevice: vi.fn(),
    onMicrophone: vi.fn(),
    onCamera: vi.fn(),
    onShare: vi.fn(),
    onHangUp: vi.fn(),
    devices: {
      microphone: {
        selected: "m1",
        options: [
          { deviceId: "m1", label: "Built-in" },
          { deviceId: "m2", label: "Headset" },
        ],
      },
      camera: { selected: null, options: [{ deviceId: "c1", label: "" }] },
      speaker: { selected: null, options: [] },
    },
    ...change,
  };
}

describe("the control bar", () => {
  test("names say what a press does", () => {
    const given = props({ self: { ...me, media: { audio: false, video: false, screen: true } } });
    render(<CallView {...given} />);
    for (const name of ["Unmute microphone", "Turn camera on", "Hang up"]) {
      expect(screen.getByRole("button", { name })).toBeTruthy();
    }
    expect(screen.getAllByRole("button", { name: "Stop sharing" })).toHaveLength(2);
    fireEvent.click(screen.getByRole("button", { name: "Unmute microphone" }));
    expect(given.onMicrophone).toHaveBeenCalledOnce();
  });

  test("without a camera or screen sharing there is no button for it", () => {
    render(<CallView {...props({ onCamera: undefined, onShare: undefined })} />);
    expect(screen.queryByRole("button", { name: /camera off/ })).toBeNull();
    expect(screen.queryByRole("button", { name: "Share screen" })).toBeNull();
  });

  test("a menu opens on its first item, moves by arrows, chooses, and gives focus back", () => {
    const given = props();
    render(<CallView {...given} />);
    const caret = screen.getByRole("button", { name: "Choose microphone and speaker" });
    fireEvent.click(caret);
    const menu = screen.getByRole("menu");
    const items = within(menu).getAllByRole("menuitemradio");
    expect(items.map((item) => item.getAttribute("aria-checked"))).toEqual(["true", "false"]);
    expect(document.activeElement).toBe(items[0]);
    fireEvent.keyDown(items[0]!, { key: "ArrowDown" });
    expect(document.activeElement).toBe(items[1]);
    fireEvent.click(items[1]!);
    expect(given.onChooseDevice).toHaveBeenCalledWith("microphone", "m2");
    expect(screen.queryByRole("menu")).toBeNull();
    expect(document.activeElement).toBe(caret);
  });

  test("Escape closes a menu and a click elsewhere does too", () => {
    render(<CallView {...props()} />);
    const more = screen.getByRole("button", { name: "More options" });
    fireEvent.click(more);
    fireEvent.keyDown(screen.getByRole("menu"), { key: "Escape" });
    expect(screen.queryByRole("menu")).toBeNull();
    expect(document.activeElement).toBe(more);
    fireEvent.click(more);
    fireEvent.pointerDown(document.body);
    expect(screen.queryByRole("menu")).toBeNull();
  });

  test("a camera without a name is called by its number", () => {
    render(<CallView {...props()} />);
    fireEvent.click(screen.getByRole("button", { name: "Choose camera" }));
    expect(screen.getByRole("menuitemradio", { name: "Camera 1" })).toBeTruthy();
  });
});

describe("shortcuts", () => {
  test("work inside the call and nowhere else", () => {
    const given = props();
    render(<CallView {...given} />);
    const call = screen.getByTestId("call");
    fireEvent.keyDown(call, { key: "m" });
    fireEvent.keyDown(call, { key: "V" });
    fireEvent.keyDown(call, { key: "s" });
    fireEvent.keyDown(document.body, { key: "m" });
    fireEvent.keyDown(call, { key: "m", ctrlKey: true });
    fireEvent.keyDown(call, { key: "m", repeat: true });
    expect(given.onMicrophone).toHaveBeenCalledOnce();
    expect(given.onCamera).toHaveBeenCalledOnce();
    expect(given.onShare).toHaveBeenCalledOnce();
    fireEvent.keyDown(call, { key: "h" });
    expect(given.onHangUp).toHaveBeenCalledOnce();
  });

  test("in a group, H asks first", () => {
    const given = props({ group: true, others: [ada, ben] });
    render(<CallView {...given} />);
    const call = screen.getByTestId("call");
    fireEvent.keyDown(call, { key: "h" });
    expect(given.onHangUp).not.toHaveBeenCalled();
    const dialog = screen.getByRole("alertdialog");
    expect(document.activeElement).toBe(within(dialog).getByRole("button", { name: "Stay" }));
    fireEvent.keyDown(dialog, { key: "Escape" });
    expect(screen.queryByRole("alertdialog")).toBeNull();
    fireEvent.keyDown(call, { key: "h" });
    fireEvent.click(screen.getByRole("button", { name: "Leave call" }));
    expect(given.onHangUp).toHaveBeenCalledOnce();
  });

  test("arrow keys move between tiles, one of which is in the tab order", () => {
    render(<CallView {...props({ group: true, others: [ada, ben] })} />);
    const first = screen.getByTestId("tile-ada");
    const second = screen.getByTestId("tile-ben");
    expect(first.tabIndex).toBe(0);
    expect(second.tabIndex).toBe(-1);
    first.focus();
    fireEvent.keyDown(first, { key: "ArrowRight" });
    expect(document.activeElement).toBe(second);
    expect(second.tabIndex).toBe(0);
  });
});

describe("the bar fades", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const idle = () => screen.getByTestId("call").dataset.idle;

  test("after three seconds without movement, and comes back with it", () => {
    render(<CallView {...props()} />);
    act(() => void vi.advanceTimersByTime(2900));
    expect(idle()).toBe("false");
    act(() => void vi.advanceTimersByTime(200));
    expect(idle()).toBe("true");
    fireEvent.pointerMove(screen.getByTestId("call"));
    expect(idle()).toBe("false");
  });

  test("never while the keyboard is in it", () => {
    render(<CallView {...props()} />);
    const button = screen.getByRole("button", { name: "Mute microphone" });
    button.focus();
    fireEvent.keyDown(button, { key: "Tab" });
    act(() => void vi.advanceTimersByTime(20_000));
    expect(idle()).toBe("false");
  });

  test("never over an audio call", () => {
    const quiet = { audio: true, video: false, screen: false };
    render(
      <CallView
        {...props({ self: { ...me, media: quiet }, others: [{ ...ada, media: quiet }] })}
      />,
    );
    act(() => void vi.advanceTimersByTime(20_000));
    expect(idle()).toBe("false");
  });
});

describe("notices", () => {
  test("reconnecting counts the seconds and hides lesser news", () => {
    vi.useFakeTimers();
    const since = Date.now();
    const given = props({ phase: "reconnecting", reconnectingSince: since, quality: "lost" });
    render(<CallView {...given} />);
    act(() => void vi.advanceTimersByTime(7000));
    expect(screen.getAllByTestId("notice").map((notice) => notice.textContent)).toEqual([
      "Reconnecting… 7 sec",
    ]);
    vi.useRealTimers();
  });
  test("a slow upload is told when it is felt, not while all is well", () => {
    const { rerender } = render(
      <CallView {...props({ reasons: ["bandwidth_limited"], quality: "good" })} />,
    );
    expect(screen.queryByTestId("notice")).toBeNull();
    rerender(<CallView {...props({ reasons: ["bandwidth_limited"], quality: "poor" })} />);
    expect(screen.getByTestId("notice").textContent).toContain("upload is slow");
  });
  test("blocked sound has a button", () => {
    const given = props({ soundBlocked: true });
    render(<CallView {...given} />);
    fireEvent.click(screen.getByRole("button", { name: "Turn sound on" }));
    expect(given.onStartSound).toHaveBeenCalledOnce();
  });
});

describe("one to one", () => {
  test("a double click on the self view swaps the pictures, Enter swaps them back", () => {
    render(<OneToOneStage self={me} far={ada} />);
    const corner = () => screen.getByTestId("self-view");
    expect(within(corner()).getByTestId("tile-me")).toBeTruthy();
    fireEvent.doubleClick(corner());
    expect(within(corner()).getByTestId("tile-ada")).toBeTruthy();
    fireEvent.keyDown(corner(), { key: "Enter" });
    expect(within(corner()).getByTestId("tile-me")).toBeTruthy();
  });
  test("arrow keys move the self view from corner to corner", () => {
    render(<OneToOneStage self={me} far={ada} />);
    const corner = screen.getByTestId("self-view");
    expect(corner.dataset.corner).toBe("bottom-right");
    fireEvent.keyDown(corner, { key: "ArrowUp" });
    fireEvent.keyDown(corner, { key: "ArrowLeft" });
    expect(corner.dataset.corner).toBe("top-left");
  });
  test("the own picture is mirrored, a shared screen is shown whole", () => {
    const sharing = { ...ada, media: { audio: true, video: false, screen: true } };
    render(<OneToOneStage self={me} far={sharing} />);
    const own = within(screen.getByTestId("tile-me")).getByLabelText("Video of You");
    expect(own.className).toContain("mirrored");
    const shared = within(screen.getByTestId("tile-ada")).getByLabelText("Screen of Ada");
    expect(shared.dataset.fit).toBe("contain");
    expect(shared.className).not.toContain("mirrored");
  });
  test("tiles tell what is on", () => {
    render(
      <OneToOneStage
        self={me}
        far={{ ...ada, media: { audio: false, video: true, screen: false } }}
      />,
    );
    const far = screen.getByTestId("tile-ada").dataset;
    expect(far).toMatchObject({
      muted: "true",
      camera: "on",
      quality: "excellent",
      link: "connected",
    });
  });
});

describe("an incoming call", () => {
  const sheet = (change: Partial<Parameters<typeof IncomingCall>[0]> = {}) => {
    const given = { onAccept: vi.fn(), onDecline: vi.fn() };
    render(<IncomingCall from={ada} type="video" {...given} {...change} />);
    return given;
  };
  test("Enter accepts as called, Escape declines", () => {
    const given = sheet();
    const dialog = screen.getByRole("alertdialog", { name: "Incoming video call from Ada" });
    expect(document.activeElement).toBe(dialog);
    fireEvent.keyDown(dialog, { key: "Enter" });
    expect(given.onAccept).toHaveBeenCalledWith("video");
    fireEvent.keyDown(dialog, { key: "Escape" });
    expect(given.onDecline).toHaveBeenCalledOnce();
  });
  test("does not take the focus from somebody who types", () => {
    const field = document.createElement("input");
    document.body.append(field);
    field.focus();
    sheet();
    expect(document.activeElement).toBe(field);
    field.remove();
  });
  test("a video call can be taken with sound only; an audio call has no video button", () => {
    const given = sheet();
    fireEvent.click(screen.getByRole("button", { name: "Accept audio" }));
    expect(given.onAccept).toHaveBeenCalledWith("audio");
    document.body.replaceChildren();
    sheet({ type: "audio" });
    expect(screen.queryByRole("button", { name: "Accept video" })).toBeNull();
  });
  test("while an answer is on its way nothing can be pressed twice", () => {
    const given = sheet({ pending: true });
    fireEvent.keyDown(screen.getByRole("alertdialog"), { key: "Enter" });
    fireEvent.click(screen.getByRole("button", { name: "Decline" }));
    expect(given.onAccept).not.toHaveBeenCalled();
    expect(given.onDecline).not.toHaveBeenCalled();
  });
});

test("words can be replaced in part", () => {
  render(
    <StringsProvider strings={{ hangUp: "Auflegen" }}>
      <CallView {...props()} />
    </StringsProvider>,
  );
  expect(screen.getByRole("button", { name: "Auflegen" })).toBeTruthy();
  expect(screen.getByRole("button", { name: "Mute microphone" })).toBeTruthy();
});
