import { type CallClientError, MediaError } from "call-client";
import { CloudOff } from "lucide-react";
import type { Person } from "../model.js";
import { Avatar } from "../parts/Avatar.js";
import { Button } from "../parts/Button.js";
import { CallCanvas } from "../parts/CallCanvas.js";
import { CallSheet } from "../parts/CallSheet.js";
import { PermissionHelp } from "../parts/PermissionHelp.js";
import { useStrings } from "../strings/StringsContext.js";
import { problemOf } from "./problems.js";

export interface CallFailedProps {
  error: CallClientError;
  people: readonly Person[];
  onRetry?: (() => void) | undefined;
  onClose?: (() => void) | undefined;
}

/** A call that could not be started or found. */
export function CallFailed({ error, people, onRetry, onClose }: CallFailedProps) {
  const strings = useStrings();
  if (error instanceof MediaError) {
    return (
      <CallCanvas label={strings.problems[problemOf(error)].title} phase="failed">
        <PermissionHelp problem={problemOf(error)} onRetry={onRetry} onClose={onClose} />
      </CallCanvas>
    );
  }
  const words = strings.errors[error.code] ?? strings.errors.unknown ?? error.message;
  return (
    <CallCanvas label={words} phase="failed">
      <CallSheet
        title={words}
        testId="call-failed"
        picture={
          people.length === 0 ? (
            <span className="call-sign">
              <CloudOff size={28} aria-hidden />
            </span>
          ) : (
            <div className="call-waiting-avatars">
              {people.slice(0, 4).map((person) => (
                <Avatar key={person.userId} userId={person.userId} name={person.name} />
              ))}
            </div>
          )
        }
        actions={
          <>
            {onRetry !== undefined && (
              <Button look="primary" size="large" onClick={onRetry}>
                {strings.retry}
              </Button>
            )}
            {onClose !== undefined && (
              <Button size="large" onClick={onClose}>
                {strings.close}
              </Button>
            )}
          </>
        }
      >
        <p className="call-sheet-words">{strings.problemCode(error.code)}</p>
      </CallSheet>
    </CallCanvas>
  );
}
