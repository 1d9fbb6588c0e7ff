import type { RecordingFile } from "call-client";
import { Play } from "lucide-react";
import { type Ref, type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import { clockDuration } from "../format/duration.js";
import { Button } from "../parts/Button.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import { usePairedSound } from "./usePairedSound.js";
import { type OpenFile, type SignedSource, useSignedSource } from "./useSignedSource.js";

/** A file, and how to come to its bytes. */
export interface PlayableFile {
  file: RecordingFile;
  open: OpenFile;
}

export interface RecordingPlayerProps extends PlayableFile {
  /** What it is, for the name of the player. */
  name: string;
  /** What is heard along with a picture that has no sound. */
  sound?: PlayableFile | null | undefined;
  /** Plays at once, as after a press on a button elsewhere. */
  autoPlay?: boolean;
}

/** Plays one file of a recording; asks for its URL only when it is to be played. */
export function RecordingPlayer(props: RecordingPlayerProps) {
  const { file, name, open, sound = null, autoPlay = false } = props;
  const strings = useStrings();
  const locale = useLocale();
  const media = useRef<HTMLVideoElement & HTMLAudioElement>(null);
  const source = useSignedSource(media, open, file.contentType);
  const begin = useRef(source.open);
  useEffect(() => {
    if (autoPlay) begin.current();
  }, [autoPlay]);
  const start = useRef<HTMLButtonElement>(null);
  const focused = useRef(false);
  const playing = source.url !== null;
  useLayoutEffect(() => {
    // One takes the place of the other, and takes the focus along.
    if (focused.current) (playing ? media.current : start.current)?.focus({ preventScroll: true });
    focused.current = false;
  }, [playing]);
  const picture = file.contentType.startsWith("video/");
  const common = {
    src: source.url ?? undefined,
    controls: true,
    autoPlay: true,
    "aria-label": name,
    "data-testid": "recording-media",
    style: picture ? { aspectRatio: shapeOf(file) } : undefined,
    ...source.events,
  };
  return (
    <div
      className="call-player"
      data-kind={picture ? "video" : "audio"}
      data-testid={`player-${file.id}`}
    >
      {source.url === null ? (
        <button
          type="button"
          className="call-player-start"
          style={common.style}
          aria-disabled={source.opening}
          onClick={() => {
            if (source.opening) return;
            focused.current = true;
            source.open();
          }}
          ref={start}
        >
          <span className="call-hidden">{strings.recordings.playFile(name)}</span>
          {source.opening ? (
            <span className="call-spinner" aria-hidden="true" />
          ) : (
            <Play size={picture ? 28 : 18} aria-hidden />
          )}
          {file.durationMs !== null && (
            <span className="call-player-length">{clockDuration(file.durationMs, locale)}</span>
          )}
        </button>
      ) : picture ? (
        <video {...common} ref={media as Ref<HTMLVideoElement>} playsInline />
      ) : (
        <audio {...common} ref={media as Ref<HTMLAudioElement>} />
      )}
      {sound !== null && source.url !== null && (
        <PairedSound
          sound={sound}
          picture={media}
          aheadBy={(file.offsetMs - sound.file.offsetMs) / 1000}
        />
      )}
      {source.problem !== null && <PlayerProblem source={source} />}
    </div>
  );
}

function PairedSound(props: {
  sound: PlayableFile;
  picture: RefObject<HTMLMediaElement | null>;
  aheadBy: number;
}) {
  const element = useRef<HTMLAudioElement>(null);
  const source = useSignedSource(element, props.sound.open, props.sound.file.contentType);
  const begin = useRef(source.open);
  useEffect(() => begin.current(), []);
  usePairedSound(props.picture, element, props.aheadBy, source.url);
  return (
    <audio
      ref={element}
      src={source.url ?? undefined}
      preload="auto"
      data-testid="paired-sound"
      {...source.events}
    />
  );
}

function PlayerProblem({ source }: { source: SignedSource }) {
  const strings = useStrings();
  const { recordings: words } = strings;
  const { problem } = source;
  if (problem === null) return null;
  const said =
    typeof problem === "string"
      ? { not_playable: words.notPlayable, not_loaded: words.notLoaded, lost: words.expired }[
          problem
        ]
      : (words.failures[problem.code] ?? words.failed);
  return (
    <p className="call-player-problem" role="alert">
      {said}
      <Button look="quiet" onClick={source.open}>
        {strings.retry}
      </Button>
    </p>
  );
}

function shapeOf({ width, height }: RecordingFile): string {
  // A phone that was held upright would fill the page.
  return width !== null && height !== null && width > height ? `${width} / ${height}` : "16 / 9";
}
