import { type KeyboardEvent, useCallback } from "react";

/** Single keys and what they do. Keys are lower case, e.g. `m`. */
export type Shortcuts = Readonly<Record<string, (() => void) | undefined>>;

function isTyping(target: EventTarget): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName))
  );
}

/**
 * A key handler for the element whose focus scope the shortcuts live in: keys pressed elsewhere
 * on the page are none of our business.
 */
export function useShortcuts(shortcuts: Shortcuts): (event: KeyboardEvent) => void {
  return useCallback(
    (event) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.repeat || isTyping(event.target)) return;
      const action = shortcuts[event.key.toLowerCase()];
      if (action === undefined) return;
      event.preventDefault();
      action();
    },
    [shortcuts],
  );
}
