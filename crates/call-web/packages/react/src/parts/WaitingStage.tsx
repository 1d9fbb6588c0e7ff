import { titleOf } from "../format/text.js";
import type { Person, TilePerson } from "../model.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import { Avatar } from "./Avatar.js";
import { VideoTile } from "./VideoTile.js";

export interface WaitingStageProps {
  /** Who is being called, or connected to. */
  people: readonly Person[];
  self: TilePerson | null;
  /** What is going on, in words. */
  words: string;
  /** Rings: the avatars pulse. */
  pulsing: boolean;
}

/** Before anybody is there: who is called, over the own picture when there is one. */
export function WaitingStage({ people, self, words, pulsing }: WaitingStageProps) {
  const locale = useLocale();
  const strings = useStrings();
  const names = people.map((person) => person.name);
  const showsSelf = self?.media.video === true && self.stream !== null;
  return (
    <div className="call-waiting" data-testid="stage" data-over-picture={showsSelf}>
      {showsSelf && <VideoTile person={self} look="canvas" />}
      <div className="call-waiting-card">
        <div className="call-waiting-avatars" data-pulsing={pulsing}>
          {people.slice(0, 4).map((person) => (
            <Avatar key={person.userId} userId={person.userId} name={person.name} />
          ))}
        </div>
        <p className="call-waiting-name">
          {names.length > 0 ? titleOf(names, strings, locale) : strings.waitingForOthers}
        </p>
        <p className="call-waiting-words">{words}</p>
      </div>
    </div>
  );
}
