import { CallError, toCallClientError } from "call-client";
import { type CallType, useCallClient, useStrings } from "call-react";
import { useCallback, useRef, useState } from "react";
import { useLocation } from "wouter";
import { newGroupCallPath } from "../screens/NewGroupCall.js";
import { words } from "../words.js";
import { useToast } from "./Toasts.js";

/** Calls one person at once; several, after a look in the mirror. */
export function useStartCall(): {
  start: (userIds: readonly string[], type: CallType) => void;
  pending: boolean;
} {
  const client = useCallClient();
  const strings = useStrings();
  const toast = useToast();
  const [, navigate] = useLocation();
  const [pending, setPending] = useState(false);
  const running = useRef(false);

  const start = useCallback(
    (userIds: readonly string[], type: CallType) => {
      const [first] = userIds;
      if (first === undefined || running.current) return;
      if (userIds.length > 1) {
        navigate(newGroupCallPath(userIds, type));
        return;
      }
      running.current = true;
      setPending(true);
      client
        .call({ type, to: first })
        .then(
          (call) => navigate(`/call/${call.id}`),
          (thrown: unknown) => {
            const error = toCallClientError(thrown);
            const text = strings.errors[error.code] ?? strings.errors.unknown ?? error.message;
            const other = error instanceof CallError ? error.callId : null;
            toast(
              other === null
                ? { text }
                : {
                    text,
                    action: {
                      label: words.notices.returnToCall,
                      run: () => navigate(`/call/${other}`),
                    },
                  },
            );
          },
        )
        .finally(() => {
          running.current = false;
          setPending(false);
        });
    },
    [client, navigate, strings, toast],
  );
  return { start, pending };
}
