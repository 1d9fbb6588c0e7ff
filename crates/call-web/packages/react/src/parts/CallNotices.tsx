import { ArrowUpFromLine, ScreenShare, SignalLow, WifiOff } from "lucide-react";
import { spokenDuration } from "../format/duration.js";
import { useNow } from "../hooks/useNow.js";
import type { Quality, QualityReason, TilePerson } from "../model.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import { Button } from "./Button.js";
import { Notice } from "./Notice.js";
import { StartAudio } from "./StartAudio.js";

export interface CallNoticesProps {
  /** Milliseconds since the epoch; null while connected. */
  reconnectingSince: number | null;
  self: TilePerson;
  others: readonly TilePerson[];
  quality: Quality | null;
  reasons: readonly QualityReason[];
  soundBlocked: boolean;
  onStartSound: () => void;
  onStopSharing: () => void;
}

/** What somebody in the call should know now, most important first, two at most. */
export function CallNotices(props: CallNoticesProps) {
  const { reconnectingSince, self, others, quality, reasons } = props;
  const strings = useStrings();
  const lines = [];
  if (reconnectingSince !== null) lines.push(<Reconnecting key="own" since={reconnectingSince} />);
  if (props.soundBlocked) lines.push(<StartAudio key="sound" onStart={props.onStartSound} />);
  if (reconnectingSince === null) {
    for (const person of others) {
      if (person.link !== "reconnecting") continue;
      lines.push(
        <Notice key={person.userId} look="warning" icon={<WifiOff size={18} aria-hidden />}>
          {strings.peerReconnecting(person.name)}
        </Notice>,
      );
    }
    const poor = quality === "poor" || quality === "lost";
    // Every call begins with little bandwidth: what is still good needs no words.
    if (reasons.includes("bandwidth_limited") && (poor || quality === "fair")) {
      lines.push(
        <Notice key="slow" look="warning" icon={<ArrowUpFromLine size={18} aria-hidden />}>
          {strings.slowUpload}
        </Notice>,
      );
    } else if (poor) {
      lines.push(
        <Notice key="poor" look="warning" icon={<SignalLow size={18} aria-hidden />}>
          {strings.poorNetwork}
        </Notice>,
      );
    }
  }
  if (self.media.screen) {
    lines.push(
      <Notice
        key="share"
        icon={<ScreenShare size={18} aria-hidden />}
        action={
          <Button look="danger" onClick={props.onStopSharing}>
            {strings.stopSharing}
          </Button>
        }
      >
        {strings.youAreSharing}
      </Notice>,
    );
  }
  return lines.slice(0, 2);
}

function Reconnecting({ since }: { since: number }) {
  const strings = useStrings();
  const locale = useLocale();
  const now = useNow();
  return (
    <Notice look="warning" icon={<span className="call-spinner" aria-hidden="true" />}>
      {strings.reconnectingFor(spokenDuration(now - since, locale))}
    </Notice>
  );
}
