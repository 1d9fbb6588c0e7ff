import { Hand, MicOff, PhoneCall, Pin, ScreenShare } from "lucide-react";
import { memo } from "react";
import type { RosterPerson } from "../model.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import { Avatar } from "./Avatar.js";
import { IconButton } from "./IconButton.js";
import { PersonMenu } from "./PersonMenu.js";
import { QualityIndicator } from "./QualityIndicator.js";

export interface PersonLineProps {
  person: RosterPerson;
  /** Takes part at the moment. */
  present: boolean;
  pinned: boolean;
  /** Given the user id. Left out: cannot be pinned. */
  onPin?: ((userId: string) => void) | undefined;
  /** Given the user id. Left out: cannot be called again. */
  onCallAgain?: ((userId: string) => void) | undefined;
}

const nothing = { audio: false, video: false, screen: false };

/** One line of the list of people. Drawn again only for news of this person. */
export const PersonLine = memo(function PersonLine(props: PersonLineProps) {
  const { person, present, pinned, onPin, onCallAgain } = props;
  const strings = useStrings();
  const { userId, name, isLocal, role, status, media } = person;
  const notes = [
    role === "participant" ? null : strings.people.roles[role],
    status === "joined" ? null : strings.people.statuses[status],
    person.consent != null && present ? strings.recording.people[person.consent] : null,
  ].filter((note) => note !== null);
  const waits = status === "invited" || status === "alerting";
  return (
    <li
      className="call-line"
      data-testid={`roster-${userId}`}
      data-status={status}
      data-role={role}
      data-hand={person.hand ?? undefined}
      data-muted={!media.audio}
      data-consent={person.consent ?? undefined}
    >
      <Avatar userId={userId} name={name} size={36} />
      <span className="call-line-text">
        <span className="call-line-name">
          <span>{name}</span>
          {isLocal && <span className="call-line-you"> · {strings.you}</span>}
        </span>
        {notes.length > 0 && <span className="call-line-note">{notes.join(" · ")}</span>}
      </span>
      {person.hand !== null && <LineHand hand={person.hand} />}
      {present && pinned && (
        <span className="call-line-sign">
          <Pin size={16} aria-hidden />
          <span className="call-hidden">{strings.pinned}</span>
        </span>
      )}
      {present && media.screen && (
        <span className="call-line-sign">
          <ScreenShare size={16} aria-hidden />
          <span className="call-hidden">{strings.isSharing(name)}</span>
        </span>
      )}
      {present && !media.audio && (
        <span className="call-line-sign call-line-muted">
          <MicOff size={16} aria-hidden />
          <span className="call-hidden">{strings.microphoneMuted}</span>
        </span>
      )}
      {present && <QualityIndicator quality={person.quality} />}
      {!present && !waits && onCallAgain !== undefined && (
        <IconButton
          label={strings.people.callAgain(name)}
          icon={<PhoneCall size={18} aria-hidden />}
          tip="none"
          onClick={() => onCallAgain(userId)}
        />
      )}
      {(present || waits) && (
        <PersonMenu
          person={{ userId, name, isLocal, role, media: present ? media : nothing }}
          pinned={pinned}
          onPin={present && onPin !== undefined ? () => onPin(userId) : undefined}
        />
      )}
    </li>
  );
});

function LineHand({ hand }: { hand: number }) {
  const strings = useStrings();
  const place = new Intl.NumberFormat(useLocale()).format(hand);
  return (
    <span className="call-line-sign call-line-hand">
      <Hand size={16} aria-hidden />
      <span aria-hidden="true">{place}</span>
      <span className="call-hidden">{strings.handRaised(place)}</span>
    </span>
  );
}
