import { CameraOff, Lock, MicOff, ShieldAlert, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { type BrowserFamily, browserFamily } from "../browser.js";
import type { MediaProblem } from "../model.js";
import { useStrings } from "../strings/StringsContext.js";
import { Button } from "./Button.js";
import { CallSheet } from "./CallSheet.js";

export interface PermissionHelpProps {
  problem: MediaProblem;
  /** What is blocked, for `permission_denied`. */
  blocked?: "microphone" | "camera" | "both" | undefined;
  onRetry?: (() => void) | undefined;
  /** Go on without the device. */
  onContinue?: (() => void) | undefined;
  onClose?: (() => void) | undefined;
  /** Found out when left out. */
  browser?: BrowserFamily;
}

const signs: Record<MediaProblem, ReactNode> = {
  permission_denied: <ShieldAlert size={28} aria-hidden />,
  no_camera: <CameraOff size={28} aria-hidden />,
  no_microphone: <MicOff size={28} aria-hidden />,
  device_busy: <CameraOff size={28} aria-hidden />,
  insecure_page: <Lock size={28} aria-hidden />,
  unknown: <TriangleAlert size={28} aria-hidden />,
};

/** Why there is no microphone or camera, and what to do about it in this browser. */
export function PermissionHelp(props: PermissionHelpProps) {
  const { problem, onRetry, onContinue, onClose } = props;
  const strings = useStrings();
  const browser = props.browser ?? browserFamily(navigator.userAgent);
  const words = strings.problems[problem];
  return (
    <CallSheet
      title={
        problem === "permission_denied" && props.blocked !== undefined
          ? strings.blocked[props.blocked]
          : words.title
      }
      testId="permission-help"
      picture={<span className="call-sign">{signs[problem]}</span>}
      actions={
        <>
          {onRetry !== undefined && (
            <Button look="primary" size="large" onClick={onRetry}>
              {strings.retry}
            </Button>
          )}
          {onContinue !== undefined && (
            <Button size="large" onClick={onContinue}>
              {strings.continueWithout}
            </Button>
          )}
          {onClose !== undefined && (
            <Button look="quiet" size="large" onClick={onClose}>
              {strings.close}
            </Button>
          )}
        </>
      }
    >
      <p className="call-sheet-words">{words.detail}</p>
      {problem === "permission_denied" && (
        <ol className="call-steps">
          {strings.permissionSteps[browser].map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ol>
      )}
    </CallSheet>
  );
}
