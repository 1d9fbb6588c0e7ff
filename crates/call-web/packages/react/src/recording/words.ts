import type { Strings } from "../strings/strings.js";
import type { CurrentRecording } from "./controls.js";

/** "Ada records this call". */
export function recorderWords({ by }: CurrentRecording, { recording }: Strings): string {
  if (by === null) return recording.byPolicy;
  return by.isLocal ? recording.byYou : recording.by(by.name);
}
