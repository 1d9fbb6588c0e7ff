import type { ComponentPropsWithRef } from "react";
import { classes } from "./classes.js";

export interface ButtonProps extends ComponentPropsWithRef<"button"> {
  look?: "primary" | "plain" | "quiet" | "positive" | "danger";
  size?: "medium" | "large";
}

/** A button with words in it. */
export function Button({ look = "plain", size = "medium", className, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={classes("call-button", `call-button-${look}`, `call-button-${size}`, className)}
    />
  );
}
