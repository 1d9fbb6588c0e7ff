import { type Recording, type RecordingFile, toCallClientError } from "call-client";
import { CircleDot } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useCallClient } from "../hooks/useCallClient.js";
import { useStore } from "../hooks/useStore.js";
import { useAnnounce } from "../parts/Announcer.js";
import { Button } from "../parts/Button.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import { keepFile } from "./keepFile.js";
import { RecordingCard } from "./RecordingCard.js";
import { isInProgress, stateOf } from "./state.js";
import { useRecordings } from "./useRecordings.js";

export interface RecordingListProps {
  callId: string;
  /** Names for user ids; default: the user ids. */
  nameOf?: ((userId: string) => string) | undefined;
  /** The person leads the call: may delete recordings and have them mixed. */
  manages?: boolean | undefined;
  /** The call goes on: a recording may begin at any time. */
  live?: boolean | undefined;
}

const asIs = (userId: string) => userId;

/** The recordings of a call, to be played, kept, mixed and deleted; kept current by itself. */
export function RecordingList(props: RecordingListProps) {
  const { callId, nameOf = asIs, manages = false, live = false } = props;
  const { items, error, reload, replace, forget } = useRecordings(callId, live);
  const emptied = useRef(false);
  const list = useRef<HTMLDivElement>(null);
  const gone = (id: string) => {
    // The button that was pressed goes with it.
    emptied.current = !focusBeside(list.current, id);
    forget(id);
  };
  const strings = useStrings();
  const { recordings: words } = strings;
  useChangesInWords(items);
  if (items === null) {
    return error === null ? (
      <p className="call-recordings-note" aria-busy="true">
        {words.loading}
      </p>
    ) : (
      <p className="call-recordings-note" role="alert">
        {words.failures[error.code] ?? words.unreadable}
        <Button look="quiet" onClick={reload}>
          {strings.retry}
        </Button>
      </p>
    );
  }
  if (items.length === 0) {
    return (
      <div
        className="call-recordings-none"
        data-testid="no-recordings"
        tabIndex={-1}
        ref={(none) => {
          if (emptied.current) none?.focus();
          emptied.current = false;
        }}
      >
        <CircleDot size={20} aria-hidden />
        <span>{words.none}</span>
        {live && <span className="call-recordings-hint">{words.noneHint}</span>}
      </div>
    );
  }
  return (
    <div className="call-recordings" data-testid="recordings" ref={list}>
      {[...items].reverse().map((recording) => (
        <Item
          key={recording.id}
          latest={recording === items.at(-1)}
          recording={recording}
          nameOf={nameOf}
          manages={manages}
          onChange={replace}
          onGone={gone}
        />
      ))}
    </div>
  );
}

/** Moves the focus to the recording after this one, or before it; false: there is none. */
function focusBeside(list: HTMLElement | null, id: string): boolean {
  const cards = [...(list?.querySelectorAll("article") ?? [])];
  const at = cards.findIndex((card) => card.dataset.testid === `recording-${id}`);
  const heading = (cards[at + 1] ?? cards[at - 1])?.querySelector("h3");
  heading?.focus();
  return heading != null;
}

interface ItemProps {
  recording: Recording;
  latest: boolean;
  nameOf: (userId: string) => string;
  manages: boolean;
  onChange: (recording: Recording) => void;
  onGone: (id: string) => void;
}

function Item({ recording, latest, nameOf, manages, onChange, onGone }: ItemProps) {
  const { recordings } = useCallClient();
  const { recordings: words } = useStrings();
  const mixing = useStore(recordings.ability)?.mixing ?? false;
  const announce = useAnnounce();
  const [problem, setProblem] = useState<string | null>(null);
  const { id } = recording;
  const attempt = async (work: () => Promise<void>) => {
    setProblem(null);
    try {
      await work();
    } catch (thrown) {
      setProblem(words.failures[toCallClientError(thrown).code] ?? words.failed);
    }
  };
  const opener = useCallback(
    (file: RecordingFile) => () => recordings.fileUrl(id, file.id),
    [recordings, id],
  );
  const keep = (file: RecordingFile) =>
    attempt(async () => keepFile((await recordings.fileUrl(id, file.id, { download: true })).url));
  const remove = () =>
    attempt(async () => {
      try {
        await recordings.delete(id);
      } catch (thrown) {
        // Somebody else was faster, or the first try got through.
        if (toCallClientError(thrown).code !== "not_found") throw thrown;
      }
      onGone(id);
      announce(words.removed);
    });
  const mix = () => attempt(async () => onChange(await recordings.mix(id)));
  return (
    <RecordingCard
      recording={recording}
      latest={latest}
      nameOf={nameOf}
      opener={opener}
      onDownload={(file) => void keep(file)}
      onMix={manages && mixing ? () => void mix() : undefined}
      onDelete={manages ? () => void remove() : undefined}
      problem={problem}
    />
  );
}

/** Speaks when the work at a recording has come to its end. */
function useChangesInWords(items: readonly Recording[] | null): void {
  const announce = useAnnounce();
  const strings = useStrings();
  const locale = useLocale();
  const working = useRef(new Set<string>());
  useEffect(() => {
    const done = (items ?? []).filter(
      (recording) => working.current.has(recording.id) && !isInProgress(recording),
    );
    working.current = new Set((items ?? []).filter(isInProgress).map(({ id }) => id));
    const [first] = done;
    if (first === undefined) return;
    announce(`${strings.recordings.title}: ${stateOf(first, strings, locale).words}`);
  }, [items, announce, strings, locale]);
}
