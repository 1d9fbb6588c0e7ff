import { type ReactNode, useEffect, useId, useRef } from "react";

export interface CallSheetProps {
  title: string;
  /** Above the title: an avatar or a sign. */
  picture?: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  testId?: string;
}

/** A card in the middle of the call's canvas, for what comes before and after the pictures. */
export function CallSheet({ title, picture, children, actions, testId }: CallSheetProps) {
  const heading = useId();
  const sheet = useRef<HTMLElement>(null);
  useEffect(() => {
    // The control bar is gone: focus would fall out of the component to the page's start.
    const active = document.activeElement;
    if (active === null || active === document.body) sheet.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div className="call-sheet-place">
      <section
        className="call-sheet"
        aria-labelledby={heading}
        data-testid={testId}
        tabIndex={-1}
        ref={sheet}
      >
        {picture}
        <h2 className="call-sheet-title" id={heading}>
          {title}
        </h2>
        {children}
        {actions !== undefined && <div className="call-sheet-actions">{actions}</div>}
      </section>
    </div>
  );
}
