import type { ComponentPropsWithRef, ReactNode } from "react";
import { classes } from "./classes.js";

export interface IconButtonProps extends Omit<ComponentPropsWithRef<"button">, "children"> {
  /** The accessible name, also shown as a tip. */
  label: string;
  icon: ReactNode;
  /** The key that does the same, shown in the tip. */
  shortcut?: string | undefined;
  look?: "quiet" | "round" | "off" | "danger" | "positive" | "accent";
  /** Where the tip appears. */
  tip?: "above" | "below" | "none";
}

/** A button that is an icon. */
export function IconButton(props: IconButtonProps) {
  const { label, icon, shortcut, look = "quiet", tip = "above", className, ...rest } = props;
  const shown = shortcut === undefined ? label : `${label} (${shortcut.toUpperCase()})`;
  return (
    <button
      type="button"
      aria-label={label}
      aria-keyshortcuts={shortcut}
      data-tip={tip === "none" ? undefined : shown}
      {...rest}
      className={classes(
        "call-icon-button",
        `call-icon-button-${look}`,
        tip === "below" && "call-tip-below",
        className,
      )}
    >
      {icon}
    </button>
  );
}
