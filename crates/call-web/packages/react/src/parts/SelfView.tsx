import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import { type Corner, cornerByKey, nearestCorner } from "../layout/corner.js";
import type { TilePerson } from "../model.js";
import { useStrings } from "../strings/StringsContext.js";
import { classes } from "./classes.js";
import { VideoTile } from "./VideoTile.js";

export interface SelfViewProps {
  person: TilePerson;
  /** Double-click, or Enter while focused: the two pictures change places. */
  onSwap?: () => void;
}

interface Drag {
  startX: number;
  startY: number;
  moved: boolean;
}

/** The small picture in a corner: drag it, it snaps to the nearest corner. */
export function SelfView({ person, onSwap }: SelfViewProps) {
  const strings = useStrings();
  const holder = useRef<HTMLDivElement>(null);
  const drag = useRef<Drag | null>(null);
  const [corner, setCorner] = useState<Corner>("bottom-right");
  const [dragging, setDragging] = useState(false);

  const down = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    drag.current = { startX: event.clientX, startY: event.clientY, moved: false };
    event.currentTarget.setPointerCapture?.(event.pointerId);
  };
  const move = (event: PointerEvent<HTMLDivElement>) => {
    const start = drag.current;
    if (start === null) return;
    const dx = event.clientX - start.startX;
    const dy = event.clientY - start.startY;
    if (!start.moved && Math.hypot(dx, dy) < 4) return;
    start.moved = true;
    setDragging(true);
    event.currentTarget.style.transform = `translate(${dx}px, ${dy}px)`;
  };
  const up = (event: PointerEvent<HTMLDivElement>) => {
    const start = drag.current;
    drag.current = null;
    setDragging(false);
    const element = event.currentTarget;
    const area = element.offsetParent?.getBoundingClientRect();
    const own = element.getBoundingClientRect();
    element.style.transform = "";
    if (start?.moved !== true || area === undefined) return;
    setCorner(
      nearestCorner(
        own.x + own.width / 2 - area.x,
        own.y + own.height / 2 - area.y,
        area.width,
        area.height,
      ),
    );
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === "Enter") {
      event.preventDefault();
      onSwap?.();
    } else if (event.key.startsWith("Arrow")) {
      event.preventDefault();
      setCorner(cornerByKey(corner, event.key));
    }
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button may not contain the video's group
    <div
      ref={holder}
      className={classes("call-self", dragging && "call-self-dragging")}
      data-corner={corner}
      data-testid="self-view"
      role="button"
      tabIndex={0}
      aria-label={`${person.isLocal ? strings.selfView : strings.videoOf(person.name)}. ${strings.selfViewHint}`}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={up}
      onDoubleClick={onSwap}
      onKeyDown={key}
    >
      <VideoTile person={person} look="self" />
    </div>
  );
}
