import type { Tile } from "../layout/tiles.js";
import type { TilePerson } from "../model.js";
import { useStrings } from "../strings/StringsContext.js";

export interface OffstageReactionsProps {
  people: readonly TilePerson[];
  /** The tiles that are on the screen. */
  shown: readonly Tile[];
}

/** At most so many people at once. */
const MOST = 4;

/** Reactions of people whose tile is not on the screen rise at the edge, with their name. */
export function OffstageReactions({ people, shown }: OffstageReactionsProps) {
  const strings = useStrings();
  const reacting = people.filter((person) => (person.reactions?.length ?? 0) > 0);
  if (reacting.length === 0) return null;
  const seen = new Set(shown.map((tile) => tile.key));
  const away = reacting.filter((person) => !seen.has(person.userId)).slice(-MOST);
  if (away.length === 0) return null;
  return (
    <div className="call-offstage" aria-hidden="true" data-testid="offstage-reactions">
      {away.flatMap((person) =>
        (person.reactions ?? []).slice(-2).map(({ id, reaction }) => (
          <span key={id} className="call-offstage-reaction">
            <span className="call-offstage-emoji">{reaction}</span>
            <span className="call-offstage-name">{person.isLocal ? strings.you : person.name}</span>
          </span>
        )),
      )}
    </div>
  );
}
