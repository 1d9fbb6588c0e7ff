import { Avatar, type CallType, IconButton } from "call-react";
import { Phone, Video } from "lucide-react";
import { words } from "../words.js";

export interface PersonRowProps {
  person: { userId: string; name: string };
  online?: boolean;
  /** In place of the user id. */
  note?: string;
  pending: boolean;
  /** Given while a group is chosen. */
  chosen?: boolean | undefined;
  /** No more can be chosen. */
  full?: boolean;
  onChoose?: () => void;
  onCall: (type: CallType) => void;
}

/** Somebody to call. */
export function PersonRow(props: PersonRowProps) {
  const { person, online = false, note, pending, chosen, full = false, onChoose, onCall } = props;
  const who = (
    <>
      <span className="app-person-avatar">
        <Avatar
          userId={person.userId}
          name={note === undefined ? person.name : person.userId}
          size={40}
        />
        {online && <span className="app-presence" title={words.people.present} />}
      </span>
      <span className="app-person-text">
        <span className="app-person-name">{person.name}</span>
        <span className="app-person-id">{note ?? person.userId}</span>
      </span>
    </>
  );
  if (chosen !== undefined) {
    return (
      <li className="app-person" data-testid={`person-${person.userId}`} data-chosen={chosen}>
        <label className="app-person-label">
          {who}
          <input
            type="checkbox"
            checked={chosen}
            disabled={full && !chosen}
            aria-label={words.people.choose(person.name)}
            onChange={onChoose}
          />
        </label>
      </li>
    );
  }
  return (
    <li className="app-person" data-testid={`person-${person.userId}`}>
      {who}
      <IconButton
        label={words.people.audioCall}
        icon={<Phone size={20} aria-hidden />}
        disabled={pending}
        tip="below"
        aria-description={person.name}
        onClick={() => onCall("audio")}
      />
      <IconButton
        label={words.people.videoCall}
        icon={<Video size={20} aria-hidden />}
        disabled={pending}
        tip="below"
        className="app-tip-left"
        aria-description={person.name}
        onClick={() => onCall("video")}
      />
    </li>
  );
}
