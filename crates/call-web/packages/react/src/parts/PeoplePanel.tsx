import { UserRoundPlus, X } from "lucide-react";
import { type KeyboardEvent, memo, useEffect, useId, useMemo, useRef, useState } from "react";
import type { RosterPerson } from "../model.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import { AddPeople, type Directory } from "./AddPeople.js";
import { Button } from "./Button.js";
import { IconButton } from "./IconButton.js";
import { PersonLine } from "./PersonLine.js";

export interface PeoplePanelProps {
  roster: readonly RosterPerson[];
  /** Key of the picture that is kept large. */
  pinned?: string | null | undefined;
  /** Given the user id. */
  onPin?: ((userId: string) => void) | undefined;
  /** Left out: nobody can be added. Rejects when it did not work, and says so itself. */
  onAdd?: ((userId: string) => Promise<void>) | undefined;
  directory?: Directory | undefined;
  /** A call of two: it becomes a group by adding. */
  duo: boolean;
  /** What went wrong last, in words. */
  problem?: string | null | undefined;
  onClose: () => void;
}

const present = new Set(["accepted", "joined", "reconnecting"]);
const nobody: Directory = () => [];

/** Everybody who belongs to the call: who is in it, who is being called, who left; and more to add. */
export const PeoplePanel = memo(function PeoplePanel(props: PeoplePanelProps) {
  const { roster, pinned = null, onPin, onAdd, duo, onClose } = props;
  const strings = useStrings();
  const { people: words } = strings;
  const locale = useLocale();
  const number = new Intl.NumberFormat(locale);
  const title = useId();
  const panel = useRef<HTMLElement>(null);
  const [adding, setAdding] = useState(duo);
  const { inside, outside } = useMemo(() => sorted(roster, locale), [roster, locale]);
  const inCall = useMemo(
    () =>
      new Set(
        roster.filter((person) => isCalled(person) || person.isLocal).map(({ userId }) => userId),
      ),
    [roster],
  );
  useEffect(() => {
    const before = document.activeElement;
    // In a call of two it is opened to add somebody.
    const field = panel.current?.querySelector<HTMLElement>("input");
    (field ?? panel.current)?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const key = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.stopPropagation();
    onClose();
  };
  const again = useMemo(
    () =>
      onAdd === undefined
        ? undefined
        : (userId: string) => void onAdd(userId).catch(() => undefined),
    [onAdd],
  );
  return (
    <aside
      className="call-panel"
      aria-labelledby={title}
      data-testid="people-panel"
      ref={panel}
      tabIndex={-1}
      onKeyDown={key}
    >
      <div className="call-panel-head">
        <h2 id={title}>{words.title}</h2>
        {onAdd !== undefined && (
          <Button
            look={adding ? "plain" : "quiet"}
            aria-expanded={adding}
            onClick={() => setAdding(!adding)}
          >
            <UserRoundPlus size={18} aria-hidden />
            {words.add}
          </Button>
        )}
        <IconButton
          label={strings.close}
          icon={<X size={20} aria-hidden />}
          tip="none"
          onClick={onClose}
        />
      </div>
      <div className="call-panel-body">
        {adding && onAdd !== undefined && (
          <AddPeople
            directory={props.directory ?? nobody}
            inCall={inCall}
            hint={duo ? words.addHintDuo : undefined}
            onAdd={onAdd}
          />
        )}
        {props.problem != null && (
          <p className="call-panel-problem" role="alert">
            {props.problem}
          </p>
        )}
        <h3 className="call-panel-title">{words.inCall(number.format(inside.length))}</h3>
        <ul className="call-lines" data-testid="roster">
          {inside.map((person) => (
            <PersonLine
              key={person.userId}
              person={person}
              present
              pinned={pinned === person.userId}
              onPin={onPin}
            />
          ))}
        </ul>
        {outside.length > 0 && (
          <>
            <h3 className="call-panel-title">{words.notInCall(number.format(outside.length))}</h3>
            <ul className="call-lines">
              {outside.map((person) => (
                <PersonLine
                  key={person.userId}
                  person={person}
                  present={false}
                  pinned={false}
                  onCallAgain={again}
                />
              ))}
            </ul>
          </>
        )}
      </div>
    </aside>
  );
});

function isCalled(person: RosterPerson): boolean {
  return present.has(person.status) || person.status === "invited" || person.status === "alerting";
}

/** Me first, then raised hands in their order, whoever leads the call, and the others by name. */
function sorted(roster: readonly RosterPerson[], locale: string | undefined) {
  const names = new Intl.Collator(locale);
  const rank = (person: RosterPerson) => {
    if (person.isLocal) return -1;
    if (person.hand !== null) return person.hand;
    return person.role === "participant" ? Number.MAX_SAFE_INTEGER : Number.MAX_SAFE_INTEGER - 1;
  };
  const inside = roster
    .filter((person) => person.isLocal || present.has(person.status))
    .sort((a, b) => rank(a) - rank(b) || names.compare(a.name, b.name));
  const outside = roster
    .filter((person) => !person.isLocal && !present.has(person.status))
    .sort((a, b) => Number(isCalled(b)) - Number(isCalled(a)) || names.compare(a.name, b.name));
  return { inside, outside };
}
