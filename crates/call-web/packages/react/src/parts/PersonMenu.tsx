import {
  Ellipsis,
  MicOff,
  Pin,
  PinOff,
  ScreenShareOff,
  Shield,
  ShieldOff,
  UserRoundMinus,
  VideoOff,
} from "lucide-react";
import { useContext } from "react";
import type { MediaState, ParticipantRole } from "../model.js";
import { useStrings } from "../strings/StringsContext.js";
import { IconButton } from "./IconButton.js";
import { Menu, MenuGroup, MenuItem } from "./Menu.js";
import { PersonActionsContext } from "./personActions.js";

export interface PersonMenuProps {
  person: {
    userId: string;
    name: string;
    isLocal: boolean;
    role?: ParticipantRole | undefined;
    media: MediaState;
  };
  pinned: boolean;
  /** Left out: cannot be pinned (they have no tile). */
  onPin?: (() => void) | undefined;
  /** In the tab order. */
  reachable?: boolean;
  className?: string;
}

const SIZE = 18;

/** What can be done about one person: pin, and for moderators mute, role, remove. */
export function PersonMenu(props: PersonMenuProps) {
  const { person, pinned, onPin, reachable = true, className } = props;
  const strings = useStrings();
  const actions = useContext(PersonActionsContext);
  const moderates = actions?.moderates === true && !person.isLocal;
  if (onPin === undefined && !moderates) return null;
  return (
    <Menu
      label={strings.tileOptions(person.name)}
      className={className ?? ""}
      floating
      trigger={(trigger) => (
        <IconButton
          {...trigger}
          label={strings.tileOptions(person.name)}
          icon={<Ellipsis size={18} aria-hidden />}
          look="round"
          tip="none"
          tabIndex={reachable ? 0 : -1}
          className="call-person-menu-button"
          data-testid={`person-menu-${person.userId}`}
        />
      )}
    >
      {onPin !== undefined && (
        <MenuItem icon={pinned ? <PinOff size={SIZE} /> : <Pin size={SIZE} />} onSelect={onPin}>
          {pinned ? strings.unpin : strings.pin}
        </MenuItem>
      )}
      {moderates && <ModeratorItems person={person} />}
    </Menu>
  );
}

function ModeratorItems({ person }: Pick<PersonMenuProps, "person">) {
  const { people } = useStrings();
  const actions = useContext(PersonActionsContext);
  if (actions === null) return null;
  const { userId, media, role } = person;
  return (
    <>
      {(media.audio || media.video || media.screen) && (
        <MenuGroup label={person.name}>
          {media.audio && (
            <MenuItem icon={<MicOff size={SIZE} />} onSelect={() => actions.mute(userId, "audio")}>
              {people.mute}
            </MenuItem>
          )}
          {media.video && (
            <MenuItem
              icon={<VideoOff size={SIZE} />}
              onSelect={() => actions.mute(userId, "video")}
            >
              {people.stopCamera}
            </MenuItem>
          )}
          {media.screen && (
            <MenuItem
              icon={<ScreenShareOff size={SIZE} />}
              onSelect={() => actions.mute(userId, "screen")}
            >
              {people.stopScreen}
            </MenuItem>
          )}
        </MenuGroup>
      )}
      {role === "participant" && (
        <MenuItem
          icon={<Shield size={SIZE} />}
          onSelect={() => actions.setRole(userId, "moderator")}
        >
          {people.makeModerator}
        </MenuItem>
      )}
      {role === "moderator" && (
        <MenuItem
          icon={<ShieldOff size={SIZE} />}
          onSelect={() => actions.setRole(userId, "participant")}
        >
          {people.takeModerator}
        </MenuItem>
      )}
      {role !== "initiator" && (
        <MenuItem icon={<UserRoundMinus size={SIZE} />} onSelect={() => actions.remove(userId)}>
          {people.remove}
        </MenuItem>
      )}
    </>
  );
}
