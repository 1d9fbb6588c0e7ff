import type { Call, DeviceLists } from "call-client";
import { useCallback, useEffect, useMemo } from "react";
import { useCallContext } from "../connected/context.js";
import type { DeviceChoices, DeviceKind, DeviceOption } from "../devices.js";
import { useMaybeStore, useStore } from "./useStore.js";

function options(list: DeviceLists["microphones"]): readonly DeviceOption[] {
  return list.map((device) => ({ deviceId: device.id, label: device.label }));
}

/** Device lists and a selection, in the shape that the menus take. */
export function deviceChoices(
  lists: DeviceLists,
  selected: { microphone: string | null; camera: string | null },
): DeviceChoices {
  return {
    microphone: { options: options(lists.microphones), selected: selected.microphone },
    camera: { options: options(lists.cameras), selected: selected.camera },
    speaker: {
      options: lists.canChooseSpeaker ? options(lists.speakers) : [],
      selected: lists.speakerId,
    },
  };
}

/** The devices of this computer, and a way to choose those of a call. */
export function useDevices(call: Call | null): {
  devices: DeviceChoices;
  choose: (kind: DeviceKind, deviceId: string | null) => void;
} {
  const { devices: list } = useCallContext();
  const lists = useStore(list.state);
  const self = useMaybeStore(call?.state ?? null)?.self;
  const microphone = self?.microphoneId ?? null;
  const camera = self?.cameraId ?? null;
  const captured = self?.localStream != null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: names are known once something is captured
  useEffect(() => {
    list.refresh().catch(() => undefined);
  }, [list, captured]);
  const devices = useMemo(
    () => deviceChoices(lists, { microphone, camera }),
    [lists, microphone, camera],
  );
  const choose = useCallback(
    (kind: DeviceKind, deviceId: string | null) => {
      void chooseDevice(call, list.setSpeaker.bind(list), kind, deviceId);
    },
    [call, list],
  );
  return { devices, choose };
}

async function chooseDevice(
  call: Call | null,
  setSpeaker: (deviceId: string | null) => Promise<void>,
  kind: DeviceKind,
  deviceId: string | null,
): Promise<void> {
  try {
    if (kind === "speaker") await setSpeaker(deviceId);
    else if (call !== null && deviceId !== null) {
      if (kind === "microphone") await call.switchMicrophone(deviceId);
      else await call.switchCamera(deviceId);
    }
  } catch {
    // A device that cannot be captured is shown by the call's `self.errors`.
  }
}
