import { MicOff } from "lucide-react";
import { useRef } from "react";
import { useVoice } from "../hooks/useVoice.js";
import type { TilePerson } from "../model.js";
import { useStrings } from "../strings/StringsContext.js";
import { Avatar } from "./Avatar.js";
import { TileReactions } from "./TileMarks.js";

/** The far end of a call without pictures: an avatar with a ring that follows the voice. */
export function AudioStage({ person }: { person: TilePerson }) {
  const strings = useStrings();
  const ring = useRef<HTMLDivElement>(null);
  const { userId, stream, media } = person;
  useVoice(ring, { userId, stream, on: media.audio });
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
      data-stream-state="off"
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
      <TileReactions reactions={person.reactions} />
    </div>
  );
}
