import { Button, useLocale, useOnlineUsers } from "call-react";
import { Phone, Search, UserRound, UsersRound, Video } from "lucide-react";
import { useId, useState } from "react";
import { isUserId } from "../identity/userId.js";
import { words } from "../words.js";
import { PersonRow } from "./PersonRow.js";
import { useStartCall } from "./useStartCall.js";

interface Somebody {
  userId: string;
  name: string;
}

/** Those whose name or id contains the words, in the order of their names. */
export function matching(people: readonly Somebody[], search: string): Somebody[] {
  const wanted = search.trim().toLocaleLowerCase();
  return people
    .filter(
      (person) =>
        person.name.toLocaleLowerCase().includes(wanted) ||
        person.userId.toLocaleLowerCase().includes(wanted),
    )
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Who is online, a search that also takes any user id, and the choice of a group. */
export function PeopleList({ maxParticipants }: { maxParticipants: number }) {
  const online = useOnlineUsers();
  const locale = useLocale();
  const { start, pending } = useStartCall();
  const [search, setSearch] = useState("");
  const [group, setGroup] = useState<readonly string[] | null>(null);
  const field = useId();
  const number = new Intl.NumberFormat(locale);

  const people = (online ?? []).map(({ userId, name }) => ({ userId, name: name ?? userId }));
  const found = matching(people, search);
  const typed = search.trim();
  const stranger = typed !== "" && !people.some((person) => person.userId === typed);
  const most = Math.max(1, maxParticipants - 1);

  const toggle = (userId: string) => {
    if (group === null) return;
    if (group.includes(userId)) setGroup(group.filter((other) => other !== userId));
    else if (group.length < most) setGroup([...group, userId]);
  };
  return (
    <div className="app-people">
      <div className="app-search">
        <label htmlFor={field} className="call-hidden">
          {words.people.search}
        </label>
        <Search size={18} aria-hidden />
        <input
          id={field}
          type="search"
          value={search}
          placeholder={words.people.search}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setSearch(event.target.value)}
        />
      </div>
      <div className="app-people-head">
        <h2>{words.people.online(number.format(people.length))}</h2>
        {people.length > 1 && (
          <Button look="quiet" onClick={() => setGroup(group === null ? [] : null)}>
            <UsersRound size={18} aria-hidden />
            {group === null ? words.people.group : words.people.groupDone}
          </Button>
        )}
      </div>
      <div className="app-people-scroll">
        <ul className="app-people-list" data-testid="people">
          {found.map((person) => (
            <PersonRow
              key={person.userId}
              person={person}
              online
              pending={pending}
              chosen={group === null ? undefined : group.includes(person.userId)}
              full={group !== null && group.length >= most}
              onChoose={() => toggle(person.userId)}
              onCall={(type) => start([person.userId], type)}
            />
          ))}
          {stranger && group === null && isUserId(typed) && (
            <PersonRow
              person={{ userId: typed, name: words.people.callId(typed) }}
              note={words.people.callIdHint}
              pending={pending}
              onCall={(type) => start([typed], type)}
            />
          )}
        </ul>
        {typed !== "" && !isUserId(typed) && found.length === 0 && (
          <p className="app-hint">{words.people.badId}</p>
        )}
        {typed === "" && online === null && (
          <Empty title={words.people.unknownTitle} text={words.people.unknown} />
        )}
        {typed === "" && online !== null && people.length === 0 && (
          <Empty title={words.people.nobodyTitle} text={words.people.nobody} />
        )}
      </div>
      {group !== null && (
        <div className="app-group" data-testid="group-bar">
          <p aria-live="polite">
            {group.length === 0
              ? words.people.groupHint(number.format(most))
              : words.people.chosen(number.format(group.length))}
          </p>
          <Button disabled={group.length === 0 || pending} onClick={() => start(group, "audio")}>
            <Phone size={18} aria-hidden /> {words.people.audioCall}
          </Button>
          <Button
            look="primary"
            disabled={group.length === 0 || pending}
            onClick={() => start(group, "video")}
          >
            <Video size={18} aria-hidden /> {words.people.videoCall}
          </Button>
        </div>
      )}
    </div>
  );
}

function Empty({ title, text }: { title: string; text: string }) {
  return (
    <div className="app-empty">
      <UserRound size={28} aria-hidden />
      <p className="app-empty-title">{title}</p>
      <p>{text}</p>
    </div>
  );
}
