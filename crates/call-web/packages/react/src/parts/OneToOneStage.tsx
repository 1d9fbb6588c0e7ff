import { memo, useState } from "react";
import type { TilePerson } from "../model.js";
import { AudioStage } from "./AudioStage.js";
import { SelfView } from "./SelfView.js";
import { VideoTile } from "./VideoTile.js";

export interface OneToOneStageProps {
  self: TilePerson;
  far: TilePerson;
}

function shows(person: TilePerson): boolean {
  const on = person.media.video || (person.media.screen && !person.isLocal);
  // A picture that the server sends comes only once its place is seen.
  return on && (person.stream !== null || person.screenStream !== undefined);
}

/** Two people: the far picture fills the canvas, the own one sits in a corner. */
export const OneToOneStage = memo(function OneToOneStage({ self, far }: OneToOneStageProps) {
  const [swapped, setSwapped] = useState(false);
  const farShows = shows(far);
  const selfShows = shows(self);
  const large = swapped && selfShows ? self : far;
  const small = large === far ? self : far;
  const smallShows = large === far ? selfShows : true;
  return (
    <div className="call-duo" data-testid="stage">
      {large === far && !farShows ? (
        <AudioStage person={far} />
      ) : (
        <VideoTile person={large} look="canvas" />
      )}
      {smallShows && <SelfView person={small} onSwap={() => setSwapped((was) => !was)} />}
    </div>
  );
});
