import {
  type CallClientError,
  type CallEndReason,
  type CallSnapshot,
  type Call as ClientCall,
  type MediaChoice,
  toCallClientError,
} from "call-client";
import { useEffect, useMemo, useRef, useState } from "react";
import { useCall } from "../hooks/useCall.js";
import { useCallClient, useOnlineUsers } from "../hooks/useCallClient.js";
import { useStore } from "../hooks/useStore.js";
import type { CallType, Person } from "../model.js";
import { CallCanvas } from "../parts/CallCanvas.js";
import { WaitingStage } from "../parts/WaitingStage.js";
import { useStrings } from "../strings/StringsContext.js";
import { ActiveCall } from "./ActiveCall.js";
import { CallFailed } from "./CallFailed.js";
import { EndedCall } from "./EndedCall.js";
import { PreJoinCall } from "./PreJoinCall.js";

/** How a call ended, for the host page. */
export interface CallEnd {
  callId: string;
  reason: CallEndReason;
  /** Null when it was never active. */
  durationMs: number | null;
}

export interface CallProps {
  /** Takes part in this call … */
  callId?: string;
  /** … or in the live call of this conversation of yours, or starts one belonging to it … */
  conversationId?: string;
  /** … with these people. */
  to?: string | readonly string[];
  /** Default: video. */
  type?: CallType;
  /** Shows the own picture and devices first. Default: for groups, and for calls not answered yet. */
  preJoin?: boolean;
  /** What to send without a look in the mirror; default: as the type says. */
  media?: MediaChoice;
  /** A call was started or found. */
  onStart?: (callId: string) => void;
  /** It is over; the summary stays until you take the component away. */
  onEnd?: (end: CallEnd) => void;
  /** Given: the summary of a call that was recorded has a button that asks for its recordings. */
  onDetails?: (callId: string) => void;
  /** Given: summary and pre-join have a button to close. */
  onClose?: () => void;
}

/**
 * A whole call in one component: starts or joins it and shows every phase. Fills its container,
 * which must have a height.
 */
export function Call(props: CallProps) {
  const { conversationId, type = "video", onStart, onClose } = props;
  const client = useCallClient();
  const strings = useStrings();
  const calls = useStore(client.calls);
  const [startedId, setStartedId] = useState<string | null>(null);
  const [failure, setFailure] = useState<CallClientError | null>(null);
  const [starting, setStarting] = useState(false);
  const launched = useRef(false);

  const invited = useMemo(() => (props.to === undefined ? [] : [props.to].flat()), [props.to]);
  const ofConversation =
    conversationId === undefined
      ? undefined
      : calls.find((call) => call.state.getSnapshot().wire.conversationId === conversationId)?.id;
  const callId = startedId ?? props.callId ?? ofConversation ?? null;
  const mirrorFirst = props.preJoin ?? invited.length > 1;
  const people = usePeople(invited);

  const start = async (media: MediaChoice) => {
    setStarting(true);
    setFailure(null);
    try {
      const call = await client.call({
        type,
        participantIds: invited,
        media,
        ...(conversationId === undefined ? {} : { conversationId }),
      });
      setStartedId(call.id);
      onStart?.(call.id);
    } catch (thrown) {
      setFailure(toCallClientError(thrown));
    } finally {
      setStarting(false);
    }
  };
  const usual: MediaChoice = props.media ?? { audio: true, video: type === "video" };
  const begin = useRef(start);
  begin.current = start;
  useEffect(() => {
    // Once, though React may run effects twice while developing.
    if (callId !== null || mirrorFirst || launched.current) return;
    launched.current = true;
    void begin.current(usual);
  });

  if (failure !== null) {
    return (
      <CallFailed
        error={failure}
        people={people}
        onRetry={() => void start(usual)}
        onClose={onClose}
      />
    );
  }
  if (callId !== null) {
    return (
      <KnownCall
        {...props}
        callId={callId}
        onAgain={(id) => {
          setStartedId(id);
          onStart?.(id);
        }}
      />
    );
  }
  if (mirrorFirst && !starting) {
    return (
      <PreJoinCall
        type={type}
        people={people}
        starting
        pending={starting}
        onJoin={(media) => void start(media)}
        onCancel={onClose}
      />
    );
  }
  return (
    <CallCanvas label={strings.calling} phase="calling" className="call-plain">
      <WaitingStage people={people} self={null} words={strings.calling} pulsing={false} />
    </CallCanvas>
  );
}

/** Names for user ids, as far as somebody online has told them. */
function usePeople(userIds: readonly string[]): readonly Person[] {
  const online = useOnlineUsers();
  return useMemo(
    () =>
      userIds.map((userId) => ({
        userId,
        name: online?.find((user) => user.userId === userId)?.name ?? userId,
      })),
    [userIds, online],
  );
}

function KnownCall(props: CallProps & { callId: string; onAgain: (callId: string) => void }) {
  const { callId, onEnd, onDetails, onClose, onAgain } = props;
  const strings = useStrings();
  const { call, snapshot, error } = useCall(callId);
  useEndReport(call, onEnd);
  if (error !== null) return <CallFailed error={error} people={[]} onClose={onClose} />;
  if (call === null || snapshot === null) {
    return (
      <CallCanvas label={strings.connecting} phase="connecting" className="call-plain">
        <WaitingStage people={[]} self={null} words={strings.connecting} pulsing={false} />
      </CallCanvas>
    );
  }
  switch (snapshot.phase) {
    case "incoming":
      return (
        <Joinable
          call={call}
          preJoin={props.preJoin ?? true}
          media={props.media}
          onClose={onClose}
        />
      );
    case "ended":
      return (
        <EndedCall snapshot={snapshot} onAgain={onAgain} onDetails={onDetails} onClose={onClose} />
      );
    case "ringing-out":
    case "connecting":
    case "active":
    case "reconnecting":
      return <ActiveCall call={call} />;
  }
}

/** A call that this device may take. */
function Joinable(props: {
  call: ClientCall;
  preJoin: boolean;
  media: MediaChoice | undefined;
  onClose: (() => void) | undefined;
}) {
  const { call, preJoin, media, onClose } = props;
  const strings = useStrings();
  const client = useCallClient();
  const [pending, setPending] = useState(false);
  const launched = useRef(false);
  const snapshot = useStore(call.state);
  const join = (choice: MediaChoice | undefined) => {
    setPending(true);
    const usual = { audio: true, video: snapshot.type === "video" };
    const done = mayAnswer(snapshot) ? call.answer(choice) : client.join(call.id, choice ?? usual);
    // Lost the race or over: the call's own state says so.
    done.catch(() => setPending(false));
  };
  const latest = useRef(join);
  latest.current = join;
  useEffect(() => {
    if (preJoin || launched.current) return;
    launched.current = true;
    latest.current(media);
  }, [preJoin, media]);
  if (!preJoin || pending) {
    return (
      <CallCanvas label={strings.connecting} phase="connecting" className="call-plain">
        <WaitingStage
          people={snapshot.participants}
          self={null}
          words={strings.connecting}
          pulsing={false}
        />
      </CallCanvas>
    );
  }
  return (
    <PreJoinCall
      type={snapshot.type}
      people={snapshot.participants}
      starting={false}
      pending={pending}
      recorded={snapshot.recording !== null}
      onJoin={join}
      onCancel={onClose}
    />
  );
}

/** Whether the call was never taken by me. A group that I was in, or was not called to, is joined. */
function mayAnswer({ wire, participants }: CallSnapshot): boolean {
  const others = new Set(participants.map((person) => person.userId));
  const mine = wire.participants.find((person) => !others.has(person.userId))?.status;
  switch (mine) {
    case "left":
    case "failed":
    case "cancelled":
    case "removed":
    case undefined:
      return false;
    default:
      return true;
  }
}

/** Tells the host once when a call that was live here is over. */
function useEndReport(call: ClientCall | null, onEnd: CallProps["onEnd"]): void {
  const latest = useRef(onEnd);
  latest.current = onEnd;
  useEffect(() => {
    if (call === null || call.state.getSnapshot().phase === "ended") return;
    const stop = call.state.subscribe(() => {
      const { phase, endReason, startedAt, endedAt } = call.state.getSnapshot();
      if (phase !== "ended" || endReason === null) return;
      stop();
      latest.current?.({
        callId: call.id,
        reason: endReason,
        durationMs: startedAt === null ? null : (endedAt ?? Date.now()) - startedAt,
      });
    });
    return stop;
  }, [call]);
}
