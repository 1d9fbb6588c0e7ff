import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { WireCall } from "call-client";
import {
  Avatar,
  Button,
  IconButton,
  QualityIndicator,
  RecordingList,
  spokenDuration,
  titleOf,
  useCallClient,
  useClientState,
  useLocale,
  useStrings,
} from "call-react";
import { ArrowLeft, Phone, Video } from "lucide-react";
import { useEffect } from "react";
import { useLocation } from "wouter";
import { isJoinable } from "../parts/joinable.js";
import { useStartCall } from "../parts/useStartCall.js";
import { words } from "../words.js";
import { QualityCharts } from "./QualityCharts.js";
import { TimeLine } from "./TimeLine.js";

/** Who, when, how long, why it ended; a time line; how good it was. */
export default function CallPage({ callId }: { callId: string }) {
  const client = useCallClient();
  const queries = useQueryClient();
  const { userId: me, deviceId } = useClientState();
  const [, navigate] = useLocation();
  const { start, pending } = useStartCall();
  const strings = useStrings();
  const locale = useLocale();
  const call = useQuery({ queryKey: ["call", callId], queryFn: () => client.api.getCall(callId) });
  const events = useQuery({
    queryKey: ["call", callId, "events"],
    queryFn: () => client.api.events(callId),
  });
  const quality = useQuery({
    queryKey: ["call", callId, "quality"],
    queryFn: () => client.api.quality(callId),
  });
  useEffect(
    () => client.on("ended", () => void queries.invalidateQueries({ queryKey: ["call", callId] })),
    [client, queries, callId],
  );
  if (call.isPending) return <div aria-busy="true" />;
  if (call.isError) {
    return (
      <div className="app-empty">
        <p className="app-empty-title">{words.page.notFoundTitle}</p>
        <p>{words.page.notFound}</p>
        <Button onClick={() => navigate("/")}>{words.page.home}</Button>
      </div>
    );
  }
  const nameOf = (userId: string) =>
    call.data.participants.find((person) => person.userId === userId)?.name ?? userId;
  const others = call.data.participants.filter((person) => person.userId !== me);
  const title = titleOf(
    others.map((person) => nameOf(person.userId)),
    strings,
    locale,
  );
  return (
    <article className="app-page" aria-labelledby="call-title" data-testid="call-page">
      <header className="app-main-head">
        <IconButton
          label={words.page.back}
          icon={<ArrowLeft size={20} aria-hidden />}
          tip="none"
          onClick={() => navigate("/")}
        />
        <h1 id="call-title">{title}</h1>
        {call.data.status === "ended" ? (
          <Button
            look="primary"
            disabled={pending}
            onClick={() =>
              start(
                others.map((person) => person.userId),
                call.data.type,
              )
            }
          >
            {call.data.type === "video" ? (
              <Video size={18} aria-hidden />
            ) : (
              <Phone size={18} aria-hidden />
            )}
            {words.page.callAgain}
          </Button>
        ) : (
          isJoinable(call.data, me, deviceId) && (
            <Button look="positive" onClick={() => navigate(`/call/${callId}`)}>
              {words.recent.join}
            </Button>
          )
        )}
      </header>
      <Facts call={call.data} nameOf={nameOf} />
      <People call={call.data} nameOf={nameOf} />
      {call.data.startedAt !== null && (
        <section className="app-card" aria-labelledby="recordings-title">
          <h2 id="recordings-title">{words.page.recordings}</h2>
          <RecordingList
            callId={callId}
            nameOf={nameOf}
            live={call.data.status !== "ended"}
            manages={call.data.participants.some(
              (person) => person.userId === me && person.role !== "participant",
            )}
          />
        </section>
      )}
      <TimeLine
        call={call.data}
        events={events.data ?? []}
        quality={quality.data ?? []}
        nameOf={nameOf}
        now={Math.max(call.dataUpdatedAt, events.dataUpdatedAt)}
      />
      <QualityCharts points={quality.data ?? []} nameOf={nameOf} />
    </article>
  );
}

interface PartProps {
  call: WireCall;
  nameOf: (userId: string) => string;
}

function Facts({ call, nameOf }: PartProps) {
  const strings = useStrings();
  const locale = useLocale();
  const when = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  return (
    <dl className="app-facts">
      <div>
        <dt>{words.page.when}</dt>
        <dd>{when.format(new Date(call.createdAt))}</dd>
      </div>
      <div>
        <dt>{words.page.type}</dt>
        <dd>{words.page[call.type]}</dd>
      </div>
      <div>
        <dt>{words.page.duration}</dt>
        <dd>
          {call.durationMs === null
            ? call.status === "ended"
              ? words.page.never
              : words.page.running
            : spokenDuration(call.durationMs, locale)}
        </dd>
      </div>
      {call.endReason !== null && (
        <div>
          <dt>{words.page.ended}</dt>
          <dd data-testid="end-reason" data-reason={call.endReason}>
            {strings.endReasons[call.endReason]}
            {call.endedBy !== null && (
              <span className="app-muted"> {words.page.endedBy(nameOf(call.endedBy))}</span>
            )}
          </dd>
        </div>
      )}
    </dl>
  );
}

function People({ call, nameOf }: PartProps) {
  const locale = useLocale();
  return (
    <section className="app-card" aria-labelledby="people-title">
      <h2 id="people-title">{words.page.people}</h2>
      <ul className="app-took-part">
        {call.participants.map((person) => {
          const joined = person.joinedAt === null ? null : Date.parse(person.joinedAt);
          const left = person.leftAt === null ? null : Date.parse(person.leftAt);
          return (
            <li key={person.userId}>
              <Avatar userId={person.userId} name={nameOf(person.userId)} size={32} />
              <span className="app-person-text">
                <span className="app-person-name">{nameOf(person.userId)}</span>
                <span className="app-person-id">
                  {words.page.statuses[person.status]}
                  {joined !== null &&
                    left !== null &&
                    ` · ${spokenDuration(left - joined, locale)}`}
                  {person.role === "initiator" && ` · ${words.page.initiator}`}
                  {person.role === "moderator" && ` · ${words.page.moderator}`}
                </span>
              </span>
              <QualityIndicator quality={person.connectionQuality} words />
            </li>
          );
        })}
      </ul>
    </section>
  );
}
