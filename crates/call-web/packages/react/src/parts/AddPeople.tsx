import { Search, UserRoundPlus } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { isUserId } from "../format/userId.js";
import type { Person } from "../model.js";
import { useStrings } from "../strings/StringsContext.js";
import { Avatar } from "./Avatar.js";

/** Finds people by words; none of them for those who may be added. */
export type Directory = (words: string) => readonly Person[] | Promise<readonly Person[]>;

export interface AddPeopleProps {
  directory: Directory;
  /** Belong to the call already. */
  inCall: ReadonlySet<string>;
  /** More words under the field. */
  hint?: string | undefined;
  onAdd: (userId: string) => Promise<void>;
}

/** So many are offered at once. */
const MOST = 8;
/** Typing pauses so long before it is searched, in milliseconds. */
const PAUSE_MS = 150;

/** A field that finds people, or takes a whole user id, and calls them into the call. */
export function AddPeople({ directory, inCall, hint, onAdd }: AddPeopleProps) {
  const { people: words } = useStrings();
  const [text, setText] = useState("");
  const [called, setCalled] = useState<ReadonlySet<string>>(new Set());
  const field = useId();
  const found = useFound(directory, text.trim());
  const typed = text.trim();
  const free = found.filter((person) => !inCall.has(person.userId)).slice(0, MOST);
  const stranger =
    isUserId(typed) && !inCall.has(typed) && !found.some((person) => person.userId === typed);
  const offered = stranger ? [...free, { userId: typed, name: typed }] : free;

  const add = async (userId: string) => {
    setCalled((old) => new Set(old).add(userId));
    try {
      await onAdd(userId);
      setText("");
    } catch {
      // Told by whoever was asked to add.
    } finally {
      setCalled((old) => new Set([...old].filter((other) => other !== userId)));
    }
  };
  return (
    <div className="call-add" data-testid="add-people">
      <div className="call-add-field">
        <label htmlFor={field} className="call-hidden">
          {words.add}
        </label>
        <Search size={18} aria-hidden />
        <input
          id={field}
          type="search"
          value={text}
          placeholder={words.addHint}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            const [first] = offered;
            if (event.key !== "Enter" || first === undefined || typed === "") return;
            event.preventDefault();
            void add(first.userId);
          }}
        />
      </div>
      {hint !== undefined && <p className="call-add-hint">{hint}</p>}
      <ul className="call-add-list">
        {offered.map((person) => (
          <li key={person.userId}>
            <button
              type="button"
              className="call-add-person"
              disabled={called.has(person.userId)}
              onClick={() => void add(person.userId)}
            >
              <Avatar userId={person.userId} name={person.name} size={32} />
              <span className="call-line-text">
                <span className="call-line-name">
                  <span>
                    {called.has(person.userId)
                      ? words.adding(person.name)
                      : words.addPerson(person.name)}
                  </span>
                </span>
                {person.name !== person.userId && (
                  <span className="call-line-note">{person.userId}</span>
                )}
              </span>
              <UserRoundPlus size={18} aria-hidden />
            </button>
          </li>
        ))}
      </ul>
      {typed !== "" && offered.length === 0 && <p className="call-add-hint">{words.noMatch}</p>}
    </div>
  );
}

/** What the directory answers; an answer that a newer question has overtaken is dropped. */
function useFound(directory: Directory, words: string): readonly Person[] {
  const [found, setFound] = useState<readonly Person[]>([]);
  const first = useRef(true);
  useEffect(() => {
    let current = true;
    const ask = async () => {
      try {
        const people = await directory(words);
        if (current) setFound(people);
      } catch {
        if (current) setFound([]);
      }
    };
    const timer = setTimeout(() => void ask(), first.current ? 0 : PAUSE_MS);
    first.current = false;
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [directory, words]);
  return found;
}
