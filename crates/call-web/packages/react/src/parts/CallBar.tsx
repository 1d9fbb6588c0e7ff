import { memo } from "react";
import type { DeviceChoices, DeviceKind } from "../devices.js";
import type { CallLayout, MediaState } from "../model.js";
import type { RecorderBar } from "../recording/useRecorder.js";
import { ControlBar } from "./ControlBar.js";
import { MoreMenu } from "./MoreMenu.js";

export interface CallBarProps {
  media: MediaState;
  stream: MediaStream | null;
  userId: string;
  onMicrophone: () => void;
  onCamera?: (() => void) | undefined;
  onShare?: (() => void) | undefined;
  onHangUp: () => void;
  onEndForAll?: (() => void) | undefined;
  raised: boolean;
  /** Left out: no button to raise the hand. */
  onHand?: (() => void) | undefined;
  onReact?: ((reaction: string) => void) | undefined;
  /** Left out: nothing to arrange. */
  /** Left out: nothing can be done about recording. */
  recorder?: RecorderBar | undefined;
  layout?: CallLayout | undefined;
  onLayout: (layout: CallLayout) => void;
  statistics: boolean;
  onStatistics: (shown: boolean) => void;
  fullScreen: boolean;
  onFullScreen?: (() => void) | undefined;
  onPictureInPicture?: (() => void) | undefined;
  devices?: DeviceChoices | undefined;
  onChooseDevice?: ((kind: DeviceKind, deviceId: string | null) => void) | undefined;
}

/** The control bar with everything in it; drawn again only when a button of it changes. */
export const CallBar = memo(function CallBar(props: CallBarProps) {
  const { media, onHand, onReact, onShare, recorder, statistics } = props;
  const onRecord = recorder?.onRecord ?? recorder?.actions.onStop;
  return (
    <ControlBar
      media={media}
      stream={props.stream}
      userId={props.userId}
      onMicrophone={props.onMicrophone}
      onCamera={props.onCamera}
      onShare={onShare}
      hand={onHand === undefined ? undefined : { raised: props.raised, onToggle: onHand }}
      onReact={onReact}
      record={
        onRecord && {
          on: recorder?.onRecord === undefined,
          starting: recorder?.controls.starting ?? false,
          onPress: onRecord,
        }
      }
      onHangUp={props.onHangUp}
      devices={props.devices}
      onChooseDevice={props.onChooseDevice}
    >
      <MoreMenu
        layout={props.layout}
        onLayout={props.onLayout}
        onReact={onReact}
        onShare={onShare}
        sharing={media.screen}
        recorder={recorder}
        onEndForAll={props.onEndForAll}
        onStatistics={() => props.onStatistics(!statistics)}
        fullScreen={props.fullScreen}
        onFullScreen={props.onFullScreen}
        onPictureInPicture={props.onPictureInPicture}
        devices={props.devices}
        onChooseDevice={props.onChooseDevice}
      />
    </ControlBar>
  );
});
