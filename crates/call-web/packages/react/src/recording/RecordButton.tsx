import { CircleDot, CircleStop } from "lucide-react";
import { classes } from "../parts/classes.js";
import { IconButton } from "../parts/IconButton.js";
import { useStrings } from "../strings/StringsContext.js";

export interface RecordButtonProps {
  /** The call is recorded. */
  on: boolean;
  /** It has been asked for, and has not begun. */
  starting: boolean;
  onPress: () => void;
}

/** In the control bar of whoever may record: begins a recording and stops it. */
export function RecordButton({ on, starting, onPress }: RecordButtonProps) {
  const { recording } = useStrings();
  return (
    <IconButton
      label={on ? recording.stop : starting ? recording.starting : recording.record}
      icon={on ? <CircleStop size={22} aria-hidden /> : <CircleDot size={22} aria-hidden />}
      look={on ? "off" : "round"}
      className={classes("call-record-button call-only-wide", on && "call-record-on")}
      aria-disabled={starting}
      data-testid="record-button"
      onClick={() => {
        if (!starting) onPress();
      }}
    />
  );
}
