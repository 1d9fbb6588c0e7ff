import { useState } from "react";
import { useActiveSpeaker } from "../hooks/useActiveSpeaker.js";
import type { CallLayout, TilePerson } from "../model.js";
import { ParticipantGrid } from "./ParticipantGrid.js";
import { SpeakerView } from "./SpeakerView.js";

export interface GroupStageProps {
  self: TilePerson;
  others: readonly TilePerson[];
  layout: CallLayout;
}

/** Three people or more: a grid, or one large picture and a strip. A shared screen takes the stage. */
export function GroupStage({ self, others, layout }: GroupStageProps) {
  const everybody = [...others, self];
  const speaker = useActiveSpeaker(others);
  const [chosen, setChosen] = useState<string | null>(null);
  const sharing = others.find((person) => person.media.screen);
  const choose = (userId: string) => setChosen((old) => (old === userId ? null : userId));
  const present = everybody.some((person) => person.userId === chosen) ? chosen : null;
  const stage = present ?? sharing?.userId ?? speaker;
  const single = layout === "speaker" || sharing !== undefined || present !== null;
  return (
    <div className="call-group" data-testid="stage">
      {single ? (
        <SpeakerView people={everybody} stage={stage} onChoose={choose} />
      ) : (
        <ParticipantGrid people={everybody} onChoose={choose} />
      )}
    </div>
  );
}
