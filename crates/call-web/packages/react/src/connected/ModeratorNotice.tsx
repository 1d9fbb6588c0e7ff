import type { Call } from "call-client";
import { MicOff } from "lucide-react";
import { useEffect, useState } from "react";
import { useAnnounce } from "../parts/Announcer.js";
import { Button } from "../parts/Button.js";
import { Notice } from "../parts/Notice.js";
import type { Mutable } from "../parts/personActions.js";
import { useStrings } from "../strings/StringsContext.js";

const kinds: readonly Mutable[] = ["audio", "video", "screen"];

export interface ModeratorNoticeProps {
  call: Call;
  /** Still off because a moderator said so. */
  muted: { readonly audio: boolean; readonly video: boolean; readonly screen: boolean };
}

/** Says that a moderator switched something off here, until it is on again or dismissed. */
export function ModeratorNotice({ call, muted }: ModeratorNoticeProps) {
  const strings = useStrings();
  const announce = useAnnounce();
  const [shown, setShown] = useState<readonly Mutable[]>([]);
  useEffect(
    () =>
      call.on("muted", (what) => {
        const now = kinds.filter((kind) => what[kind]);
        setShown((old) => [...old.filter((kind) => !now.includes(kind)), ...now]);
        announce(now.map((kind) => strings.mutedByModerator[kind]).join(". "), "assertive");
      }),
    [call, announce, strings],
  );
  const open = shown.filter((kind) => muted[kind]);
  if (open.length === 0) return null;
  return (
    <Notice
      look="warning"
      icon={<MicOff size={18} aria-hidden />}
      action={
        <Button look="quiet" onClick={() => setShown([])}>
          {strings.dismiss}
        </Button>
      }
    >
      {open.map((kind) => strings.mutedByModerator[kind]).join(". ")}
    </Notice>
  );
}
