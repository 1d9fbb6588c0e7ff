import { type FileUrl, toCallClientError } from "call-client";
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";

/** Asks for a URL of a file, good for a while. */
export type OpenFile = () => Promise<Pick<FileUrl, "url">>;

/**
 * Why a file does not play: the code of a refusal, that the browser cannot, that its bytes do not
 * come, or that they do not come any more.
 */
export type SourceProblem = { code: string } | "not_playable" | "not_loaded" | "lost";

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
  contentType: string,
): SignedSource {
  const [url, setUrl] = useState<string | null>(null);
  const [opening, setOpening] = useState(false);
  const [problem, setProblem] = useState<SourceProblem | null>(null);
  /** This URL gave something, so what fails later is its age. */
  const worked = useRef(false);
  const goOn = useRef<{ time: number; playing: boolean } | null>(null);
  /** A first URL that gave nothing was replaced by this one. */
  const second = useRef(false);
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
    second.current = false;
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
    // What no browser's decoder has to do with may be the URL's fault.
    const unplayable = code === MEDIA_ERR_DECODE || media.canPlayType(contentType) === "";
    if (!again && !unplayable && !second.current) {
      second.current = true;
      void open();
      return;
    }
    goOn.current = null;
    setUrl(null);
    setProblem(unplayable ? "not_playable" : again ? "lost" : "not_loaded");
  }, [element, open, contentType]);
  const start = useCallback(() => {
    second.current = false;
    void open();
  }, [open]);
  return { url, opening, problem, open: start, events: { onLoadedMetadata, onError } };
}

/** HTML: the bytes came, and are not what the browser can play. */
const MEDIA_ERR_DECODE = 3;
