import { memo, useEffect, useRef, useState } from "react";
import { useTracks } from "../hooks/useTracks.js";

export interface RemoteAudioProps {
  stream: MediaStream;
  /** Sends the element's sound to the chosen speaker; returns what ends that. */
  attach?: ((element: HTMLMediaElement) => () => void) | undefined;
  /** The browser wants a gesture first: show `<StartAudio>`. */
  onBlocked: () => void;
  /** Changes when the user has made that gesture: playing is tried again. */
  attempt: number;
}

/** How long a track that was replaced goes on beside the new one once that plays, in milliseconds. */
const OVERLAP_MS = 120;

/**
 * Plays the sound of somebody's stream, whether or not their picture is on the screen. When the
 * stream's track is replaced by another one, the new one plays before the old one is taken away.
 */
export function RemoteAudio({ stream, attach, onBlocked, attempt }: RemoteAudioProps) {
  useTracks(stream);
  const live = stream.getAudioTracks();
  const newest = live[live.length - 1] ?? null;
  const [known, setKnown] = useState<readonly MediaStreamTrack[]>([]);
  const tracks = newest === null || known.includes(newest) ? known : [...known, newest];
  const current = useRef(newest);
  current.current = newest;
  const heard = useRef(new WeakSet<MediaStreamTrack>()).current;
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  /** Once the newest one plays, a little later the others are taken away. */
  const settle = useRef(() => {
    clearTimeout(timer.current);
    if (current.current === null || !heard.has(current.current)) return;
    timer.current = setTimeout(() => {
      setKnown((old) => old.filter((track) => track === current.current));
    }, OVERLAP_MS);
  }).current;
  useEffect(() => {
    setKnown((old) => {
      if (newest === null) return old.length === 0 ? old : [];
      return old.includes(newest) ? old : [...old, newest];
    });
    settle();
  }, [newest, settle]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const onPlaying = useRef((track: MediaStreamTrack) => {
    heard.add(track);
    settle();
  }).current;
  return tracks.map((track) => (
    <TrackAudio
      key={track.id}
      track={track}
      attach={attach}
      onBlocked={onBlocked}
      attempt={attempt}
      onPlaying={onPlaying}
    />
  ));
}

interface TrackAudioProps extends Omit<RemoteAudioProps, "stream"> {
  track: MediaStreamTrack;
  onPlaying: (track: MediaStreamTrack) => void;
}

const TrackAudio = memo(function TrackAudio(props: TrackAudioProps) {
  const { track, attach, onBlocked, attempt, onPlaying } = props;
  const audio = useRef<HTMLAudioElement>(null);
  const blocked = useRef(onBlocked);
  blocked.current = onBlocked;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a gesture is a new attempt
  useEffect(() => {
    const element = audio.current;
    if (element === null) return;
    const source = element.srcObject;
    if (!(source instanceof MediaStream) || source.getTracks()[0] !== track) {
      element.srcObject = new MediaStream([track]);
    }
    void element.play()?.catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") blocked.current();
    });
  }, [track, attempt]);
  useEffect(() => {
    const element = audio.current;
    return element === null || attach === undefined ? undefined : attach(element);
  }, [attach]);
  return (
    // biome-ignore lint/a11y/useMediaCaption: a live voice has no caption track
    <audio
      ref={audio}
      className="call-hidden"
      autoPlay
      data-testid="remote-audio"
      onPlaying={() => onPlaying(track)}
    />
  );
});
