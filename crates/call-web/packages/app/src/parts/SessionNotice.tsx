import { type CallClientError, SessionReplacedError } from "call-client";
import { Button, useCallClient } from "call-react";
import { words } from "../words.js";

export interface SessionNoticeProps {
  /** Why the connection is closed for good; null while it is not. */
  error: CallClientError | null;
  onSignOut: () => void;
}

/** The connection is closed and will not come back by itself: says why, and what to do. */
export function SessionNotice({ error, onSignOut }: SessionNoticeProps) {
  const client = useCallClient();
  if (error === null) return null;
  const replaced = error instanceof SessionReplacedError;
  return (
    <div className="app-session" role="alert">
      <p>{replaced ? words.notices.replaced : words.notices.expired}</p>
      {replaced ? (
        <Button look="primary" onClick={() => void client.connect().catch(() => undefined)}>
          {words.notices.useHere}
        </Button>
      ) : (
        <Button look="primary" onClick={onSignOut}>
          {words.signIn.go}
        </Button>
      )}
    </div>
  );
}
