import {
  ChevronUp,
  Mic,
  MicOff,
  Phone,
  ScreenShare,
  ScreenShareOff,
  Video,
  VideoOff,
} from "lucide-react";
import { type ReactNode, type Ref, useRef } from "react";
import type { DeviceChoices, DeviceKind } from "../devices.js";
import { useVoice } from "../hooks/useVoice.js";
import type { MediaState } from "../model.js";
import { RecordButton, type RecordButtonProps } from "../recording/RecordButton.js";
import { useStrings } from "../strings/StringsContext.js";
import { DeviceMenu } from "./DeviceMenu.js";
import { HandButton, ReactionsButton } from "./GroupControls.js";
import { IconButton } from "./IconButton.js";
import { Menu } from "./Menu.js";

export interface ControlBarProps {
  media: MediaState;
  /** The own stream: its level rings the microphone button. */
  stream: MediaStream | null;
  /** Whose; needed where loudness is measured by user. */
  userId?: string;
  onMicrophone: () => void;
  /** Left out: no camera button (there is no camera). */
  onCamera?: (() => void) | undefined;
  /** Left out where the browser cannot share a screen. */
  onShare?: (() => void) | undefined;
  /** Left out: no button to raise the hand. */
  hand?: { raised: boolean; onToggle: () => void } | undefined;
  /** Left out: nothing can be thrown in. */
  onReact?: ((reaction: string) => void) | undefined;
  /** Left out: may neither begin nor stop a recording. */
  record?: RecordButtonProps | undefined;
  onHangUp: () => void;
  devices?: DeviceChoices | undefined;
  onChooseDevice?: ((kind: DeviceKind, deviceId: string | null) => void) | undefined;
  /** The "more" menu. */
  children?: ReactNode;
  barRef?: Ref<HTMLDivElement>;
}

const ICON = 22;

/** Microphone, camera, screen, more, and – set apart – hang up. */
export function ControlBar(props: ControlBarProps) {
  const { media, stream, devices, onChooseDevice, onCamera, onShare } = props;
  const strings = useStrings();
  return (
    <div
      className="call-bar"
      role="toolbar"
      aria-label={strings.controls}
      ref={props.barRef}
      data-testid="control-bar"
    >
      <div className="call-bar-group">
        <MicrophoneButton
          media={media}
          stream={stream}
          userId={props.userId ?? ""}
          onClick={props.onMicrophone}
        />
        {devices !== undefined && onChooseDevice !== undefined && (
          <CaretMenu label={strings.microphoneOptions}>
            <DeviceMenu
              devices={devices}
              kinds={["microphone", "speaker"]}
              onChoose={onChooseDevice}
            />
          </CaretMenu>
        )}
      </div>
      {onCamera !== undefined && (
        <div className="call-bar-group">
          <IconButton
            label={media.video ? strings.turnCameraOff : strings.turnCameraOn}
            icon={
              media.video ? <Video size={ICON} aria-hidden /> : <VideoOff size={ICON} aria-hidden />
            }
            shortcut="v"
            look={media.video ? "round" : "off"}
            onClick={onCamera}
          />
          {devices !== undefined && onChooseDevice !== undefined && (
            <CaretMenu label={strings.cameraOptions}>
              <DeviceMenu devices={devices} kinds={["camera"]} onChoose={onChooseDevice} />
            </CaretMenu>
          )}
        </div>
      )}
      {onShare !== undefined && (
        <IconButton
          label={media.screen ? strings.stopSharing : strings.shareScreen}
          icon={
            media.screen ? (
              <ScreenShareOff size={ICON} aria-hidden />
            ) : (
              <ScreenShare size={ICON} aria-hidden />
            )
          }
          shortcut="s"
          look={media.screen ? "accent" : "round"}
          className="call-bar-share"
          onClick={onShare}
        />
      )}
      {props.hand !== undefined && <HandButton {...props.hand} />}
      {props.onReact !== undefined && <ReactionsButton onReact={props.onReact} />}
      {props.record !== undefined && <RecordButton {...props.record} />}
      {props.children}
      <IconButton
        label={strings.hangUp}
        icon={<Phone size={ICON} className="call-hang-up-icon" aria-hidden />}
        shortcut="h"
        look="danger"
        className="call-hang-up"
        onClick={props.onHangUp}
      />
    </div>
  );
}

function MicrophoneButton(props: {
  media: MediaState;
  stream: MediaStream | null;
  userId: string;
  onClick: () => void;
}) {
  const strings = useStrings();
  const button = useRef<HTMLButtonElement>(null);
  const on = props.media.audio;
  useVoice(button, { userId: props.userId, stream: props.stream, on });
  return (
    <IconButton
      ref={button}
      label={on ? strings.muteMicrophone : strings.unmuteMicrophone}
      icon={on ? <Mic size={ICON} aria-hidden /> : <MicOff size={ICON} aria-hidden />}
      shortcut="m"
      look={on ? "round" : "off"}
      className={on ? "call-level-ring" : ""}
      onClick={props.onClick}
    />
  );
}

function CaretMenu({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Menu
      label={label}
      className="call-caret-menu"
      trigger={(trigger) => (
        <IconButton
          {...trigger}
          label={label}
          icon={<ChevronUp size={16} aria-hidden />}
          tip="none"
          className="call-caret"
        />
      )}
    >
      {children}
    </Menu>
  );
}
