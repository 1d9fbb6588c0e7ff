import { describe, expect, it } from "vitest";
import {
  CallClientError,
  DeviceInUseError,
  DeviceNotFoundError,
  MediaError,
  OverconstrainedDeviceError,
  PermissionDeniedError,
  toCallClientError,
  toMediaError,
} from "../src/errors.js";

describe("what a browser throws when capturing", () => {
  const cases: [string, new (...args: never[]) => MediaError, string][] = [
    ["NotAllowedError", PermissionDeniedError, "permission_denied"],
    ["SecurityError", PermissionDeniedError, "permission_denied"],
    ["NotFoundError", DeviceNotFoundError, "device_not_found"],
    ["NotReadableError", DeviceInUseError, "device_in_use"],
    ["AbortError", DeviceInUseError, "device_in_use"],
    ["OverconstrainedError", OverconstrainedDeviceError, "overconstrained"],
    ["InvalidStateError", MediaError, "capture_failed"],
  ];
  for (const [name, type, code] of cases) {
    it(`${name} is ${type.name}`, () => {
      const thrown = new DOMException("by the browser", name);
      const error = toMediaError(thrown, "camera");
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({ code, source: "camera", cause: thrown, name: type.name });
      expect(error.message).toContain("camera");
    });
  }

  it("keeps the constraint that could not be met", () => {
    const thrown = Object.assign(new Error("no"), {
      name: "OverconstrainedError",
      constraint: "deviceId",
    });
    expect(toMediaError(thrown, "microphone")).toMatchObject({ constraint: "deviceId" });
  });

  it("may be anything at all", () => {
    for (const thrown of [undefined, null, 7, "text", {}, new TypeError("no")]) {
      expect(toMediaError(thrown, "screen")).toBeInstanceOf(MediaError);
      expect(toCallClientError(thrown)).toBeInstanceOf(CallClientError);
    }
  });

  it("is left as it is when it has its type already", () => {
    const error = new PermissionDeniedError("camera");
    expect(toMediaError(error, "microphone")).toBe(error);
    expect(toCallClientError(error)).toBe(error);
  });
});
