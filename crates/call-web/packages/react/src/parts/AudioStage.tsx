import { MicOff } from "lucide-react";
import { useRef } from "react";
import { useLevelVariable } from "../hooks/useMediaLevel.js";
import type { TilePerson } from "../model.js";
import { useStrings } from "../strings/StringsContext.js";
import { Avatar } from "./Avatar.js";

/** The far end of a call without pictures: an avatar with a ring that follows the voice. */
export function AudioStage({ person }: { person: TilePerson }) {
  const strings = useStrings();
  const ring = useRef<HTMLDivElement>(null);
  useLevelVariable(ring, person.media.audio ? person.stream : null);
  return (
    <div
      className="call-audio"
      data-testid={`tile-${person.userId}`}
      data-muted={!person.media.audio}
      data-camera={person.media.video ? "on" : "off"}
      data-sharing={false}
      data-quality={person.quality ?? "unknown"}
      data-link={person.link}
      data-local={person.isLocal}
    >
      <div className="call-voice" ref={ring}>
        <Avatar userId={person.userId} name={person.name} />
      </div>
      <p className="call-audio-name">{person.name}</p>
      <p className="call-audio-note">
        {!person.media.audio && person.link === "connected" && (
          <>
            <MicOff size={16} aria-hidden="true" /> {strings.microphoneMuted}
          </>
        )}
      </p>
    </div>
  );
}
