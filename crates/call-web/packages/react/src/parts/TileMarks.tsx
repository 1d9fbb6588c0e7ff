import { Hand, MicOff, Pin, ScreenShare } from "lucide-react";
import type { CSSProperties } from "react";
import type { PictureKind, Reaction, TilePerson } from "../model.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import { QualityIndicator } from "./QualityIndicator.js";

/** A raised hand, with its place in line. */
export function HandBadge({ hand }: { hand: number | null }) {
  const strings = useStrings();
  const locale = useLocale();
  if (hand === null) return null;
  const place = new Intl.NumberFormat(locale).format(hand);
  return (
    <span className="call-hand-badge" data-testid="hand">
      <Hand size={16} aria-hidden="true" />
      <span aria-hidden="true">{place}</span>
      <span className="call-hidden">{strings.handRaised(place)}</span>
    </span>
  );
}

export interface TileLabelProps {
  person: TilePerson;
  name: string;
  look: "tile" | "self";
  source: PictureKind;
  pinned: boolean;
}

/** Name, microphone and quality at the bottom of a tile. */
export function TileLabel({ person, name, look, source, pinned }: TileLabelProps) {
  const strings = useStrings();
  const own = source === "screen";
  return (
    <div className="call-tile-label">
      {pinned && (
        <span className="call-tile-pin">
          <Pin size={14} aria-hidden="true" />
          <span className="call-hidden">{strings.pinned}</span>
        </span>
      )}
      {!person.media.audio && !own && (
        <span className="call-tile-muted">
          <MicOff size={14} aria-hidden="true" />
          <span className="call-hidden">{strings.microphoneMuted}</span>
        </span>
      )}
      {look === "tile" && (
        <>
          {person.media.screen && <ScreenShare size={14} aria-hidden="true" />}
          <span className="call-tile-name">{name}</span>
          {!person.isLocal && !own && <QualityIndicator quality={person.quality} />}
        </>
      )}
    </div>
  );
}

/** Thrown in faster than that, only the latest are drawn. */
const MOST = 5;

/** Emoji that rise over a picture. What they are is spoken by the call's live region. */
export function TileReactions({ reactions }: { reactions: readonly Reaction[] | undefined }) {
  if (reactions === undefined || reactions.length === 0) return null;
  return (
    <span className="call-tile-reactions" aria-hidden="true" data-testid="tile-reactions">
      {reactions.slice(-MOST).map(({ id, reaction }) => (
        <span
          key={id}
          className="call-tile-reaction"
          style={{ "--call-side": String(((id * 37) % 61) / 60) } as CSSProperties}
        >
          {reaction}
        </span>
      ))}
    </span>
  );
}
