import type { Call, CallSnapshot } from "call-client";
import { CameraOff, ScreenShareOff } from "lucide-react";
import { type ReactNode, useCallback, useState } from "react";
import { useAnnouncements } from "../hooks/useAnnouncements.js";
import { useCallSnapshot } from "../hooks/useCall.js";
import { useClientState } from "../hooks/useCallClient.js";
import { useDevices } from "../hooks/useDevices.js";
import { useFigures } from "../hooks/useFigures.js";
import { hasSpeakers, usePeople } from "../hooks/useParticipants.js";
import { useReconnectingSince } from "../hooks/useReconnectingSince.js";
import { useRecording } from "../hooks/useRecording.js";
import { useRecordingTone, useRingback } from "../hooks/useTone.js";
import { VoiceLevelsContext } from "../hooks/useVoice.js";
import { Button } from "../parts/Button.js";
import { CallView, type ViewPhase } from "../parts/CallView.js";
import { Notice } from "../parts/Notice.js";
import { PermissionHelp } from "../parts/PermissionHelp.js";
import { useStrings } from "../strings/StringsContext.js";
import { ViewWatchContext } from "../views/useView.js";
import { CallSound } from "./CallSound.js";
import { ModeratorNotice } from "./ModeratorNotice.js";
import { shownProblem } from "./problems.js";
import { useDirectory } from "./useDirectory.js";
import { useGroupActions } from "./useGroupActions.js";
import { useViewWatch } from "./useViewWatch.js";

/** What the screen calls the phase of a call. */
export function viewPhase(snapshot: CallSnapshot): ViewPhase {
  switch (snapshot.phase) {
    case "ringing-out":
      return snapshot.wire.status === "created" ? "calling" : "ringing";
    case "reconnecting":
      return "reconnecting";
    case "active":
      return "active";
    case "incoming":
    case "connecting":
    case "ended":
      return "connecting";
  }
}

function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}

/** A refusal by a device is shown by `self.errors`; one by the server, by the call's state. */
function quietly(done: Promise<void>): void {
  done.catch(() => undefined);
}

/** A call that this device takes part in: its view, sound and words for the screen reader. */
export function ActiveCall({ call }: { call: Call }) {
  const snapshot = useCallSnapshot(call);
  const connection = useClientState().connection;
  const { devices, choose } = useDevices(call);
  const [blocked, setBlocked] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const [statistics, setStatistics] = useState(false);
  const people = usePeople(snapshot);
  const peers = useFigures(snapshot);
  const phase = viewPhase(snapshot);
  const lost = snapshot.phase === "reconnecting" || connection === "reconnecting";
  const reconnectingSince = useReconnectingSince(lost);
  useAnnouncements(snapshot);
  useRingback(phase === "ringing");
  useRecordingTone(snapshot.recording?.id ?? null);

  const { self, group, outgoing } = snapshot;
  const { audio, video, screen } = self;
  const alone = people.others.length <= 1;
  const microphone = useCallback(() => quietly(call.setMicrophone(!audio)), [call, audio]);
  const camera = useCallback(() => quietly(call.setCamera(!video)), [call, video]);
  const share = useCallback(
    () => quietly(screen ? call.stopScreenShare() : call.startScreenShare()),
    [call, screen],
  );
  // In a group, hanging up must not end the call of the others.
  const hangUp = useCallback(
    () => quietly(group && !alone ? call.leave() : call.hangUp()),
    [call, group, alone],
  );
  const groupActions = useGroupActions(call, snapshot);
  const recording = useRecording(call, snapshot);
  const directory = useDirectory();
  const views = useViewWatch(call);
  const endForAll = useCallback(() => quietly(call.hangUp()), [call]);
  const startSound = useCallback(() => {
    setBlocked(false);
    setAttempt((count) => count + 1);
  }, []);
  const problem = useProblem(call, snapshot);
  const onBlocked = useCallback(() => setBlocked(true), []);
  return (
    <VoiceLevelsContext.Provider value={call.levels}>
      <ViewWatchContext.Provider value={views}>
        <CallView
          type={snapshot.type}
          phase={phase}
          group={group}
          topology={snapshot.topology}
          self={people.self}
          others={people.others}
          awaited={people.awaited}
          roster={people.roster}
          speakers={hasSpeakers(snapshot) ? snapshot.activeSpeakers : null}
          startedAt={snapshot.startedAt}
          reconnectingSince={reconnectingSince}
          quality={snapshot.quality?.level ?? null}
          reasons={snapshot.quality?.reasons ?? []}
          peers={peers}
          statistics={statistics}
          onStatistics={setStatistics}
          soundBlocked={blocked}
          onStartSound={startSound}
          devices={devices}
          onChooseDevice={choose}
          onMicrophone={microphone}
          onCamera={camera}
          onShare={canShareScreen() ? share : undefined}
          onHangUp={hangUp}
          onEndForAll={outgoing && !alone ? endForAll : undefined}
          onHand={groupActions.onHand}
          onReact={groupActions.onReact}
          onAdd={phase === "active" ? groupActions.onAdd : undefined}
          directory={directory}
          actions={groupActions.actions}
          recording={recording}
          problem={groupActions.problem}
          overlay={problem.sheet}
          notices={
            <>
              <ModeratorNotice call={call} muted={self.mutedByModerator} />
              {problem.notice}
            </>
          }
        />
      </ViewWatchContext.Provider>
      <CallSound snapshot={snapshot} onBlocked={onBlocked} attempt={attempt} />
    </VoiceLevelsContext.Provider>
  );
}

/** What to show about devices that failed: a sheet for what needs doing, else a line. */
function useProblem(call: Call, snapshot: CallSnapshot): { sheet: ReactNode; notice: ReactNode } {
  const strings = useStrings();
  const { errors } = snapshot.self;
  const [dismissed, setDismissed] = useState<readonly unknown[]>([]);
  const open = {
    microphone: dismissed.includes(errors.microphone) ? null : errors.microphone,
    camera: dismissed.includes(errors.camera) ? null : errors.camera,
  };
  const shown = shownProblem(open);
  const dismiss = () => setDismissed([...dismissed, errors.microphone, errors.camera]);
  const retry = () => {
    dismiss();
    if (open.microphone !== null) quietly(call.setMicrophone(true));
    if (open.camera !== null) quietly(call.setCamera(true));
  };
  if (shown?.serious === true) {
    return {
      sheet: (
        <PermissionHelp
          problem={shown.problem}
          blocked={shown.blocked}
          onRetry={shown.problem === "insecure_page" ? undefined : retry}
          onContinue={dismiss}
        />
      ),
      notice: null,
    };
  }
  if (shown !== null) {
    return {
      sheet: null,
      notice: (
        <Notice
          look="warning"
          icon={<CameraOff size={18} aria-hidden />}
          action={
            <Button look="quiet" onClick={dismiss}>
              {strings.dismiss}
            </Button>
          }
        >
          {strings.problems[shown.problem].title}
        </Notice>
      ),
    };
  }
  const { screen } = errors;
  // Closing the browser's own picker is a refusal too, and needs no words.
  if (screen === null || screen.code === "permission_denied" || dismissed.includes(screen)) {
    return { sheet: null, notice: null };
  }
  return {
    sheet: null,
    notice: (
      <Notice
        look="warning"
        icon={<ScreenShareOff size={18} aria-hidden />}
        action={
          <Button look="quiet" onClick={() => setDismissed([...dismissed, screen])}>
            {strings.dismiss}
          </Button>
        }
      >
        {strings.screenFailed}
      </Notice>
    ),
  };
}
