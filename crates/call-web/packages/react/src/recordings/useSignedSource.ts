import { type FileUrl, toCallClientError } from "call-client";
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";

/** Asks for a URL of a file, good for a while. */
export type OpenFile = () => Promise<Pick<FileUrl, "url">>;

/** Why a file does not play: the code of a refusal, or that the browser cannot. */
export type SourceProblem = { code: string } | "not_playable" | "lost";

export interface SignedSource {
  /** Null until it is to be played. */
  url: string | null;
  opening: boolean;
  problem: SourceProblem | null;
  /** Asks for the URL and plays. */
  open: () => void;
  /** For the media element. */
  events: {
    onLoadedMetadata: () => void;
    onError: () => void;
  };
}

/**
 * The source of a media element whose URL expires: it is asked for when it is to be played and,
 * once it does not open any more, anew; playing then goes on where it was.
 */
export function useSignedSource(
  element: RefObject<HTMLMediaElement | null>,
  ask: OpenFile,
): SignedSource {
  const [url, setUrl] = useState<string | null>(null);
  const [opening, setOpening] = useState(false);
  const [problem, setProblem] = useState<SourceProblem | null>(null);
  /** This URL gave something, so what fails later is its age. */
  const worked = useRef(false);
  const goOn = useRef<{ time: number; playing: boolean } | null>(null);
  const gone = useRef(false);
  const latest = useRef(ask);
  latest.current = ask;
  useEffect(() => {
    gone.current = false;
    return () => {
      gone.current = true;
    };
  }, []);
  const open = useCallback(async () => {
    setOpening(true);
    setProblem(null);
    worked.current = false;
    try {
      const signed = await latest.current();
      if (gone.current) return;
      setUrl(signed.url);
    } catch (thrown) {
      if (gone.current) return;
      setUrl(null);
      setProblem({ code: toCallClientError(thrown).code });
    }
    setOpening(false);
  }, []);
  const onLoadedMetadata = useCallback(() => {
    worked.current = true;
    const media = element.current;
    const before = goOn.current;
    goOn.current = null;
    if (media === null || before === null) return;
    media.currentTime = before.time;
    // The element plays what is new by itself: whoever had paused it has it paused.
    if (before.playing) void media.play().catch(() => undefined);
    else media.pause();
  }, [element]);
  const onError = useCallback(() => {
    const media = element.current;
    if (media === null) return;
    const code = media.error?.code;
    if (worked.current && code !== MEDIA_ERR_DECODE) {
      goOn.current = { time: media.currentTime, playing: !media.paused };
      void open();
      return;
    }
    const again = goOn.current !== null;
    goOn.current = null;
    setUrl(null);
    setProblem(again ? "lost" : "not_playable");
  }, [element, open]);
  const start = useCallback(() => void open(), [open]);
  return { url, opening, problem, open: start, events: { onLoadedMetadata, onError } };
}

/** HTML: the bytes came, and are not what the browser can play. */
const MEDIA_ERR_DECODE = 3;
