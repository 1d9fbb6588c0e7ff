import { type KeyboardEvent, useRef, useState } from "react";
import { type Box, neighbour } from "../layout/grid.js";
import type { TilePerson } from "../model.js";
import { VideoTile } from "./VideoTile.js";

const directions: Record<string, "left" | "right" | "up" | "down"> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

export interface TileFieldProps {
  people: readonly TilePerson[];
  boxes: readonly Box[];
  label: string;
  /** Enter or double-click on a tile. */
  onChoose?: ((userId: string) => void) | undefined;
  chosen?: string | null | undefined;
}

/** Tiles at given places. One of them takes part in the tab order; arrow keys move between them. */
export function TileField({ people, boxes, label, onChoose, chosen }: TileFieldProps) {
  const field = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(0);
  const reachable = Math.min(current, Math.max(0, boxes.length - 1));
  const move = (event: KeyboardEvent, index: number) => {
    const userId = people[index]?.userId;
    if (event.key === "Enter" && userId !== undefined) {
      event.preventDefault();
      onChoose?.(userId);
      return;
    }
    const direction = directions[event.key];
    if (direction === undefined) return;
    event.preventDefault();
    const next = neighbour(boxes, index, direction);
    setCurrent(next);
    (field.current?.children[next] as HTMLElement | undefined)?.focus();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div className="call-field" ref={field} role="group" aria-label={label}>
      {people.slice(0, boxes.length).map((person, index) => {
        const box = boxes[index];
        if (box === undefined) return null;
        return (
          <VideoTile
            key={person.userId}
            person={person}
            data-chosen={person.userId === chosen}
            tabIndex={index === reachable ? 0 : -1}
            style={{
              width: box.width,
              height: box.height,
              transform: `translate(${box.x}px, ${box.y}px)`,
            }}
            onFocus={() => setCurrent(index)}
            onKeyDown={(event) => move(event, index)}
            onDoubleClick={() => onChoose?.(person.userId)}
          />
        );
      })}
    </div>
  );
}
