import { Check } from "lucide-react";
import {
  createContext,
  type KeyboardEvent,
  type ReactNode,
  useContext,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { classes } from "./classes.js";

const CloseMenu = createContext<() => void>(() => undefined);

/** What a menu's button needs. */
export interface MenuTrigger {
  "aria-haspopup": "menu";
  "aria-expanded": boolean;
  "aria-controls": string | undefined;
  onClick: () => void;
}

export interface MenuProps {
  /** Accessible name of the list. */
  label: string;
  trigger: (props: MenuTrigger) => ReactNode;
  children: ReactNode;
  className?: string;
}

/** A button with a list that opens above it. Arrow keys, Home, End and Escape work as expected. */
export function Menu({ label, trigger, children, className }: MenuProps) {
  const [open, setOpen] = useState(false);
  const holder = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();

  const close = () => {
    setOpen(false);
    holder.current?.querySelector<HTMLElement>("[aria-haspopup]")?.focus();
  };

  useEffect(() => {
    if (!open) return;
    items(list.current)[0]?.focus();
    const outside = (event: PointerEvent) => {
      if (!holder.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  const key = (event: KeyboardEvent) => {
    if (!open) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close();
      return;
    }
    if (event.key === "Tab") {
      setOpen(false);
      return;
    }
    const all = items(list.current);
    const at = all.indexOf(document.activeElement as HTMLElement);
    const next = step(event.key, at, all.length);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    all[next]?.focus();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys bubble from the button and the list
    <div className={classes("call-menu", className)} ref={holder} onKeyDown={key}>
      {trigger({
        "aria-haspopup": "menu",
        "aria-expanded": open,
        "aria-controls": open ? id : undefined,
        onClick: () => setOpen((was) => !was),
      })}
      {open && (
        <div className="call-menu-list" role="menu" id={id} aria-label={label} ref={list}>
          <CloseMenu.Provider value={close}>{children}</CloseMenu.Provider>
        </div>
      )}
    </div>
  );
}

function items(list: HTMLElement | null): HTMLElement[] {
  if (list === null) return [];
  return [...list.querySelectorAll<HTMLElement>('[role^="menuitem"]:not([aria-disabled="true"])')];
}

function step(key: string, at: number, count: number): number | undefined {
  if (count === 0) return undefined;
  switch (key) {
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

export interface MenuItemProps {
  children: ReactNode;
  icon?: ReactNode;
  /** Given: the item is one of several to choose from. */
  checked?: boolean;
  onSelect: () => void;
}

/** One line of a menu. */
export function MenuItem({ children, icon, checked, onSelect }: MenuItemProps) {
  const close = useContext(CloseMenu);
  const choose = () => {
    onSelect();
    close();
  };
  const content = (
    <>
      <span className="call-menu-icon" aria-hidden="true">
        {checked === true ? <Check size={18} /> : icon}
      </span>
      <span className="call-menu-words">{children}</span>
    </>
  );
  if (checked === undefined) {
    return (
      <button
        type="button"
        role="menuitem"
        className="call-menu-item"
        tabIndex={-1}
        onClick={choose}
      >
        {content}
      </button>
    );
  }
  return (
    <button
      type="button"
      role="menuitemradio"
      aria-checked={checked}
      className="call-menu-item"
      tabIndex={-1}
      onClick={choose}
    >
      {content}
    </button>
  );
}

/** Items that belong together, under a small heading. */
export function MenuGroup({ label, children }: { label: string; children: ReactNode }) {
  const id = useId();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group inside a menu
    <div className="call-menu-group" role="group" aria-labelledby={id}>
      <div className="call-menu-heading" id={id} role="presentation">
        {label}
      </div>
      {children}
    </div>
  );
}
