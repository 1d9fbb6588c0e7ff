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
  /** The one that ended last; `cause` where it was not stopped. */
  ended?: { id: string; cause: RecordingFault | null } | null | undefined;
  /** What did not work last, in words. */
  problem?: string | null | undefined;
  onDismissProblem?: (() => void) | undefined;
}
