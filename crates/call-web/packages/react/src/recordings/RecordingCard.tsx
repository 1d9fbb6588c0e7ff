import type { Recording, RecordingFile } from "call-client";
import { Download, FileJson, Film, Trash2 } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { clockDuration } from "../format/duration.js";
import { byteSize, listOf } from "../format/text.js";
import { useNow } from "../hooks/useNow.js";
import { Button } from "../parts/Button.js";
import { ConfirmDialog } from "../parts/ConfirmDialog.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import { RecordingPlayer } from "./RecordingPlayer.js";
import { isInProgress, isMixing, stateOf } from "./state.js";
import { TrackList } from "./TrackList.js";
import type { OpenFile } from "./useSignedSource.js";

export interface RecordingCardProps {
  recording: Recording;
  nameOf: (userId: string) => string;
  /** The latest: its files are shown without a press. */
  latest?: boolean | undefined;
  /** How to come to the bytes of a file. */
  opener: (file: RecordingFile) => OpenFile;
  onDownload: (file: RecordingFile) => void;
  /** Left out: no video of everybody can be made. */
  onMix?: (() => void) | undefined;
  /** Left out: may not be deleted here. */
  onDelete?: (() => void) | undefined;
  /** What did not work last, in words. */
  problem?: string | null | undefined;
}

/** One recording: when, how long, where it stands, what there is of it. Plain props, no client. */
export function RecordingCard(props: RecordingCardProps) {
  const { recording, nameOf, opener, onDownload, onMix, onDelete, latest = false } = props;
  const strings = useStrings();
  const { recordings: words } = strings;
  const locale = useLocale();
  const heading = useId();
  const [deleting, setDeleting] = useState(false);
  const { files, status } = recording;
  const mixed = files.find(({ kind }) => kind === "mixed");
  // What was open stays so when the video of everybody comes.
  const [open, setOpen] = useState((latest && mixed === undefined) || isInProgress(recording));
  const manifest = files.find(({ kind }) => kind === "manifest");
  const tracks = files.filter(({ kind }) => kind === "track");
  const when = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const began = when.format(new Date(recording.startedAt));
  return (
    <article
      className="call-recording"
      aria-labelledby={heading}
      data-testid={`recording-${recording.id}`}
      data-status={status}
      data-mix={recording.mix}
    >
      <div className="call-recording-body">
        <header className="call-recording-head">
          <h3 id={heading} tabIndex={-1}>
            <span className="call-hidden">{words.of(began)}</span>
            <time dateTime={recording.startedAt} aria-hidden="true">
              {began}
            </time>
          </h3>
          <Standing recording={recording} />
        </header>
        <Facts recording={recording} nameOf={nameOf} />
        <Consents recording={recording} nameOf={nameOf} />
        {mixed !== undefined && (
          <RecordingPlayer file={mixed} name={words.of(began)} open={opener(mixed)} />
        )}
        {tracks.length > 0 && (
          <details
            className="call-recording-tracks"
            open={open}
            onToggle={(event) => setOpen(event.currentTarget.open)}
          >
            <summary>{words.tracks(new Intl.NumberFormat(locale).format(tracks.length))}</summary>
            <TrackList files={files} nameOf={nameOf} opener={opener} onDownload={onDownload} />
          </details>
        )}
        {props.problem != null && (
          <p className="call-recording-problem" role="alert">
            {props.problem}
          </p>
        )}
        <div className="call-recording-actions">
          {mixed !== undefined && (
            <Button onClick={() => onDownload(mixed)}>
              <Download size={18} aria-hidden /> {words.download}
            </Button>
          )}
          {onMix !== undefined && mixed === undefined && mayMix(recording) && (
            <Button onClick={onMix}>
              <Film size={18} aria-hidden />
              {recording.mix === "failed" ? words.mixAgain : words.makeMix}
            </Button>
          )}
          {manifest !== undefined && (
            <Button look="quiet" onClick={() => onDownload(manifest)}>
              <FileJson size={18} aria-hidden /> {words.manifest}
            </Button>
          )}
          {onDelete !== undefined && status !== "recording" && (
            <Button
              look="quiet"
              className="call-recording-delete"
              onClick={() => setDeleting(true)}
            >
              <Trash2 size={18} aria-hidden /> {words.remove}
            </Button>
          )}
        </div>
      </div>
      {deleting && (
        <ConfirmDialog
          over="page"
          title={words.removeTitle(began)}
          words={
            isMixing(recording.mix)
              ? `${words.removeWords} ${words.removeMixing}`
              : words.removeWords
          }
          action={words.remove}
          cancel={words.keep}
          onCancel={() => setDeleting(false)}
          onConfirm={() => {
            setDeleting(false);
            onDelete?.();
          }}
        />
      )}
    </article>
  );
}

/** Something can be put together, and is not being. */
function mayMix({ status, mix, files }: Recording): boolean {
  const done = status === "ready" || status === "partial";
  return done && (mix === "none" || mix === "failed") && files.some(({ kind }) => kind === "track");
}

function Standing({ recording }: { recording: Recording }) {
  const strings = useStrings();
  const locale = useLocale();
  const { tone, words, progress } = stateOf(recording, strings, locale);
  return (
    <div className="call-recording-state" data-tone={tone}>
      {tone === "working" ? (
        <span className="call-spinner" aria-hidden="true" />
      ) : (
        <span
          className={tone === "live" ? "call-recording-dot" : "call-recording-mark"}
          aria-hidden="true"
        />
      )}
      <span data-testid="recording-state">{words}</span>
      {progress !== null && <Progress value={progress} label={words} />}
    </div>
  );
}

function Progress({ value, label }: { value: number; label: string }) {
  const bar = useRef<HTMLSpanElement>(null);
  useEffect(() => bar.current?.style.setProperty("--call-share", String(value)), [value]);
  return (
    <span
      className="call-recording-progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(value * 100)}
      ref={bar}
    />
  );
}

type PartProps = Pick<RecordingCardProps, "recording" | "nameOf">;

function Facts({ recording, nameOf }: PartProps) {
  const { recordings: words } = useStrings();
  const locale = useLocale();
  const { status, startedAt, startedBy, stoppedBy, durationMs, bytes, mode } = recording;
  const live = status === "recording";
  const now = useNow(live);
  const length = live ? now - Date.parse(startedAt) : durationMs;
  const facts = [
    length === null ? null : clockDuration(length, locale),
    bytes === 0 ? null : byteSize(bytes, locale),
    words.modes[mode],
    startedBy === null ? words.byPolicy : words.startedBy(nameOf(startedBy)),
    // Who has stopped what they began is not worth a word.
    stoppedBy === null || stoppedBy === startedBy ? null : words.stoppedBy(nameOf(stoppedBy)),
  ].filter((fact) => fact !== null);
  return <p className="call-recording-facts">{facts.join(" · ")}</p>;
}

function Consents({ recording, nameOf }: PartProps) {
  const { recordings: words } = useStrings();
  const locale = useLocale();
  if (recording.consent !== "ask") return null;
  const { consents, files, status } = recording;
  const recorded = new Set(files.map(({ userId }) => userId));
  const of = (wanted: (typeof consents)[number]["status"]) =>
    consents.filter((each) => each.status === wanted);
  const refused = of("refused");
  const lines = [
    ["given", of("given"), words.agreed],
    ["refused", refused.filter(({ userId }) => !recorded.has(userId)), words.refused],
    ["withdrawn", refused.filter(({ userId }) => recorded.has(userId)), words.withdrew],
    ["asked", of("asked"), status === "recording" ? words.unansweredYet : words.unanswered],
  ] as const;
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });
  /** Who, and when they said so. */
  const moments = (people: typeof consents) =>
    people.flatMap(({ userId, at }) =>
      at === null ? [] : [`${nameOf(userId)} ${time.format(new Date(at))}`],
    );
  return (
    <ul className="call-recording-consents" aria-label={words.people}>
      {lines
        .filter(([, people]) => people.length > 0)
        .map(([key, people, say]) => (
          <li key={key} data-consent={key} title={listOf(moments(people), locale) || undefined}>
            {say(
              listOf(
                people.map(({ userId }) => nameOf(userId)),
                locale,
              ),
            )}
          </li>
        ))}
    </ul>
  );
}
