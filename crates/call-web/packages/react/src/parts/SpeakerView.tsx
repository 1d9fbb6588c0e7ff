import { useMemo, useRef } from "react";
import { useElementSize } from "../hooks/useElementSize.js";
import { useSwipe } from "../hooks/useSwipe.js";
import { useTilePages } from "../hooks/useTilePages.js";
import { equalPages } from "../layout/pages.js";
import { stageLayout, stripPlaces } from "../layout/stage.js";
import { showsScreen, tilesOf } from "../layout/tiles.js";
import type { TilePerson } from "../model.js";
import { useStrings } from "../strings/StringsContext.js";
import { OffstageReactions } from "./OffstageReactions.js";
import { PAGER_BESIDE, PAGER_HEIGHT, Pager } from "./Pager.js";
import { TileField } from "./TileField.js";

export interface SpeakerViewProps {
  people: readonly TilePerson[];
  /**
   * Key of the large picture: the speaker's, the chosen one, or a shared screen. A user id, with
   * `:screen` after it for a screen.
   */
  stage: string | null;
  /** Who has to be in sight in the film strip, most urgent first: user ids. */
  wanted?: readonly string[];
  pinned?: string | null;
  onPin?: ((key: string) => void) | undefined;
}

const nobody: readonly string[] = [];

/** One picture on the stage, the others in a film strip. */
export function SpeakerView(props: SpeakerViewProps) {
  const { people, stage, wanted = nobody, pinned = null, onPin } = props;
  const strings = useStrings();
  const area = useRef<HTMLDivElement>(null);
  const { width, height } = useElementSize(area);
  const tiles = useMemo(() => people.flatMap(tilesOf), [people]);
  const large =
    tiles.find((tile) => tile.key === stage) ??
    tiles.find((tile) => !tile.person.isLocal) ??
    tiles[0];
  const others = tiles.filter((tile) => tile !== large);
  const onStage = large !== undefined && showsScreen(large) ? "screen" : "video";
  const beside = width >= PAGER_BESIDE;
  const paged = others.length > stripPlaces(width, height, onStage);
  const areaHeight = paged && !beside ? Math.max(0, height - PAGER_HEIGHT) : height;
  const { shown, page, pages, turn, step } = useTilePages(
    others,
    width > 0 ? equalPages(others.length, stripPlaces(width, areaHeight, onStage)) : others.length,
    wanted,
  );
  const swipe = useSwipe((direction) => void step(direction === "left" ? "right" : "left"));
  const boxes = useMemo(() => {
    const layout = stageLayout(width, areaHeight, shown.length, onStage);
    return [layout.stage, ...layout.strip];
  }, [width, areaHeight, shown.length, onStage]);
  const onScreen = large === undefined ? shown : [large, ...shown];
  const important = large !== undefined && (large.key === pinned || onStage === "screen");
  return (
    <div className="call-grid" ref={area} {...swipe}>
      <div className="call-grid-area" style={{ height: areaHeight }}>
        {large !== undefined && width > 0 && (
          <TileField
            tiles={onScreen}
            boxes={boxes}
            label={strings.participants}
            pinned={pinned}
            important={important ? large.key : null}
            onPin={onPin}
            onEdge={step}
          />
        )}
      </div>
      <OffstageReactions people={people} shown={onScreen} />
      {width > 0 && pages > 1 && (
        <Pager page={page} pages={pages} onPage={turn} place={beside ? "beside" : "below"} />
      )}
    </div>
  );
}
