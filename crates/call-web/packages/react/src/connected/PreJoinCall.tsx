import { type CallType, type MediaChoice, type MediaError, PreCallTest } from "call-client";
import { useCallback, useEffect, useMemo, useState } from "react";
import type { DeviceKind } from "../devices.js";
import { useCallClient, useClientState } from "../hooks/useCallClient.js";
import { deviceChoices } from "../hooks/useDevices.js";
import { useNetworkTest } from "../hooks/useNetworkTest.js";
import { useMaybeStore, useStore } from "../hooks/useStore.js";
import type { Person, TilePerson } from "../model.js";
import { CallCanvas } from "../parts/CallCanvas.js";
import { PermissionHelp } from "../parts/PermissionHelp.js";
import { PreJoin } from "../parts/PreJoin.js";
import { useStrings } from "../strings/StringsContext.js";
import { useCallContext } from "./context.js";
import { shownProblem } from "./problems.js";

export interface PreJoinCallProps {
  type: CallType;
  people: readonly Person[];
  starting: boolean;
  pending: boolean;
  /** The call is being recorded. */
  recorded?: boolean;
  onJoin: (media: MediaChoice) => void;
  onCancel?: (() => void) | undefined;
}

/** The look in the mirror, with real devices. */
export function PreJoinCall(props: PreJoinCallProps) {
  const { type, people, starting, pending, onJoin, onCancel } = props;
  const strings = useStrings();
  const client = useCallClient();
  const { devices: list } = useCallContext();
  const lists = useStore(list.state);
  const me = useClientState().userId ?? "";
  const [choice, setChoice] = useState<MediaChoice>({ audio: true, video: type === "video" });
  const [test, setTest] = useState<PreCallTest | null>(null);
  const [accepted, setAccepted] = useState<readonly (MediaError | null)[]>([]);
  const state = useMaybeStore(test?.state ?? null);
  const { state: network } = useNetworkTest();

  useEffect(() => {
    const made = new PreCallTest(client);
    setTest(made);
    return () => made.stop();
  }, [client]);
  const start = useCallback(() => {
    // What fails is in the test's state.
    test
      ?.start(choice)
      .then(() => list.refresh())
      .catch(() => undefined);
  }, [test, choice, list]);
  useEffect(start, [start]);

  const stream = state?.stream ?? null;
  const self = useMemo<TilePerson>(
    () => ({
      userId: me,
      name: me,
      isLocal: true,
      stream,
      media: {
        audio: choice.audio ?? true,
        video: (choice.video ?? true) && (stream?.getVideoTracks().length ?? 0) > 0,
        screen: false,
      },
      quality: null,
      link: "connected",
    }),
    [me, stream, choice],
  );
  const devices = deviceChoices(lists, {
    microphone: choice.microphoneId ?? null,
    camera: choice.cameraId ?? null,
  });
  const choose = (kind: DeviceKind, deviceId: string | null) => {
    if (kind === "speaker") void list.setSpeaker(deviceId).catch(() => undefined);
    else if (deviceId !== null) {
      setChoice((old) =>
        kind === "microphone" ? { ...old, microphoneId: deviceId } : { ...old, cameraId: deviceId },
      );
    }
  };
  const errors = state?.errors ?? { microphone: null, camera: null };
  const open = {
    microphone: accepted.includes(errors.microphone) ? null : errors.microphone,
    camera: accepted.includes(errors.camera) ? null : errors.camera,
  };
  const problem = shownProblem(open);
  return (
    <CallCanvas label={strings.preJoinTitle} phase="prejoin" className="call-plain">
      <PreJoin
        self={self}
        type={type}
        people={people}
        starting={starting}
        devices={devices}
        onChooseDevice={choose}
        onMedia={(media) =>
          setChoice((old) => ({
            ...old,
            ...(media.audio === undefined ? {} : { audio: media.audio }),
            ...(media.video === undefined ? {} : { video: media.video }),
          }))
        }
        onJoin={() => {
          // The call captures anew: two captures of one camera would fight on some systems.
          test?.stop();
          onJoin(choice);
        }}
        onCancel={onCancel}
        network={network}
        pending={pending}
        recorded={props.recorded}
      />
      {problem?.serious === true && (
        <PermissionHelp
          problem={problem.problem}
          blocked={problem.blocked}
          onRetry={problem.problem === "insecure_page" ? undefined : start}
          onContinue={() => setAccepted([errors.microphone, errors.camera])}
          onClose={onCancel}
        />
      )}
    </CallCanvas>
  );
}
