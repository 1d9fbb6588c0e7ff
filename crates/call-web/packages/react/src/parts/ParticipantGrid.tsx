import { useMemo, useRef } from "react";
import { useElementSize } from "../hooks/useElementSize.js";
import { useSwipe } from "../hooks/useSwipe.js";
import { useTilePages } from "../hooks/useTilePages.js";
import { gridPage, pageSize, tilesPerPage, withoutLargeSelf } from "../layout/grid.js";
import { tilesOf } from "../layout/tiles.js";
import type { TilePerson } from "../model.js";
import { useStrings } from "../strings/StringsContext.js";
import { OffstageReactions } from "./OffstageReactions.js";
import { PAGER_BESIDE, PAGER_HEIGHT, Pager } from "./Pager.js";
import { TileField } from "./TileField.js";

export interface ParticipantGridProps {
  people: readonly TilePerson[];
  /** Who has to be on the first page, most urgent first: user ids. */
  wanted?: readonly string[];
  /** Key of the tile that was chosen: the user id, with `:screen` after it for a screen. */
  pinned?: string | null;
  /** Enter, P, a double click, or the tile's menu. */
  onPin?: ((key: string) => void) | undefined;
}

const nobody: readonly string[] = [];

/** Everybody, as large as the container allows; pages when more than fit. */
export function ParticipantGrid(props: ParticipantGridProps) {
  const { people, wanted = nobody, pinned = null, onPin } = props;
  const strings = useStrings();
  const whole = useRef<HTMLDivElement>(null);
  const { width, height } = useElementSize(whole);
  const tiles = useMemo(() => people.flatMap(tilesOf), [people]);
  const beside = width >= PAGER_BESIDE;
  // Measured without the pager, so that the pager's own height is no reason for one.
  const paged = tiles.length > tilesPerPage(width, height);
  const areaHeight = paged && !beside ? Math.max(0, height - PAGER_HEIGHT) : height;
  const { shown, page, pages, turn, step } = useTilePages(
    tiles,
    // Nobody moves before it is known how many fit.
    width > 0 ? pageSize(tiles.length, width, areaHeight) : tiles.length,
    wanted,
  );
  const swipe = useSwipe((direction) => void step(direction === "left" ? "right" : "left"));
  const ownLast = shown[shown.length - 1]?.person.isLocal === true;
  const boxes = useMemo(() => {
    const { boxes: all } = gridPage(shown.length, width, areaHeight);
    return ownLast ? withoutLargeSelf(all, width) : all;
  }, [shown.length, width, areaHeight, ownLast]);
  return (
    <div className="call-grid" ref={whole} {...swipe}>
      <div className="call-grid-area" style={{ height: areaHeight }}>
        <TileField
          tiles={shown}
          boxes={boxes}
          label={strings.participants}
          pinned={pinned}
          onPin={onPin}
          onEdge={step}
        />
      </div>
      <OffstageReactions people={people} shown={shown} />
      {width > 0 && pages > 1 && (
        <Pager page={page} pages={pages} onPage={turn} place={beside ? "beside" : "below"} />
      )}
    </div>
  );
}
