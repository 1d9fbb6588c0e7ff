import { type Call, type CallSnapshot, toCallClientError } from "call-client";
import { useCallback, useMemo, useState } from "react";
import type { PersonActions } from "../parts/personActions.js";
import { useStrings } from "../strings/StringsContext.js";

export interface GroupActions {
  actions: PersonActions;
  onAdd: (userId: string) => Promise<void>;
  onHand: () => void;
  onReact: (reaction: string) => void;
  /** What did not work last, in words; null once something worked again. */
  problem: string | null;
}

/** What a person may do in a group, with the server's refusals in words. */
export function useGroupActions(call: Call, snapshot: CallSnapshot): GroupActions {
  const { people } = useStrings();
  const [code, setCode] = useState<string | null>(null);
  const attempt = useCallback(async (done: Promise<void>): Promise<boolean> => {
    try {
      await done;
      setCode(null);
      return true;
    } catch (thrown) {
      setCode(toCallClientError(thrown).code);
      return false;
    }
  }, []);
  const { moderator, handRaisedAt } = snapshot;
  const actions = useMemo<PersonActions>(
    () => ({
      moderates: moderator,
      mute: (userId, what) => void attempt(call.muteParticipant(userId, { [what]: true })),
      remove: (userId) => void attempt(call.remove(userId)),
      setRole: (userId, role) => void attempt(call.setRole(userId, role)),
    }),
    [call, moderator, attempt],
  );
  const onAdd = useCallback(
    async (userId: string) => {
      if (!(await attempt(call.addParticipants([userId])))) throw new Error("not added");
    },
    [call, attempt],
  );
  const raised = handRaisedAt !== null;
  const onHand = useCallback(() => void attempt(call.raiseHand(!raised)), [call, raised, attempt]);
  const onReact = useCallback((reaction: string) => call.react(reaction), [call]);
  return {
    actions,
    onAdd,
    onHand,
    onReact,
    problem: code === null ? null : (people.failures[code] ?? people.failed),
  };
}
