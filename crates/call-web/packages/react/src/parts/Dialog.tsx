import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from "react";
import { classes } from "./classes.js";

export interface DialogProps {
  /** `alertdialog` for what must not be missed. */
  role?: "dialog" | "alertdialog";
  title: string;
  words: string;
  children?: ReactNode;
  actions: ReactNode;
  /** Escape was pressed. */
  onCancel: () => void;
  /** What has the focus first: the first control, or, where no key may answer by accident, none. */
  focus?: "first" | "none";
  /** Over the call, or over the whole page. */
  over?: "call" | "page";
  className?: string;
  testId?: string;
}

/** Everything that Tab goes to; of a group of radio buttons that is the chosen one. */
const STOPS =
  "button:not(:disabled), input:not([type=radio]):not(:disabled), input[type=radio]:checked";

/** A question over everything else. The focus stays in it, and returns where it was. */
export function Dialog(props: DialogProps) {
  const { role = "dialog", title, words, children, actions, over = "call", className } = props;
  const heading = useId();
  const text = useId();
  const dialog = useRef<HTMLDivElement>(null);
  const first = useRef(props.focus ?? "first");
  useEffect(() => {
    const before = document.activeElement;
    const control = first.current === "first" ? stops(dialog.current)[0] : undefined;
    (control ?? dialog.current)?.focus({ preventScroll: true });
    const canvas = dialog.current?.closest<HTMLElement>(".call-canvas");
    return () => {
      // Where nothing had it or what had it is gone, the keys of the call still work.
      const kept = before instanceof HTMLElement && before.isConnected && before !== document.body;
      (kept ? before : canvas)?.focus({ preventScroll: !kept });
    };
  }, []);
  const key = (event: KeyboardEvent) => {
    // Shortcuts of the call do not work behind a question.
    event.stopPropagation();
    if (event.key === "Escape") {
      event.preventDefault();
      props.onCancel();
    }
    if (event.key !== "Tab") return;
    const all = stops(dialog.current);
    const at = all.indexOf(document.activeElement as HTMLElement);
    event.preventDefault();
    const next = event.shiftKey ? Math.max(at, 0) - 1 + all.length : at + 1;
    all[next % all.length]?.focus();
  };
  return (
    <div className={classes("call-confirm-veil", over === "page" && "call-confirm-page")}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the role is that of a dialog */}
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: the role is that of a dialog */}
      <div
        className={classes("call-sheet", "call-confirm", className)}
        role={role}
        aria-modal="true"
        aria-labelledby={heading}
        aria-describedby={text}
        data-testid={props.testId}
        tabIndex={-1}
        ref={dialog}
        onKeyDown={key}
      >
        <h2 className="call-sheet-title" id={heading}>
          {title}
        </h2>
        <p className="call-sheet-words" id={text}>
          {words}
        </p>
        {children}
        <div className="call-sheet-actions">{actions}</div>
      </div>
    </div>
  );
}

function stops(dialog: HTMLElement | null): HTMLElement[] {
  return [...(dialog?.querySelectorAll<HTMLElement>(STOPS) ?? [])];
}
