import { type KeyboardEvent, memo, useLayoutEffect, useMemo, useRef, useState } from "react";
import { type Box, neighbour } from "../layout/grid.js";
import type { Tile } from "../layout/tiles.js";
import { PersonMenu } from "./PersonMenu.js";
import { VideoTile } from "./VideoTile.js";

const directions: Record<string, "left" | "right" | "up" | "down"> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

export interface TileFieldProps {
  tiles: readonly Tile[];
  boxes: readonly Box[];
  label: string;
  /** Key of the tile that was chosen to be large. */
  pinned?: string | null | undefined;
  /** Key of the tile whose picture comes first where not everything fits. */
  important?: string | null | undefined;
  /** Enter, P, a double click, or the tile's menu. */
  onPin?: ((key: string) => void) | undefined;
  /** An arrow key at the left or right edge; true when the page was turned. */
  onEdge?: ((direction: "left" | "right") => boolean) | undefined;
}

/** What a tile tells its field; always the same object, so that tiles are drawn only for news. */
interface FieldEvents {
  pin(key: string): void;
  focus(key: string): void;
  key(event: KeyboardEvent, key: string): void;
}

/** Tiles at given places. One of them takes part in the tab order; arrow keys move between them. */
export function TileField(props: TileFieldProps) {
  const { tiles, boxes, label, pinned = null, important = pinned, onPin } = props;
  const field = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState<string | null>(null);
  const shown = tiles.slice(0, boxes.length);
  const reachable = shown.find((tile) => tile.key === current)?.key ?? shown[0]?.key;
  const turned = useRef<"left" | "right" | null>(null);
  const focusAt = (index: number) => {
    const key = shown[index]?.key;
    if (key === undefined) return;
    setCurrent(key);
    (field.current?.children[index] as HTMLElement | undefined)?.focus();
  };

  const key = (event: KeyboardEvent, of: string) => {
    // Keys of the tile's own button are that button's.
    if (event.target !== event.currentTarget) return;
    const index = shown.findIndex((tile) => tile.key === of);
    if (event.key === "Enter" || event.key.toLowerCase() === "p") {
      if (event.ctrlKey || event.metaKey || event.altKey || onPin === undefined) return;
      event.preventDefault();
      onPin(of);
      return;
    }
    const turn = { PageUp: "left", PageDown: "right" }[event.key] as "left" | "right" | undefined;
    const direction = turn ?? directions[event.key];
    if (direction === undefined) return;
    event.preventDefault();
    const next = turn === undefined ? neighbour(boxes, index, direction) : index;
    if (next !== index) return focusAt(next);
    if (direction !== "left" && direction !== "right") return;
    if (props.onEdge?.(direction) === true) turned.current = direction;
  };
  useLayoutEffect(() => {
    // The focused tile went away with its page.
    if (turned.current === null) return;
    const at = turned.current === "right" ? 0 : shown.length - 1;
    turned.current = null;
    focusAt(at);
  });

  const latest = useRef({ key, onPin });
  latest.current = { key, onPin };
  const events = useMemo<FieldEvents>(
    () => ({
      pin: (of) => latest.current.onPin?.(of),
      focus: setCurrent,
      key: (event, of) => latest.current.key(event, of),
    }),
    [],
  );
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div className="call-field" ref={field} role="group" aria-label={label}>
      {shown.map((tile, index) => {
        const box = boxes[index];
        if (box === undefined) return null;
        return (
          <FieldTile
            key={tile.key}
            tile={tile}
            x={box.x}
            y={box.y}
            width={box.width}
            height={box.height}
            reachable={tile.key === reachable}
            pinned={tile.key === pinned}
            important={tile.key === important}
            pins={onPin !== undefined}
            events={events}
          />
        );
      })}
    </div>
  );
}

interface FieldTileProps extends Box {
  tile: Tile;
  reachable: boolean;
  pinned: boolean;
  important: boolean;
  pins: boolean;
  events: FieldEvents;
}

const FieldTile = memo(function FieldTile(props: FieldTileProps) {
  const { tile, x, y, width, height, reachable, pinned, important, pins, events } = props;
  const { key, person, source } = tile;
  return (
    <VideoTile
      person={person}
      source={source}
      pinned={pinned}
      important={important}
      tabIndex={reachable ? 0 : -1}
      style={{ width, height, transform: `translate(${x}px, ${y}px)` }}
      onFocus={() => events.focus(key)}
      onKeyDown={(event) => events.key(event, key)}
      onDoubleClick={() => events.pin(key)}
    >
      {pins && (
        <PersonMenu
          person={person}
          pinned={pinned}
          onPin={() => events.pin(key)}
          reachable={reachable}
          className="call-tile-menu"
        />
      )}
    </VideoTile>
  );
});
