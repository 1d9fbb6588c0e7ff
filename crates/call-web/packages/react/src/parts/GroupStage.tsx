import { memo, useMemo, useRef, useState } from "react";
import { useActiveSpeaker } from "../hooks/useActiveSpeaker.js";
import { showsScreen, tilesOf } from "../layout/tiles.js";
import type { CallLayout, TilePerson } from "../model.js";
import { ParticipantGrid } from "./ParticipantGrid.js";
import { SpeakerView } from "./SpeakerView.js";

export interface GroupStageProps {
  self: TilePerson;
  others: readonly TilePerson[];
  layout: CallLayout;
  /** Who speaks as the server hears it, loudest first; left out or null: found by listening. */
  speakers?: readonly string[] | null;
  /** Key of the picture that is kept large; left out: the stage remembers by itself. */
  pinned?: string | null;
  onPin?: (key: string) => void;
}

/** Three people or more: a grid, or one large picture and a strip. A shared screen takes the stage. */
export const GroupStage = memo(function GroupStage(props: GroupStageProps) {
  const { self, others, layout, speakers = null } = props;
  const everybody = useMemo(() => [...others, self], [others, self]);
  const speaker = useActiveSpeaker(others, speakers);
  const [ownPin, setOwnPin] = useState<string | null>(null);
  const pin = props.onPin ?? ((key: string) => setOwnPin((old) => (old === key ? null : key)));
  const wish = props.onPin === undefined ? ownPin : (props.pinned ?? null);
  const tiles = everybody.flatMap(tilesOf);
  const pinned = tiles.some((tile) => tile.key === wish) ? wish : null;
  const screen = useLatest(tiles.filter(showsScreen).map((tile) => tile.key));
  const stage = pinned ?? screen ?? speaker;
  const single = layout === "speaker" || screen !== null || pinned !== null;
  const wanted = useWanted(others, speakers, speaker);
  return (
    <div className="call-group" data-testid="stage" data-layout={single ? "speaker" : "grid"}>
      {single ? (
        <SpeakerView people={everybody} stage={stage} wanted={wanted} pinned={pinned} onPin={pin} />
      ) : (
        <ParticipantGrid people={everybody} wanted={wanted} pinned={pinned} onPin={pin} />
      )}
    </div>
  );
});

/** The one that came last of those that are there. */
function useLatest(present: readonly string[]): string | null {
  const known = useRef<readonly string[]>([]);
  known.current = [
    ...known.current.filter((key) => present.includes(key)),
    ...present.filter((key) => !known.current.includes(key)),
  ];
  return known.current[known.current.length - 1] ?? null;
}

/** Who should be in sight: whoever speaks, then raised hands in their order. */
function useWanted(
  others: readonly TilePerson[],
  speakers: readonly string[] | null,
  speaker: string | null,
): readonly string[] {
  return useMemo(() => {
    const hands = others
      .filter((person) => typeof person.hand === "number")
      .sort((a, b) => (a.hand ?? 0) - (b.hand ?? 0))
      .map((person) => person.userId);
    const speaking = speakers ?? (speaker === null ? [] : [speaker]);
    return [...new Set([...speaking, ...hands])];
  }, [others, speakers, speaker]);
}
