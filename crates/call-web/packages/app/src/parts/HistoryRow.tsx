import type { HistoryItem } from "call-client";
import { Avatar, IconButton, spokenDuration, titleOf, useLocale, useStrings } from "call-react";
import { CircleDot, Phone, PhoneIncoming, PhoneMissed, PhoneOutgoing, Video } from "lucide-react";
import { Link } from "wouter";
import { words } from "../words.js";
import { isJoinable } from "./joinable.js";

export interface HistoryRowProps {
  item: HistoryItem;
  me: string | null;
  deviceId: string | null;
  pending: boolean;
  onCallBack: (userIds: readonly string[]) => void;
}

/** "Outgoing video call · 4 min 7 sec" */
export function describe(item: HistoryItem, locale: string | undefined): string {
  const kind = words.recent.kinds[item.outcome][item.direction];
  const line = `${kind} ${words.recent.types[item.type]}`;
  return item.durationMs === null ? line : `${line} · ${spokenDuration(item.durationMs, locale)}`;
}

function Sign({ item }: { item: HistoryItem }) {
  if (item.outcome === "missed") return <PhoneMissed size={16} aria-hidden />;
  if (item.direction === "incoming") return <PhoneIncoming size={16} aria-hidden />;
  return <PhoneOutgoing size={16} aria-hidden />;
}

/** That a call was, or is being, recorded. */
function Recorded({ item }: { item: HistoryItem }) {
  const live = item.recording != null;
  if (!live && item.recordingUrl == null) return null;
  const said = live ? words.recent.recording : words.recent.recorded;
  return (
    <span className="app-recorded" data-live={live} title={said} data-testid="recorded">
      <CircleDot size={14} aria-hidden />
      <span className="call-hidden">{said}</span>
    </span>
  );
}

/** One call of the past, with a way to call back. */
export function HistoryRow({ item, me, deviceId, pending, onCallBack }: HistoryRowProps) {
  const strings = useStrings();
  const locale = useLocale();
  const others = item.participants.filter((person) => person.userId !== me);
  const names = others.map((person) => person.name ?? person.userId);
  const title = names.length === 0 ? item.id : titleOf(names, strings, locale);
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  const created = new Date(item.createdAt);
  return (
    <li className="app-history" data-outcome={item.outcome} data-testid={`history-${item.id}`}>
      <Link href={`/calls/${item.id}`} className="app-history-link">
        <span className="app-history-avatars" data-many={others.length > 1}>
          {others.slice(0, 2).map((person) => (
            <Avatar
              key={person.userId}
              userId={person.userId}
              name={person.name ?? person.userId}
              size={others.length > 1 ? 28 : 40}
            />
          ))}
        </span>
        <span className="app-history-text">
          <span className="app-history-name">{title}</span>
          <span className="app-history-line">
            <Sign item={item} />
            {describe(item, locale)}
            <Recorded item={item} />
          </span>
        </span>
        <time dateTime={item.createdAt}>{time.format(created)}</time>
      </Link>
      {isJoinable(item, me, deviceId) ? (
        <Link
          href={`/call/${item.id}`}
          className="call-button call-button-positive call-button-medium"
        >
          {words.recent.join}
        </Link>
      ) : (
        item.status === "ended" && (
          <IconButton
            label={words.recent.callBack(title)}
            icon={
              item.type === "video" ? (
                <Video size={20} aria-hidden />
              ) : (
                <Phone size={20} aria-hidden />
              )
            }
            tip="none"
            disabled={pending || others.length === 0}
            onClick={() => onCallBack(others.map((person) => person.userId))}
          />
        )
      )}
    </li>
  );
}
