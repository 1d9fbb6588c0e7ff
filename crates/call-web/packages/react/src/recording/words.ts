import { listOf } from "../format/text.js";
import type { Strings } from "../strings/strings.js";
import type { CurrentRecording, EndedRecording, RecordingAnswer } from "./controls.js";

/** "Ada is recording this call". */
export function recorderWords({ by }: CurrentRecording, { recording }: Strings): string {
  if (by === null) return recording.byPolicy;
  return by.isLocal ? recording.byYou : recording.by(by.name);
}

/** The same for the heading of a menu: with my own answer, and how many agreed. */
export function standingWords(
  current: CurrentRecording,
  strings: Strings,
  locale?: string,
): string {
  const { recording: words } = strings;
  const { mine, answers = [] } = current;
  const figure = new Intl.NumberFormat(locale);
  const agreed = answers.filter(({ said }) => said === "given").length;
  return [
    recorderWords(current, strings),
    ...(mine === "given" || mine === "refused" ? [words.answers[mine]] : []),
    ...(answers.length > 0
      ? [words.agreedOf(figure.format(agreed), figure.format(answers.length))]
      : []),
  ].join(" · ");
}

/** Who of the others refused. */
export function refusers({ answers = [] }: CurrentRecording): readonly RecordingAnswer[] {
  return answers.filter(({ said, isLocal }) => said === "refused" && !isLocal);
}

/** "Ben and Cleo are not recorded". */
export function refusedInWords(
  people: readonly RecordingAnswer[],
  { recording }: Strings,
  locale?: string,
): string {
  const names = people.map(({ name }) => name);
  return recording.notRecorded(listOf(names, locale), names.length);
}

/** "Ada has stopped the recording", or what went wrong with it. */
export function stoppedWords({ by, cause }: EndedRecording, { recording }: Strings): string {
  if (cause !== null) return recording.stoppedBecause(recording.faults[cause]);
  if (by === null) return recording.stopped;
  return by.isLocal ? recording.stoppedByYou : recording.stoppedBy(by.name);
}
