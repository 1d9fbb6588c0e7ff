import type { CallEvent, CallType, MediaState, QualityPoint, WireCall } from "call-client";
import { Avatar, clockDuration, useLocale, useStrings } from "call-react";
import { CircleDot } from "lucide-react";
import { words } from "../words.js";
import { eventWords } from "./eventWords.js";
import { type Activity, handoversOf, lanesOf, recordedOf, type Stretch } from "./lanes.js";

export interface TimeLineProps {
  call: WireCall;
  events: readonly CallEvent[];
  quality: readonly QualityPoint[];
  nameOf: (userId: string) => string;
  /** Milliseconds since the epoch. */
  now: number;
}

const activities: readonly Activity[] = [
  "ringing",
  "connecting",
  "joined",
  "reconnecting",
  "muted",
  "sharing",
];

/** One lane for each person, then everything in order. */
export function TimeLine({ call, events, quality, nameOf, now }: TimeLineProps) {
  const locale = useLocale();
  const { from, to, lanes } = lanesOf(call, events, now);
  const { faults } = useStrings().recording;
  const handovers = handoversOf(events);
  const recorded = recordedOf(events, to);
  const place = ({ from: start, to: end }: { from: number; to: number }) => ({
    left: `${(100 * (start - from)) / (to - from)}%`,
    width: `${Math.max(0.4, (100 * (end - start)) / (to - from))}%`,
  });
  const title = (stretch: Stretch) =>
    `${words.page.bands[stretch.activity]}, ${clockDuration(stretch.to - stretch.from, locale)}`;
  const used = new Set(
    lanes.flatMap((lane) => [...lane.main, ...lane.extra].map((stretch) => stretch.activity)),
  );
  return (
    <section className="app-card" aria-labelledby="timeline-title">
      <h2 id="timeline-title">{words.page.timeLine}</h2>
      <div className="app-lanes">
        {lanes.map((lane) => (
          <div key={lane.userId} className="app-lane">
            <span className="app-lane-who">
              <Avatar userId={lane.userId} name={nameOf(lane.userId)} size={24} />
              <span>{nameOf(lane.userId)}</span>
            </span>
            <div className="app-lane-track">
              {lane.main.map((stretch) => (
                <span
                  key={`${stretch.activity} ${stretch.from}`}
                  className="app-band"
                  data-activity={stretch.activity}
                  style={place(stretch)}
                  title={title(stretch)}
                />
              ))}
              {lane.extra.map((stretch) => (
                <span
                  key={`${stretch.activity} ${stretch.from}`}
                  className="app-band app-band-extra"
                  data-activity={stretch.activity}
                  style={place(stretch)}
                  title={title(stretch)}
                />
              ))}
              {bands(quality.filter((point) => point.userId === lane.userId)).map((band) => (
                <span
                  key={band.from}
                  className="app-band app-band-quality"
                  data-quality={band.quality}
                  style={place(band)}
                />
              ))}
            </div>
          </div>
        ))}
        {recorded.length > 0 && (
          <div className="app-lane" data-testid="recorded-lane">
            <span className="app-lane-who">
              <CircleDot size={24} aria-hidden className="app-recorded-sign" />
              <span>{words.page.recorded}</span>
            </span>
            <div className="app-lane-track app-lane-thin">
              {recorded.map((stretch) => (
                <span
                  key={stretch.from}
                  className="app-band app-band-recorded"
                  style={place(stretch)}
                  title={`${words.page.recorded}, ${clockDuration(stretch.to - stretch.from, locale)}`}
                />
              ))}
            </div>
          </div>
        )}
        {handovers.length > 0 && (
          <div className="app-handovers" aria-hidden="true">
            {handovers.map(({ at, to: way }) => (
              <span
                key={at}
                className="app-handover"
                data-topology={way}
                data-testid="handover"
                style={{ left: `${(100 * (at - from)) / (to - from)}%` }}
                title={`${words.events.topology[way]}, ${clockDuration(at - from, locale)}`}
              />
            ))}
          </div>
        )}
        <div className="app-lane-axis" aria-hidden="true">
          <span>0:00</span>
          <span>{clockDuration((to - from) / 2, locale)}</span>
          <span>{clockDuration(to - from, locale)}</span>
        </div>
      </div>
      <ul className="app-legend" aria-hidden="true">
        {activities
          .filter((activity) => used.has(activity))
          .map((activity) => (
            <li key={activity}>
              <span className="app-band" data-activity={activity} />
              {words.page.bands[activity]}
            </li>
          ))}
        {handovers.length > 0 && (
          <li>
            <span className="app-handover-key" />
            {words.page.handover}
          </li>
        )}
      </ul>
      <details className="app-details">
        <summary>{words.page.events}</summary>
        <ol className="app-events" data-testid="events">
          {inWords(call.type, events, nameOf, faults).map(({ key, at, text }) => (
            <li key={key}>
              <time dateTime={new Date(at).toISOString()}>{clockDuration(at - from, locale)}</time>
              {text}
            </li>
          ))}
        </ol>
      </details>
    </section>
  );
}

function inWords(
  type: CallType,
  events: readonly CallEvent[],
  nameOf: (userId: string) => string,
  faults: Readonly<Record<string, string>>,
) {
  const first: MediaState = { audio: true, video: type === "video", screen: false };
  const media = new Map<string, MediaState>();
  const lines: { key: string; at: number; text: string }[] = [];
  events.forEach((event, index) => {
    const before = event.userId === null ? first : (media.get(event.userId) ?? first);
    const text = eventWords(event, nameOf, before, faults);
    if (event.userId !== null && (event.type === "media_changed" || event.type === "muted")) {
      media.set(event.userId, event.data.media as MediaState);
    }
    if (text !== null)
      lines.push({ key: `${event.version} ${index}`, at: Date.parse(event.at), text });
  });
  return lines;
}

interface QualityBand {
  from: number;
  to: number;
  quality: QualityPoint["quality"];
}

/** Longest time that one figure speaks for. */
const REACH_MS = 10_000;

/** Stretches of equal quality; the figures come every few seconds. */
export function bands(points: readonly QualityPoint[]): QualityBand[] {
  const found: QualityBand[] = [];
  for (const point of points) {
    const at = Date.parse(point.at);
    const last = found[found.length - 1];
    if (last !== undefined && at - last.to <= REACH_MS) {
      if (last.quality === point.quality) {
        last.to = at;
        continue;
      }
      found.push({ from: last.to, to: at, quality: point.quality });
    } else {
      found.push({ from: at - 2000, to: at, quality: point.quality });
    }
  }
  return found;
}
