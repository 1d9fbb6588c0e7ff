import { GalleryThumbnails, Hand, LayoutGrid, SmilePlus, Users } from "lucide-react";
import { memo, type Ref } from "react";
import type { CallLayout } from "../model.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import { classes } from "./classes.js";
import { IconButton } from "./IconButton.js";
import { Menu, MenuItem } from "./Menu.js";

/** What can be thrown in. */
export const REACTIONS = ["👍", "❤️", "👏", "😂", "😮", "🎉"] as const;

const ICON = 22;

/** Raises and lowers the own hand. */
export function HandButton({ raised, onToggle }: { raised: boolean; onToggle: () => void }) {
  const strings = useStrings();
  return (
    <IconButton
      label={raised ? strings.lowerHand : strings.raiseHand}
      icon={<Hand size={ICON} aria-hidden />}
      shortcut="r"
      look={raised ? "accent" : "round"}
      aria-pressed={raised}
      data-testid="hand-button"
      onClick={onToggle}
    />
  );
}

/** A few emoji to throw in. */
export function ReactionsButton({ onReact }: { onReact: (reaction: string) => void }) {
  const strings = useStrings();
  return (
    <Menu
      label={strings.react}
      className="call-reactions call-only-wide"
      across
      trigger={(trigger) => (
        <IconButton
          {...trigger}
          label={strings.react}
          icon={<SmilePlus size={ICON} aria-hidden />}
          look="round"
          data-testid="reactions-button"
        />
      )}
    >
      <ReactionItems onReact={onReact} />
    </Menu>
  );
}

/** The emoji as items of a menu. */
export function ReactionItems({ onReact }: { onReact: (reaction: string) => void }) {
  const { reactionNames } = useStrings();
  return REACTIONS.map((reaction) => (
    <MenuItem
      key={reaction}
      className="call-reaction-item"
      label={reactionNames[reaction] ?? reaction}
      onSelect={() => onReact(reaction)}
    >
      {reaction}
    </MenuItem>
  ));
}

export interface CornerButtonsProps {
  /** Left out: nothing to arrange (two people). */
  layout?: CallLayout | undefined;
  onLayout?: ((layout: CallLayout) => void) | undefined;
  /** People in the call. */
  count: number;
  /** The list is open. */
  panel: boolean;
  onPanel: () => void;
  panelRef?: Ref<HTMLButtonElement>;
}

/** Top right: how tiles are arranged, and the list of people. */
export const CornerButtons = memo(function CornerButtons(props: CornerButtonsProps) {
  const { layout, onLayout, count, panel, onPanel } = props;
  const strings = useStrings();
  const shown = new Intl.NumberFormat(useLocale()).format(count);
  const other = layout === "grid" ? "speaker" : "grid";
  return (
    <>
      {layout !== undefined && onLayout !== undefined && (
        <IconButton
          label={strings.switchLayout[other]}
          icon={
            layout === "grid" ? (
              <GalleryThumbnails size={20} aria-hidden />
            ) : (
              <LayoutGrid size={20} aria-hidden />
            )
          }
          look="round"
          tip="below"
          className="call-tip-left call-layout-switch"
          data-testid="layout-switch"
          data-layout={layout}
          onClick={() => onLayout(other)}
        />
      )}
      <button
        type="button"
        className={classes("call-people-button", panel && "call-people-button-open")}
        aria-label={strings.people.open(shown)}
        aria-expanded={panel}
        data-testid="people-button"
        ref={props.panelRef}
        onClick={onPanel}
      >
        <Users size={20} aria-hidden />
        <span aria-hidden="true">{shown}</span>
      </button>
    </>
  );
});
