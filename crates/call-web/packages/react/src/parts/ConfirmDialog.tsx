import { type KeyboardEvent, useEffect, useId, useRef } from "react";
import { Button } from "./Button.js";

export interface ConfirmDialogProps {
  title: string;
  words: string;
  /** What the button that does it says. */
  action: string;
  /** What the button that does not says. */
  cancel: string;
  onConfirm: () => void;
  onCancel: () => void;
}

/** Asked before what cannot be undone: leaving by the keyboard, removing somebody. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { onConfirm, onCancel } = props;
  const title = useId();
  const text = useId();
  const dialog = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.querySelector<HTMLElement>("button")?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const key = (event: KeyboardEvent) => {
    // Shortcuts of the call do not work behind a question.
    event.stopPropagation();
    if (event.key === "Escape") onCancel();
    if (event.key !== "Tab") return;
    const buttons = [...(dialog.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    event.preventDefault();
    const next = event.shiftKey ? at - 1 + buttons.length : at + 1;
    buttons[next % buttons.length]?.focus();
  };
  return (
    <div className="call-confirm-veil">
      <div
        className="call-sheet call-confirm"
        role="alertdialog"
        aria-modal="true"
        aria-labelledby={title}
        aria-describedby={text}
        ref={dialog}
        onKeyDown={key}
      >
        <h2 className="call-sheet-title" id={title}>
          {props.title}
        </h2>
        <p className="call-sheet-words" id={text}>
          {props.words}
        </p>
        <div className="call-sheet-actions">
          <Button size="large" onClick={onCancel}>
            {props.cancel}
          </Button>
          <Button look="danger" size="large" onClick={onConfirm}>
            {props.action}
          </Button>
        </div>
      </div>
    </div>
  );
}
