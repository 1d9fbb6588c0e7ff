import type { RecordingFault, RecordingMode } from "call-client";

/** The recording of a call that runs, as one person sees it. */
export interface CurrentRecording {
  id: string;
  /** Milliseconds since the epoch; null where that is not known. */
  startedAt: number | null;
  /** Who began it; null: the server, by its policy. */
  by: { name: string; isLocal: boolean } | null;
  /** What I said to being recorded; `none`: I was not asked. */
  mine: "none" | "asked" | "given" | "refused";
  /** What everybody in the call said; left out: nobody is asked, or that is not mine to see. */
  answers?: readonly RecordingAnswer[] | undefined;
}

/** What somebody said to being recorded. */
export interface RecordingAnswer {
  userId: string;
  name: string;
  isLocal: boolean;
  said: "asked" | "given" | "refused";
}

/** A recording that ended while the call goes on. */
export interface EndedRecording {
  id: string;
  /** Who stopped it; null where that is not known, or nobody did. */
  by: { name: string; isLocal: boolean } | null;
  /** What went wrong; null where it was stopped. */
  cause: RecordingFault | null;
}

/** The recording of a call, and what one person may do about it. */
export interface RecordingControls {
  /** Null: nothing is recorded. */
  current: CurrentRecording | null;
  /** Left out: may not begin one. */
  onStart?: ((mode: RecordingMode) => void) | undefined;
  /** Left out: may not stop it. */
  onStop?: (() => void) | undefined;
  /** Says whether I may be recorded. */
  onConsent?: ((given: boolean) => void) | undefined;
  /** Everybody is asked before anything of them is kept. */
  asks: boolean;
  /** The server can make one video of everybody. */
  mixing: boolean;
  /** It has been asked for, and has not begun. */
  starting?: boolean | undefined;
  /** The one that ended last. */
  ended?: EndedRecording | null | undefined;
  /** What did not work last, in words. */
  problem?: string | null | undefined;
  onDismissProblem?: (() => void) | undefined;
}
