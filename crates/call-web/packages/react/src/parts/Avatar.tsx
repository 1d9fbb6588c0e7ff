import type { CSSProperties } from "react";
import { hueOf, initials } from "../format/avatar.js";
import { classes } from "./classes.js";

export interface AvatarProps {
  userId: string;
  name: string;
  /** Pixels; left out, the style sheet of the place decides. */
  size?: number;
  className?: string;
}

/** Initials on a colour that belongs to the user id. Decoration: the name stands beside it. */
export function Avatar({ userId, name, size, className }: AvatarProps) {
  const style: Record<string, string> = { "--call-hue": String(hueOf(userId)) };
  if (size !== undefined) style["--call-avatar-size"] = `${size}px`;
  return (
    <span className={classes("call-avatar", className)} style={style as CSSProperties} aria-hidden>
      <span className="call-avatar-letters">{initials(name)}</span>
    </span>
  );
}
