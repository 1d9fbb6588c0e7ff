import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  type SyntheticEvent,
  useContext,
  useEffect,
  useLayoutEffect,
  useRef,
} from "react";
import { createPortal } from "react-dom";
import { CanvasLayer } from "./canvasLayer.js";
import { classes } from "./classes.js";

export interface MenuListProps {
  id: string;
  label: string;
  /** Around the button: a press there is the button's own affair. */
  holder: RefObject<HTMLElement | null>;
  across?: boolean | undefined;
  floating?: boolean | undefined;
  onClose: (giveFocusBack: boolean) => void;
  children: ReactNode;
}

/** The open list of a menu: has the focus, and closes when it is left. */
export function MenuList(props: MenuListProps) {
  const { id, label, holder, across = false, floating = false, children } = props;
  const list = useRef<HTMLDivElement>(null);
  const layer = useContext(CanvasLayer);
  const floats = floating && layer !== null;
  const onClose = useRef(props.onClose);
  onClose.current = props.onClose;

  useLayoutEffect(() => {
    if (floats && list.current !== null && holder.current !== null) {
      place(list.current, holder.current.getBoundingClientRect(), layer.getBoundingClientRect());
    }
    items(list.current)[0]?.focus({ preventScroll: true });
  }, [floats, layer, holder]);

  useEffect(() => {
    const outside = (event: Event) => {
      const target = event.target as Node;
      if (!holder.current?.contains(target) && !list.current?.contains(target)) {
        onClose.current(false);
      }
    };
    document.addEventListener("pointerdown", outside);
    // Its button moves away under it.
    const moved = () => floats && onClose.current(false);
    globalThis.addEventListener("resize", moved);
    return () => {
      document.removeEventListener("pointerdown", outside);
      globalThis.removeEventListener("resize", moved);
    };
  }, [holder, floats]);

  const key = (event: KeyboardEvent) => {
    // Not the affair of what the button stands on: a tile, a shortcut.
    event.stopPropagation();
    if (event.key === "Escape") {
      event.preventDefault();
      onClose.current(true);
      return;
    }
    if (event.key === "Tab") {
      onClose.current(false);
      return;
    }
    const all = items(list.current);
    const at = all.indexOf(document.activeElement as HTMLElement);
    const next = step(event.key, at, all.length, across);
    if (next === undefined) return;
    event.preventDefault();
    all[next]?.focus();
  };
  const own = (event: SyntheticEvent) => event.stopPropagation();
  const content = (
    <div
      className={classes("call-menu-list", floats && "call-menu-floating")}
      role="menu"
      id={id}
      tabIndex={-1}
      aria-label={label}
      aria-orientation={across ? "horizontal" : "vertical"}
      ref={list}
      onKeyDown={key}
      onClick={own}
      onDoubleClick={own}
    >
      {children}
    </div>
  );
  return floats ? createPortal(content, layer) : content;
}

const EDGE = 8;

/** Below its button, or above where there is more room; never outside the layer. */
function place(list: HTMLElement, button: DOMRect, layer: DOMRect): void {
  const { offsetWidth: width, offsetHeight: height } = list;
  const below = button.bottom - layer.top + 4;
  const above = button.top - layer.top - height - 4;
  const top = below + height <= layer.height - EDGE || above < EDGE ? below : above;
  const left = button.right - layer.left - width;
  list.style.top = `${clamp(top, layer.height - height)}px`;
  list.style.left = `${clamp(left, layer.width - width)}px`;
}

function clamp(value: number, most: number): number {
  return Math.max(EDGE, Math.min(value, most - EDGE));
}

function items(list: HTMLElement | null): HTMLElement[] {
  if (list === null) return [];
  const all = list.querySelectorAll<HTMLElement>('[role^="menuitem"]:not([aria-disabled="true"])');
  // Some are only for narrow windows.
  return [...all].filter((item) => item.checkVisibility?.() !== false);
}

function step(key: string, at: number, count: number, across: boolean): number | undefined {
  if (count === 0) return undefined;
  const name = across ? ({ ArrowRight: "ArrowDown", ArrowLeft: "ArrowUp" }[key] ?? key) : key;
  switch (name) {
    case "ArrowDown":
      return (at + 1) % count;
    case "ArrowUp":
      return (at - 1 + count) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}
