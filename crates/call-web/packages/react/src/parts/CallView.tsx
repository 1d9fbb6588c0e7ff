import { type ReactNode, useMemo, useRef, useState } from "react";
import type { DeviceChoices, DeviceKind } from "../devices.js";
import { listOf } from "../format/text.js";
import { useFullScreen } from "../hooks/useFullScreen.js";
import { useShortcuts } from "../hooks/useShortcuts.js";
import type { CallLayout, CallType, Person, Quality, QualityReason, TilePerson } from "../model.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import { CallCanvas } from "./CallCanvas.js";
import { CallNotices } from "./CallNotices.js";
import { CallStatus } from "./CallStatus.js";
import { ConfirmDialog } from "./ConfirmDialog.js";
import { ControlBar } from "./ControlBar.js";
import { GroupStage } from "./GroupStage.js";
import { MoreMenu } from "./MoreMenu.js";
import { OneToOneStage } from "./OneToOneStage.js";
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
  self: TilePerson;
  /** Those who have taken the call. */
  others: readonly TilePerson[];
  /** Those who have not answered yet. */
  awaited: readonly Person[];
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
  /** Over the pictures, under the bar: a question about a device, or the like. */
  overlay?: ReactNode;
  /** More lines for the top. */
  notices?: ReactNode;
}

/** A call in progress, from the first ring to the last picture. Plain props: no client needed. */
export function CallView(props: CallViewProps) {
  const { phase, group, self, others, awaited } = props;
  const strings = useStrings();
  const locale = useLocale();
  const canvas = useRef<HTMLDivElement>(null);
  const fullScreen = useFullScreen(canvas);
  const [layout, setLayout] = useState<CallLayout>("grid");
  const [ownStatistics, setOwnStatistics] = useState(false);
  const statistics = props.statistics ?? ownStatistics;
  const setStatistics = props.onStatistics ?? setOwnStatistics;
  const [asking, setAsking] = useState(false);

  const { onMicrophone, onCamera, onShare, onHangUp } = props;
  const askFirst = group && others.length > 1;
  const shortcuts = useMemo(
    () => ({
      m: onMicrophone,
      v: onCamera,
      s: onShare,
      h: askFirst ? () => setAsking(true) : onHangUp,
    }),
    [onMicrophone, onCamera, onShare, onHangUp, askFirst],
  );
  const onKeyDown = useShortcuts(shortcuts);

  const people = others.length > 0 ? others : awaited;
  const names = people.map((person) => person.name);
  const title = names.length > 0 ? listOf(names, locale) : strings.waitingForOthers;
  const waiting = others.length === 0 || phase === "calling" || phase === "ringing";
  const words = phaseWords(phase, waiting, strings);
  const shown = [self, ...others].some((person) => person.media.video || person.media.screen);
  const pictures = !waiting && shown;

  return (
    <CallCanvas
      canvasRef={canvas}
      label={title}
      phase={phase}
      fades={pictures && !group && phase === "active"}
      className={pictures ? "call-over-picture" : "call-plain"}
      onKeyDown={onKeyDown}
      status={
        waiting ? null : (
          <CallStatus
            title={title}
            startedAt={props.startedAt}
            words={words}
            quality={props.quality}
            reasons={props.reasons}
          />
        )
      }
      notices={
        <>
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
      bar={
        <ControlBar
          media={self.media}
          stream={self.stream}
          onMicrophone={onMicrophone}
          onCamera={onCamera}
          onShare={onShare}
          onHangUp={onHangUp}
          devices={props.devices}
          onChooseDevice={props.onChooseDevice}
        >
          <MoreMenu
            layout={group ? layout : undefined}
            onLayout={setLayout}
            onEndForAll={group ? props.onEndForAll : undefined}
            onStatistics={() => setStatistics(!statistics)}
            fullScreen={fullScreen.active}
            onFullScreen={fullScreen.toggle}
            onPictureInPicture={
              pictures && hasPictureInPicture()
                ? () => enterPictureInPicture(canvas.current)
                : undefined
            }
            devices={props.devices}
            onChooseDevice={props.onChooseDevice}
          />
        </ControlBar>
      }
    >
      {waiting ? (
        <WaitingStage
          people={people}
          self={self}
          words={words ?? strings.connecting}
          pulsing={phase === "ringing"}
        />
      ) : group ? (
        <GroupStage self={self} others={others} layout={layout} />
      ) : (
        others[0] !== undefined && <OneToOneStage self={self} far={others[0]} />
      )}
      {statistics && <StatsPanel peers={props.peers} onClose={() => setStatistics(false)} />}
      {props.overlay}
      {asking && (
        <ConfirmDialog
          onCancel={() => setAsking(false)}
          onConfirm={() => {
            setAsking(false);
            onHangUp();
          }}
        />
      )}
    </CallCanvas>
  );
}

function phaseWords(
  phase: ViewPhase,
  waiting: boolean,
  strings: ReturnType<typeof useStrings>,
): string | undefined {
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
