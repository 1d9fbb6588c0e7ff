import type { ReactNode } from "react";

export interface NoticeProps {
  icon?: ReactNode;
  look?: "plain" | "warning" | "danger";
  children: ReactNode;
  action?: ReactNode;
}

/** A short line over the picture. What it says is also spoken by the live region of the call. */
export function Notice({ icon, look = "plain", children, action }: NoticeProps) {
  return (
    <div className="call-notice" data-look={look} data-testid="notice">
      {icon}
      <span className="call-notice-words">{children}</span>
      {action}
    </div>
  );
}
