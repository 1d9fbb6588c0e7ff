import {
  Activity,
  CircleDot,
  Ellipsis,
  GalleryThumbnails,
  LayoutGrid,
  Maximize,
  Minimize,
  Phone,
  PictureInPicture2,
  ScreenShare,
  ScreenShareOff,
} from "lucide-react";
import type { DeviceChoices, DeviceKind } from "../devices.js";
import type { CallLayout } from "../model.js";
import { RecordingItems } from "../recording/RecordingItems.js";
import type { RecorderBar } from "../recording/useRecorder.js";
import { useStrings } from "../strings/StringsContext.js";
import { DeviceMenu } from "./DeviceMenu.js";
import { ReactionItems } from "./GroupControls.js";
import { IconButton } from "./IconButton.js";
import { Menu, MenuGroup, MenuItem } from "./Menu.js";

export interface MoreMenuProps {
  /** Left out where there is nothing to arrange (two people). */
  layout?: CallLayout | undefined;
  onLayout?: ((layout: CallLayout) => void) | undefined;
  /** In windows too narrow for a button of their own. */
  onReact?: ((reaction: string) => void) | undefined;
  onShare?: (() => void) | undefined;
  sharing?: boolean | undefined;
  /** Left out: nothing can be done about recording. */
  recorder?: RecorderBar | undefined;
  onStatistics?: (() => void) | undefined;
  fullScreen?: boolean | undefined;
  onFullScreen?: (() => void) | undefined;
  onPictureInPicture?: (() => void) | undefined;
  onEndForAll?: (() => void) | undefined;
  devices?: DeviceChoices | undefined;
  onChooseDevice?: ((kind: DeviceKind, deviceId: string | null) => void) | undefined;
}

/** Everything that is not needed in every call. */
export function MoreMenu(props: MoreMenuProps) {
  const strings = useStrings();
  const { layout, onLayout, recorder, devices, onChooseDevice } = props;
  const current = recorder?.controls.current ?? null;
  return (
    <Menu
      label={strings.more}
      className="call-more-menu"
      trigger={(trigger) => (
        <IconButton
          {...trigger}
          label={strings.more}
          icon={<Ellipsis size={22} aria-hidden />}
          look="round"
        />
      )}
    >
      {props.onReact !== undefined && (
        <MenuGroup label={strings.react} className="call-only-narrow call-reaction-row">
          <ReactionItems onReact={props.onReact} />
        </MenuGroup>
      )}
      {props.onShare !== undefined && (
        <MenuItem
          className="call-only-tiny"
          icon={props.sharing === true ? <ScreenShareOff size={18} /> : <ScreenShare size={18} />}
          onSelect={props.onShare}
        >
          {props.sharing === true ? strings.stopSharing : strings.shareScreen}
        </MenuItem>
      )}
      {recorder !== undefined && current !== null && (
        <RecordingItems recording={current} actions={recorder.actions} />
      )}
      {recorder?.onRecord !== undefined && (
        <MenuItem icon={<CircleDot size={18} />} onSelect={recorder.onRecord}>
          {strings.recording.record}
        </MenuItem>
      )}
      {layout !== undefined && onLayout !== undefined && (
        <MenuGroup label={strings.layout}>
          <MenuItem
            checked={layout === "grid"}
            icon={<LayoutGrid size={18} />}
            onSelect={() => onLayout("grid")}
          >
            {strings.layoutGrid}
          </MenuItem>
          <MenuItem
            checked={layout === "speaker"}
            icon={<GalleryThumbnails size={18} />}
            onSelect={() => onLayout("speaker")}
          >
            {strings.layoutSpeaker}
          </MenuItem>
        </MenuGroup>
      )}
      {props.onStatistics !== undefined && (
        <MenuItem icon={<Activity size={18} />} onSelect={props.onStatistics}>
          {strings.statistics}
        </MenuItem>
      )}
      {props.onFullScreen !== undefined && (
        <MenuItem
          icon={props.fullScreen === true ? <Minimize size={18} /> : <Maximize size={18} />}
          onSelect={props.onFullScreen}
        >
          {props.fullScreen === true ? strings.exitFullScreen : strings.enterFullScreen}
        </MenuItem>
      )}
      {props.onPictureInPicture !== undefined && (
        <MenuItem icon={<PictureInPicture2 size={18} />} onSelect={props.onPictureInPicture}>
          {strings.pictureInPicture}
        </MenuItem>
      )}
      {props.onEndForAll !== undefined && (
        <MenuItem
          icon={<Phone size={18} className="call-hang-up-icon" />}
          onSelect={props.onEndForAll}
        >
          {strings.endForAll}
        </MenuItem>
      )}
      {devices !== undefined && onChooseDevice !== undefined && (
        <DeviceMenu
          devices={devices}
          kinds={["microphone", "camera", "speaker"]}
          onChoose={onChooseDevice}
        />
      )}
    </Menu>
  );
}
