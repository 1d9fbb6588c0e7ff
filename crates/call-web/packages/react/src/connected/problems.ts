import type { MediaError, SelfSnapshot } from "call-client";
import type { MediaProblem } from "../model.js";

/** A problem with a device, ready to be shown. */
export interface ShownProblem {
  problem: MediaProblem;
  blocked: "microphone" | "camera" | "both" | undefined;
  /** A whole sheet is due; else a line is enough. */
  serious: boolean;
}

/** What kind of problem an error of the client is. */
export function problemOf(error: MediaError): MediaProblem {
  switch (error.code) {
    case "permission_denied":
      return "permission_denied";
    case "device_not_found":
      return error.source === "camera" ? "no_camera" : "no_microphone";
    case "device_in_use":
      return "device_busy";
    case "insecure_context":
      return "insecure_page";
    default:
      return "unknown";
  }
}

/** The most important of the errors about microphone and camera. */
export function shownProblem(
  errors: Pick<SelfSnapshot["errors"], "microphone" | "camera">,
): ShownProblem | null {
  const { microphone, camera } = errors;
  const first = microphone ?? camera;
  if (first === null) return null;
  const problem = problemOf(first);
  const both = microphone !== null && camera !== null && problemOf(camera) === problem;
  const source = first.source === "camera" ? "camera" : "microphone";
  return {
    problem,
    blocked: problem === "permission_denied" ? (both ? "both" : source) : undefined,
    serious: problem !== "no_camera",
  };
}
