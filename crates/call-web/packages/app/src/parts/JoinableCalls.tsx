import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { WireCall } from "call-client";
import {
  clockDuration,
  titleOf,
  useCallClient,
  useClientState,
  useLocale,
  useStore,
  useStrings,
} from "call-react";
import { Users } from "lucide-react";
import { useEffect } from "react";
import { Link } from "wouter";
import { words } from "../words.js";
import { isJoinable, isLiveGroup } from "./joinable.js";

/** Nobody tells who is out of a call that others came or went. */
const REFRESH_MS = 10_000;

/** Group calls that go on without this device, with a way in. */
export function JoinableCalls() {
  const client = useCallClient();
  const queries = useQueryClient();
  const { userId: me, deviceId } = useClientState();
  const inside = useStore(client.calls);
  const live = useQuery({
    queryKey: ["history", "live"],
    queryFn: () => client.api.history({ status: "active", limit: 20 }),
    refetchInterval: REFRESH_MS,
    refetchOnMount: "always",
  });
  useEffect(
    () => client.on("ended", () => void queries.invalidateQueries({ queryKey: ["history"] })),
    [client, queries],
  );
  const joinable = (live.data?.items ?? []).filter(
    (call) =>
      isLiveGroup(call) &&
      isJoinable(call, me, deviceId) &&
      // What this device is in, or what rings, is told elsewhere.
      !inside.some((mine) => mine.id === call.id),
  );
  if (joinable.length === 0) return null;
  return (
    <section className="app-joinable" aria-label={words.live.title}>
      <h2>{words.live.title}</h2>
      <ul>
        {joinable.map((call) => (
          <JoinableCall key={call.id} call={call} me={me} now={live.dataUpdatedAt} />
        ))}
      </ul>
    </section>
  );
}

function JoinableCall({ call, me, now }: { call: WireCall; me: string | null; now: number }) {
  const strings = useStrings();
  const locale = useLocale();
  const others = call.participants.filter((person) => person.userId !== me);
  const names = others.map((person) => person.name ?? person.userId);
  const inIt = call.participants.filter(
    ({ status }) => status === "accepted" || status === "joined" || status === "reconnecting",
  ).length;
  const count = new Intl.NumberFormat(locale).format(inIt);
  const since = call.startedAt === null ? null : now - Date.parse(call.startedAt);
  return (
    <li data-testid={`joinable-${call.id}`}>
      <Users size={18} aria-hidden />
      <span className="app-joinable-text">
        <span className="app-joinable-name">{titleOf(names, strings, locale)}</span>
        <span className="app-joinable-note">
          {words.live.people(count)}
          {since !== null && since >= 0 && ` · ${clockDuration(since, locale)}`}
        </span>
      </span>
      <Link
        href={`/call/${call.id}`}
        className="call-button call-button-positive call-button-medium"
        aria-description={names.join(", ")}
      >
        {words.recent.join}
      </Link>
    </li>
  );
}
