import type { NetworkTestState } from "call-client";
import { Mic, MicOff, Video, VideoOff, Volume2 } from "lucide-react";
import { useEffect, useState } from "react";
import type { DeviceChoices, DeviceKind } from "../devices.js";
import { titleOf } from "../format/text.js";
import type { CallType, MediaState, Person, TilePerson } from "../model.js";
import { playTone } from "../sound/tones.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import { Button } from "./Button.js";
import { IconButton } from "./IconButton.js";
import { LevelMeter } from "./LevelMeter.js";
import { networkWords } from "./NetworkReport.js";
import { VideoTile } from "./VideoTile.js";

export interface PreJoinProps {
  self: TilePerson;
  type: CallType;
  /** Who else is, or will be, in the call. */
  people: readonly Person[];
  /** Starts the call rather than joining it. */
  starting?: boolean;
  devices: DeviceChoices;
  onChooseDevice: (kind: DeviceKind, deviceId: string | null) => void;
  onMedia: (media: Partial<MediaState>) => void;
  onJoin: () => void;
  onCancel?: (() => void) | undefined;
  /** How far a test of the network is; left out: there is none. */
  network?: NetworkTestState | null | undefined;
  pending?: boolean;
  /** The call is being recorded: whoever joins it has to know before. */
  recorded?: boolean | undefined;
}

const kinds: readonly DeviceKind[] = ["microphone", "camera", "speaker"];

/** A look in the mirror before joining: picture, level, devices, speaker and network. */
export function PreJoin(props: PreJoinProps) {
  const { self, type, people, devices, network, pending = false } = props;
  const strings = useStrings();
  const locale = useLocale();
  const { media } = self;
  const names = people.map((person) => person.name);
  return (
    <section className="call-prejoin" aria-label={strings.preJoinTitle} data-testid="pre-join">
      <div className="call-prejoin-mirror">
        <VideoTile person={self} look="canvas" />
        <div className="call-prejoin-buttons">
          <IconButton
            label={media.audio ? strings.muteMicrophone : strings.unmuteMicrophone}
            icon={media.audio ? <Mic size={22} aria-hidden /> : <MicOff size={22} aria-hidden />}
            look={media.audio ? "round" : "off"}
            onClick={() => props.onMedia({ audio: !media.audio })}
          />
          {type === "video" && (
            <IconButton
              label={media.video ? strings.turnCameraOff : strings.turnCameraOn}
              icon={
                media.video ? <Video size={22} aria-hidden /> : <VideoOff size={22} aria-hidden />
              }
              look={media.video ? "round" : "off"}
              onClick={() => props.onMedia({ video: !media.video })}
            />
          )}
        </div>
      </div>
      <div className="call-prejoin-side">
        <h2 className="call-sheet-title">{strings.preJoinTitle}</h2>
        {names.length > 0 && <p className="call-sheet-words">{titleOf(names, strings, locale)}</p>}
        {props.recorded === true && (
          <p className="call-recorded-line" role="status" data-testid="recorded">
            <span className="call-recording-dot" aria-hidden="true" />
            {strings.recording.joining}
          </p>
        )}
        <LevelMeter stream={media.audio ? self.stream : null} />
        {kinds
          .filter((kind) => kind !== "camera" || type === "video")
          .map((kind) => (
            <DeviceField key={kind} kind={kind} devices={devices} onChoose={props.onChooseDevice} />
          ))}
        <div className="call-prejoin-tests">
          <SpeakerTest />
          {network !== undefined && (
            <p className="call-network" data-path={network?.path ?? "running"} role="status">
              <span className="call-network-dot" aria-hidden="true" />
              {strings.networkTest}: {networkWords(network, strings, locale)}
            </p>
          )}
        </div>
        <div className="call-prejoin-actions">
          {props.onCancel !== undefined && (
            <Button size="large" onClick={props.onCancel}>
              {strings.cancel}
            </Button>
          )}
          <Button look="primary" size="large" disabled={pending} onClick={props.onJoin}>
            {props.starting === true ? strings.startCall : strings.joinCall}
          </Button>
        </div>
      </div>
    </section>
  );
}

function DeviceField(props: {
  kind: DeviceKind;
  devices: DeviceChoices;
  onChoose: PreJoinProps["onChooseDevice"];
}) {
  const { kind, devices, onChoose } = props;
  const strings = useStrings();
  const { options, selected } = devices[kind];
  if (kind === "speaker" && options.length === 0) return null;
  return (
    <label className="call-label">
      <span>{strings[kind]}</span>
      <select
        className="call-select"
        value={selected ?? options[0]?.deviceId ?? ""}
        disabled={options.length === 0}
        onChange={(event) => onChoose(kind, event.target.value || null)}
      >
        {options.length === 0 && <option value="">{strings.noDevices}</option>}
        {options.map((option, index) => (
          <option key={option.deviceId} value={option.deviceId}>
            {option.label || `${strings[kind]} ${index + 1}`}
          </option>
        ))}
      </select>
    </label>
  );
}

function SpeakerTest() {
  const strings = useStrings();
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    if (!playing) return;
    const stop = playTone("test");
    const timer = setTimeout(() => setPlaying(false), 1300);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [playing]);
  return (
    <Button onClick={() => setPlaying(true)} disabled={playing}>
      <Volume2 size={18} aria-hidden /> {playing ? strings.testingSpeaker : strings.testSpeaker}
    </Button>
  );
}
