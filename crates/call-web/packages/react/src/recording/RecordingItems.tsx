import { CircleStop, UserRoundCheck } from "lucide-react";
import { MenuGroup, MenuItem } from "../parts/Menu.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import type { CurrentRecording } from "./controls.js";
import { standingWords } from "./words.js";

/** What the menus offer while a call is recorded; left out is what may not be done. */
export interface RecordingActions {
  onStop?: (() => void) | undefined;
  /** Opens the question whether I may be recorded. */
  onAnswer?: (() => void) | undefined;
}

export interface RecordingItemsProps {
  recording: CurrentRecording;
  actions: RecordingActions;
}

/** Whether there is anything to be done about a recording. */
export function hasRecordingItems(recording: CurrentRecording, actions: RecordingActions): boolean {
  return actions.onStop !== undefined || mayAnswer(recording, actions);
}

function mayAnswer({ mine }: CurrentRecording, { onAnswer }: RecordingActions): boolean {
  return mine !== "none" && onAnswer !== undefined;
}

/** Items of a menu: to stop the recording, to answer and to change the answer. */
export function RecordingItems({ recording, actions }: RecordingItemsProps) {
  const strings = useStrings();
  const locale = useLocale();
  const { recording: words } = strings;
  const { mine } = recording;
  const { onStop, onAnswer } = actions;
  if (!hasRecordingItems(recording, actions)) return null;
  return (
    <MenuGroup label={standingWords(recording, strings, locale)}>
      {onAnswer !== undefined && mine !== "none" && (
        <MenuItem icon={<UserRoundCheck size={18} />} onSelect={onAnswer}>
          {mine === "asked" ? words.answer : words.changeAnswer}
        </MenuItem>
      )}
      {onStop !== undefined && (
        <MenuItem icon={<CircleStop size={18} />} onSelect={onStop}>
          {words.stop}
        </MenuItem>
      )}
    </MenuGroup>
  );
}
