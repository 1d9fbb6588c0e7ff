import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import type { HistoryItem, HistoryQuery } from "call-client";
import { Button, useCallClient, useClientState, useLocale } from "call-react";
import { Clock } from "lucide-react";
import { useEffect, useState } from "react";
import { HistoryRow } from "../parts/HistoryRow.js";
import { useStartCall } from "../parts/useStartCall.js";
import { words } from "../words.js";

const ONGOING_REFRESH_MS = 10_000;

type Filter = keyof typeof words.recent.filters;

const queryOf: Record<Filter, HistoryQuery> = {
  all: {},
  missed: { outcome: "missed" },
  incoming: { direction: "incoming" },
  outgoing: { direction: "outgoing" },
};

/** Calls under the day they were made on, newest first. */
export function byDay(items: readonly HistoryItem[]): { day: Date; items: HistoryItem[] }[] {
  const days: { day: Date; items: HistoryItem[] }[] = [];
  for (const item of items) {
    const day = new Date(item.createdAt);
    day.setHours(0, 0, 0, 0);
    const last = days[days.length - 1];
    if (last !== undefined && last.day.getTime() === day.getTime()) last.items.push(item);
    else days.push({ day, items: [item] });
  }
  return days;
}

function dayName(day: Date, locale: string | undefined): string {
  const today = new Date();
  today.setHours(0, 0, 0, 0);
  const days = Math.round((today.getTime() - day.getTime()) / 86_400_000);
  if (days === 0) return words.recent.today;
  if (days === 1) return words.recent.yesterday;
  return new Intl.DateTimeFormat(locale, {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(day.getFullYear() === today.getFullYear() ? {} : { year: "numeric" }),
  }).format(day);
}

/** The calls that were. */
export function RecentCalls() {
  const client = useCallClient();
  const { userId: me, deviceId } = useClientState();
  const locale = useLocale();
  const queries = useQueryClient();
  const { start, pending } = useStartCall();
  const [filter, setFilter] = useState<Filter>("all");
  const history = useInfiniteQuery({
    queryKey: ["history", filter],
    queryFn: ({ pageParam }) =>
      client.api.history({
        ...queryOf[filter],
        limit: 30,
        ...(pageParam === null ? {} : { cursor: pageParam }),
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchOnMount: "always",
    // A call on another device of mine ends without a word to this one.
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.items.some((item) => item.status !== "ended"))
        ? ONGOING_REFRESH_MS
        : false,
  });
  useEffect(
    () => client.on("ended", () => void queries.invalidateQueries({ queryKey: ["history"] })),
    [client, queries],
  );
  const items = history.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="app-recent" aria-labelledby="recent-title">
      <header className="app-main-head">
        <h1 id="recent-title">{words.recent.title}</h1>
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms */}
        <div className="app-filters" role="group" aria-label={words.recent.filterLabel}>
          {(Object.keys(queryOf) as Filter[]).map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={filter === name}
              onClick={() => setFilter(name)}
            >
              {words.recent.filters[name]}
            </button>
          ))}
        </div>
      </header>
      {history.isError && items.length === 0 && (
        <div className="app-empty" role="alert">
          <p>{words.recent.failed}</p>
          <Button onClick={() => void history.refetch()}>{words.recent.retry}</Button>
        </div>
      )}
      {history.isSuccess && items.length === 0 && (
        <div className="app-empty">
          <Clock size={28} aria-hidden />
          {filter === "all" ? (
            <>
              <p className="app-empty-title">{words.recent.emptyTitle}</p>
              <p>{words.recent.empty}</p>
            </>
          ) : (
            <p>{words.recent.emptyFilter}</p>
          )}
        </div>
      )}
      {byDay(items).map(({ day, items: ofDay }) => (
        <section key={day.getTime()} className="app-day">
          <h2>{dayName(day, locale)}</h2>
          <ul data-testid="history">
            {ofDay.map((item) => (
              <HistoryRow
                key={item.id}
                item={item}
                me={me}
                deviceId={deviceId}
                pending={pending}
                onCallBack={(userIds) => start(userIds, item.type)}
              />
            ))}
          </ul>
        </section>
      ))}
      {history.hasNextPage && (
        <Button
          className="app-more"
          disabled={history.isFetchingNextPage}
          onClick={() => void history.fetchNextPage()}
        >
          {words.recent.more}
        </Button>
      )}
    </section>
  );
}
