import { useEffect, useRef } from "react";
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

/** Plays the sound of somebody's stream, whether or not their picture is on the screen. */
export function RemoteAudio({ stream, attach, onBlocked, attempt }: RemoteAudioProps) {
  const audio = useRef<HTMLAudioElement>(null);
  const tracks = useTracks(stream);
  const blocked = useRef(onBlocked);
  blocked.current = onBlocked;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new track or a gesture is a new attempt
  useEffect(() => {
    const element = audio.current;
    if (element === null) return;
    if (element.srcObject !== stream) element.srcObject = stream;
    if (stream.getAudioTracks().length === 0) return;
    void element.play()?.catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") blocked.current();
    });
  }, [stream, tracks, attempt]);
  useEffect(() => {
    const element = audio.current;
    return element === null || attach === undefined ? undefined : attach(element);
  }, [attach]);
  // biome-ignore lint/a11y/useMediaCaption: a live voice has no caption track
  return <audio ref={audio} className="call-hidden" autoPlay />;
}
