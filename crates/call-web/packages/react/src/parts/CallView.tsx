import { type ReactNode, useCallback, useMemo, useRef, useState } from "react";
import type { DeviceChoices, DeviceKind } from "../devices.js";
import { titleOf } from "../format/text.js";
import { useFullScreen } from "../hooks/useFullScreen.js";
import { useRememberedLayout } from "../hooks/useRememberedLayout.js";
import { useShortcuts } from "../hooks/useShortcuts.js";
import { hasScreenTile } from "../layout/tiles.js";
import type {
  CallType,
  Person,
  Quality,
  QualityReason,
  RosterPerson,
  TilePerson,
  Topology,
} from "../model.js";
import type { RecordingControls } from "../recording/controls.js";
import { useRecorder } from "../recording/useRecorder.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import type { Strings } from "../strings/strings.js";
import type { Directory } from "./AddPeople.js";
import { CallBar } from "./CallBar.js";
import { CallCanvas } from "./CallCanvas.js";
import { CallNotices } from "./CallNotices.js";
import { CallStatus } from "./CallStatus.js";
import { ConfirmDialog } from "./ConfirmDialog.js";
import { CornerButtons } from "./GroupControls.js";
import { GroupStage } from "./GroupStage.js";
import { OneToOneStage } from "./OneToOneStage.js";
import { PeoplePanel } from "./PeoplePanel.js";
import { type PersonActions, PersonActionsContext } from "./personActions.js";
import { enterPictureInPicture, hasPictureInPicture } from "./pictureInPicture.js";
import { type PeerFigures, StatsPanel } from "./StatsPanel.js";
import { WaitingStage } from "./WaitingStage.js";

/** How far a call is, as the people in it see it. */
export type ViewPhase = "calling" | "ringing" | "connecting" | "active" | "reconnecting";

export interface CallViewProps {
  type: CallType;
  phase: ViewPhase;
  /** More than two people were invited. */
  group: boolean;
  /** How media travels. */
  topology?: Topology;
  self: TilePerson;
  /** Those who have taken the call. */
  others: readonly TilePerson[];
  /** Those who have not answered yet. */
  awaited: readonly Person[];
  /** Everybody who belongs to the call; left out: there is no list of people. */
  roster?: readonly RosterPerson[] | undefined;
  /** Who speaks as the server hears it, loudest first; left out or null: found by listening. */
  speakers?: readonly string[] | null;
  startedAt: number | null;
  reconnectingSince: number | null;
  /** The own connection. */
  quality: Quality | null;
  reasons: readonly QualityReason[];
  peers: readonly PeerFigures[];
  /** Whether the figures are shown; left out: the view remembers by itself. */
  statistics?: boolean;
  onStatistics?: (shown: boolean) => void;
  soundBlocked: boolean;
  devices?: DeviceChoices | undefined;
  onStartSound: () => void;
  onChooseDevice?: ((kind: DeviceKind, deviceId: string | null) => void) | undefined;
  onMicrophone: () => void;
  onCamera?: (() => void) | undefined;
  onShare?: (() => void) | undefined;
  onHangUp: () => void;
  /** Given to whoever began a group call. */
  onEndForAll?: (() => void) | undefined;
  /** Raises or lowers the own hand. Only groups have a button for it. */
  onHand?: (() => void) | undefined;
  /** Throws an emoji in. Only groups have a button for it. */
  onReact?: ((reaction: string) => void) | undefined;
  /** Calls somebody into the call. Left out: nobody can be added. */
  onAdd?: ((userId: string) => Promise<void>) | undefined;
  /** Finds people who may be added. */
  directory?: Directory | undefined;
  /** What I may do about others; `remove` is called after the question was answered. */
  actions?: PersonActions | undefined;
  /** The recording of the call, and what I may do about it; keep it the same object. */
  recording?: RecordingControls | undefined;
  /** What of that did not work, in words. */
  problem?: string | null | undefined;
  /** Over the pictures, under the bar: a question about a device, or the like. */
  overlay?: ReactNode;
  /** More lines for the top. */
  notices?: ReactNode;
}

/** A call in progress, from the first ring to the last picture. Plain props: no client needed. */
export function CallView(props: CallViewProps) {
  const { phase, group, self, others, awaited, roster, actions } = props;
  const strings = useStrings();
  const locale = useLocale();
  const canvas = useRef<HTMLDivElement>(null);
  const fullScreen = useFullScreen(canvas);
  const [layout, setLayout] = useRememberedLayout();
  const [ownStatistics, setOwnStatistics] = useState(false);
  const statistics = props.statistics ?? ownStatistics;
  const setStatistics = props.onStatistics ?? setOwnStatistics;
  const [asking, setAsking] = useState(false);
  const [removing, setRemoving] = useState<string | null>(null);
  const [panel, setPanel] = useState(false);
  const [pinned, setPinned] = useState<string | null>(null);
  const pin = useCallback((key: string) => setPinned((old) => (old === key ? null : key)), []);

  const { onMicrophone, onCamera, onShare, onHangUp } = props;
  const onHand = group ? props.onHand : undefined;
  const askFirst = group && others.length > 1;
  const shortcuts = useMemo(
    () => ({
      m: onMicrophone,
      v: onCamera,
      s: onShare,
      r: onHand,
      h: askFirst ? () => setAsking(true) : onHangUp,
    }),
    [onMicrophone, onCamera, onShare, onHand, onHangUp, askFirst],
  );
  const onKeyDown = useShortcuts(shortcuts);
  // In a call of two, putting the other one out is hanging up.
  const asked = useMemo<PersonActions | null>(
    () =>
      actions === undefined
        ? null
        : { ...actions, moderates: actions.moderates && group, remove: setRemoving },
    [actions, group],
  );

  const recorder = useRecorder(props.recording);

  const people = others.length > 0 ? others : awaited;
  const names = people.map((person) => person.name);
  const title = names.length > 0 ? titleOf(names, strings, locale) : strings.waitingForOthers;
  const waiting = others.length === 0 || phase === "calling" || phase === "ringing";
  const words = phaseWords(phase, waiting, strings);
  const shown = [self, ...others].some((person) => person.media.video || person.media.screen);
  const pictures = !waiting && shown;
  const [far] = others;
  // Two pictures of one person, camera and screen, need more than one place.
  const many = group || (far !== undefined && hasScreenTile(far));
  const togglePanel = useCallback(() => setPanel((open) => !open), []);
  const pictureInPicture = useCallback(() => enterPictureInPicture(canvas.current), []);
  const closePanel = useCallback(() => setPanel(false), []);

  return (
    <PersonActionsContext.Provider value={asked}>
      <CallCanvas
        canvasRef={canvas}
        label={title}
        phase={phase}
        topology={props.topology}
        fades={pictures && !many && phase === "active"}
        className={pictures ? "call-over-picture" : "call-plain"}
        onKeyDown={onKeyDown}
        status={
          waiting ? (
            recorder.sign && <div className="call-status">{recorder.sign}</div>
          ) : (
            <CallStatus
              title={title}
              startedAt={props.startedAt}
              words={words}
              quality={props.quality}
              reasons={props.reasons}
              sign={recorder.sign}
            />
          )
        }
        notices={
          <>
            {recorder.notices}
            {props.notices}
            <CallNotices
              reconnectingSince={props.reconnectingSince}
              self={self}
              others={others}
              quality={props.quality}
              reasons={props.reasons}
              soundBlocked={props.soundBlocked}
              onStartSound={props.onStartSound}
              onStopSharing={() => onShare?.()}
            />
          </>
        }
        corner={
          roster !== undefined && (
            <CornerButtons
              layout={many && !waiting ? layout : undefined}
              onLayout={setLayout}
              count={others.length + 1}
              panel={panel}
              onPanel={togglePanel}
            />
          )
        }
        panel={
          panel &&
          roster !== undefined && (
            <PeoplePanel
              roster={roster}
              pinned={pinned}
              onPin={many && !waiting ? pin : undefined}
              onAdd={props.onAdd}
              directory={props.directory}
              duo={!group}
              problem={props.problem}
              onClose={closePanel}
            />
          )
        }
        dialog={
          <>
            {recorder.dialog}
            {asking && (
              <ConfirmDialog
                title={strings.confirmLeaveTitle}
                words={strings.confirmLeave}
                action={strings.leaveCall}
                cancel={strings.stay}
                onCancel={() => setAsking(false)}
                onConfirm={() => {
                  setAsking(false);
                  onHangUp();
                }}
              />
            )}
            {removing !== null && (
              <ConfirmDialog
                title={strings.people.confirmRemoveTitle(nameOf(removing, others, roster))}
                words={strings.people.confirmRemove}
                action={strings.people.confirmRemoveAction}
                cancel={strings.cancel}
                onCancel={() => setRemoving(null)}
                onConfirm={() => {
                  setRemoving(null);
                  actions?.remove(removing);
                }}
              />
            )}
          </>
        }
        bar={
          <CallBar
            media={self.media}
            stream={self.stream}
            userId={self.userId}
            onMicrophone={onMicrophone}
            onCamera={onCamera}
            onShare={onShare}
            onHangUp={onHangUp}
            onEndForAll={group ? props.onEndForAll : undefined}
            raised={typeof self.hand === "number"}
            onHand={waiting ? undefined : onHand}
            onReact={group && !waiting ? props.onReact : undefined}
            recorder={recorder.bar}
            layout={many && !waiting ? layout : undefined}
            onLayout={setLayout}
            statistics={statistics}
            onStatistics={setStatistics}
            fullScreen={fullScreen.active}
            onFullScreen={fullScreen.toggle}
            onPictureInPicture={pictures && hasPictureInPicture() ? pictureInPicture : undefined}
            devices={props.devices}
            onChooseDevice={props.onChooseDevice}
          />
        }
      >
        {waiting || far === undefined ? (
          <WaitingStage
            people={people}
            self={self}
            words={words ?? strings.connecting}
            pulsing={phase === "ringing"}
          />
        ) : many ? (
          <GroupStage
            self={self}
            others={others}
            layout={layout}
            speakers={props.speakers ?? null}
            pinned={pinned}
            onPin={pin}
          />
        ) : (
          <OneToOneStage self={self} far={far} />
        )}
        {statistics && <StatsPanel peers={props.peers} onClose={() => setStatistics(false)} />}
        {props.overlay}
      </CallCanvas>
    </PersonActionsContext.Provider>
  );
}

function nameOf(
  userId: string,
  others: readonly Person[],
  roster: readonly Person[] | undefined,
): string {
  return [...others, ...(roster ?? [])].find((each) => each.userId === userId)?.name ?? userId;
}

function phaseWords(phase: ViewPhase, waiting: boolean, strings: Strings): string | undefined {
  switch (phase) {
    case "calling":
      return strings.calling;
    case "ringing":
      return strings.ringing;
    case "connecting":
      return strings.connecting;
    case "active":
      return waiting ? strings.waitingForOthers : undefined;
    case "reconnecting":
      return strings.reconnecting;
  }
}
