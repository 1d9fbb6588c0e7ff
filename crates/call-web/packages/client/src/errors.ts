import type { RecordingFault } from "./wire/types.js";

/** What all errors of this package are; branch on the class or on `code`. */
export class CallClientError extends Error {
  /** Stable, snake_case. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A device or screen that could not be captured. */
export type CaptureSource = "microphone" | "camera" | "screen";

/** Capturing failed. The base of the errors about devices. */
export class MediaError extends CallClientError {
  /** What was asked for. */
  readonly source: CaptureSource;

  constructor(code: string, source: CaptureSource, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.source = source;
  }
}

/** The person, the browser or the system refuses the device. */
export class PermissionDeniedError extends MediaError {
  constructor(source: CaptureSource, options?: ErrorOptions) {
    super("permission_denied", source, `The ${source} is not allowed for this page.`, options);
  }
}

/** There is no such device, or it was unplugged. */
export class DeviceNotFoundError extends MediaError {
  constructor(source: CaptureSource, options?: ErrorOptions) {
    super("device_not_found", source, `No ${source} was found.`, options);
  }
}

/** Another program holds the device, or it does not start. */
export class DeviceInUseError extends MediaError {
  constructor(source: CaptureSource, options?: ErrorOptions) {
    super("device_in_use", source, `The ${source} is in use by another program.`, options);
  }
}

/** The device cannot do what was asked of it. */
export class OverconstrainedDeviceError extends MediaError {
  /** The constraint that cannot be met, as the browser names it. */
  readonly constraint: string;

  constructor(source: CaptureSource, constraint: string, options?: ErrorOptions) {
    super("overconstrained", source, `The ${source} cannot meet "${constraint}".`, options);
    this.constraint = constraint;
  }
}

/** The page is not secure (neither HTTPS nor localhost), so the browser offers no devices at all. */
export class InsecureContextError extends MediaError {
  constructor(source: CaptureSource) {
    super(
      "insecure_context",
      source,
      `The ${source} needs a secure page: open it by https:// or on localhost.`,
    );
  }
}

/** This browser cannot do it (screen sharing on a phone, choosing a loudspeaker, ...). */
export class NotSupportedError extends CallClientError {
  constructor(what: string) {
    super("not_supported", `This browser cannot ${what}.`);
  }
}

/** The server could not be reached, or did not answer in time. */
export class ConnectionError extends CallClientError {
  constructor(message = "The server could not be reached.", options?: ErrorOptions) {
    super("connection_failed", message, options);
  }
}

/** The token was refused or could not be got. */
export class AuthenticationError extends CallClientError {
  constructor(message = "The token was refused.", options?: ErrorOptions) {
    super("unauthenticated", message, options);
  }
}

/** A newer page took over the connection of this device (close code 4409). */
export class SessionReplacedError extends CallClientError {
  constructor() {
    super("session_replaced", "This device is connected from another page.");
  }
}

/** The server refused; `code` is the stable code of its problem document or error message. */
export class CallError extends CallClientError {
  /** HTTP status; 0 when the refusal came over the WebSocket. */
  readonly status: number;
  /** The call that stands in the way (`glare`, `already_in_call`). */
  readonly callId: string | null;
  /** When to try again, in seconds (`429`). */
  readonly retryAfter: number | null;
  /** Why the call cannot be recorded now (`recording_unavailable`). */
  readonly fault: RecordingFault | null;

  constructor(
    code: string,
    detail: string,
    about: {
      status?: number;
      callId?: string | null;
      retryAfter?: number | null;
      fault?: RecordingFault | null;
    } = {},
  ) {
    super(code, detail);
    this.status = about.status ?? 0;
    this.callId = about.callId ?? null;
    this.retryAfter = about.retryAfter ?? null;
    this.fault = about.fault ?? null;
  }
}

/** Makes a typed error of what `getUserMedia` or `getDisplayMedia` threw. */
export function toMediaError(thrown: unknown, source: CaptureSource): MediaError {
  if (thrown instanceof MediaError) return thrown;
  const options = { cause: thrown };
  const name = nameOf(thrown);
  switch (name) {
    case "NotAllowedError":
    case "PermissionDeniedError":
    case "SecurityError":
      return new PermissionDeniedError(source, options);
    case "NotFoundError":
    case "DevicesNotFoundError":
      return new DeviceNotFoundError(source, options);
    case "NotReadableError":
    case "TrackStartError":
    case "AbortError":
      return new DeviceInUseError(source, options);
    case "OverconstrainedError":
    case "ConstraintNotSatisfiedError":
      return new OverconstrainedDeviceError(source, constraintOf(thrown), options);
    default:
      return new MediaError(
        "capture_failed",
        source,
        `The ${source} could not be started${name === "" ? "" : ` (${name})`}.`,
        options,
      );
  }
}

/** Any thrown value as an error of this package. */
export function toCallClientError(thrown: unknown): CallClientError {
  if (thrown instanceof CallClientError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CallClientError("unexpected", message, { cause: thrown });
}

function nameOf(thrown: unknown): string {
  return typeof thrown === "object" && thrown !== null && "name" in thrown
    ? String(thrown.name)
    : "";
}

function constraintOf(thrown: unknown): string {
  return typeof thrown === "object" && thrown !== null && "constraint" in thrown
    ? String(thrown.constraint)
    : "";
}
