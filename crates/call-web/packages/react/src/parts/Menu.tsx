import { Check } from "lucide-react";
import { createContext, type ReactNode, useContext, useId, useRef, useState } from "react";
import { classes } from "./classes.js";
import { MenuList } from "./MenuList.js";

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
  /** The items stand in a row: left and right move too. */
  across?: boolean;
  /**
   * The list opens in a layer over the whole call, for a button whose surroundings would cut it
   * off. Its items are made only while it is open.
   */
  floating?: boolean;
}

/** A button with a list that opens above it. Arrow keys, Home, End and Escape work as expected. */
export function Menu(props: MenuProps) {
  const { label, trigger, children, className, across, floating } = props;
  const [open, setOpen] = useState(false);
  const holder = useRef<HTMLDivElement>(null);
  const id = useId();
  const close = () => {
    setOpen(false);
    holder.current?.querySelector<HTMLElement>("[aria-haspopup]")?.focus();
  };
  return (
    <div className={classes("call-menu", className)} ref={holder}>
      {trigger({
        "aria-haspopup": "menu",
        "aria-expanded": open,
        "aria-controls": open ? id : undefined,
        onClick: () => setOpen((was) => !was),
      })}
      {open && (
        <MenuList
          id={id}
          label={label}
          holder={holder}
          across={across}
          floating={floating}
          onClose={(giveFocusBack) => (giveFocusBack ? close() : setOpen(false))}
        >
          <CloseMenu.Provider value={close}>{children}</CloseMenu.Provider>
        </MenuList>
      )}
    </div>
  );
}

export interface MenuItemProps {
  children: ReactNode;
  icon?: ReactNode;
  /** Given: the item is one of several to choose from. */
  checked?: boolean;
  /** Accessible name, where the content is only a sign. */
  label?: string;
  className?: string;
  onSelect: () => void;
}

/** One line of a menu. */
export function MenuItem(props: MenuItemProps) {
  const { children, icon, checked, label, className, onSelect } = props;
  const close = useContext(CloseMenu);
  const choose = () => {
    onSelect();
    close();
  };
  const content = (
    <>
      {label === undefined && (
        <span className="call-menu-icon" aria-hidden="true">
          {checked === true ? <Check size={18} /> : icon}
        </span>
      )}
      <span className="call-menu-words">{children}</span>
    </>
  );
  if (checked === undefined) {
    return (
      <button
        type="button"
        role="menuitem"
        aria-label={label}
        className={classes("call-menu-item", className)}
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
      aria-label={label}
      className={classes("call-menu-item", className)}
      tabIndex={-1}
      onClick={choose}
    >
      {content}
    </button>
  );
}

/** Items that belong together, under a small heading. */
export function MenuGroup(props: { label: string; className?: string; children: ReactNode }) {
  const { label, className, children } = props;
  const id = useId();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group inside a menu
    <div className={classes("call-menu-group", className)} role="group" aria-labelledby={id}>
      <div className="call-menu-heading" id={id} role="presentation">
        {label}
      </div>
      {children}
    </div>
  );
}
