import { MicOff, ScreenShare } from "lucide-react";
import { type ComponentPropsWithRef, useRef } from "react";
import { useLevelVariable } from "../hooks/useMediaLevel.js";
import type { TilePerson } from "../model.js";
import { useStrings } from "../strings/StringsContext.js";
import { Avatar } from "./Avatar.js";
import { classes } from "./classes.js";
import { QualityIndicator } from "./QualityIndicator.js";
import { VideoView } from "./VideoView.js";

export interface VideoTileProps extends Omit<ComponentPropsWithRef<"div">, "children"> {
  person: TilePerson;
  /** `tile`: rounded, with a name. `canvas`: fills its place, no label. `self`: the small one. */
  look?: "tile" | "canvas" | "self";
}

/** One person: their picture or avatar, name, microphone, quality. */
export function VideoTile({ person, look = "tile", className, ...rest }: VideoTileProps) {
  const strings = useStrings();
  const frame = useRef<HTMLDivElement>(null);
  const { media, link, isLocal } = person;
  // The own voice rings the microphone button instead.
  useLevelVariable(frame, media.audio && !isLocal ? person.stream : null);
  const sharing = media.screen && !isLocal;
  const hasPicture = person.stream !== null && (media.video || sharing);
  const name = isLocal ? strings.you : person.name;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms; this groups a picture and its label
    <div
      {...rest}
      ref={frame}
      role="group"
      aria-label={name}
      className={classes("call-tile", `call-tile-${look}`, className)}
      data-testid={`tile-${person.userId}`}
      data-muted={!media.audio}
      data-camera={media.video ? "on" : "off"}
      data-sharing={media.screen}
      data-quality={person.quality ?? "unknown"}
      data-link={link}
      data-local={isLocal}
    >
      {hasPicture ? (
        <VideoView
          stream={person.stream}
          label={sharing ? strings.screenOf(name) : strings.videoOf(name)}
          mirrored={isLocal}
          fit={sharing ? "contain" : "cover"}
          frozen={link === "reconnecting"}
        />
      ) : (
        <div className="call-tile-avatar">
          <Avatar userId={person.userId} name={person.name} />
        </div>
      )}
      {link === "reconnecting" && !isLocal && (
        <div className="call-tile-veil">
          <span className="call-spinner" aria-hidden="true" />
          {look === "tile" && <span>{strings.reconnecting}</span>}
        </div>
      )}
      {link === "connecting" && !isLocal && look === "tile" && (
        <div className="call-tile-veil">
          <span className="call-spinner" aria-hidden="true" />
          <span>{strings.connecting}</span>
        </div>
      )}
      <TileLabel person={person} name={name} look={look} />
    </div>
  );
}

function TileLabel(props: { person: TilePerson; name: string; look: "tile" | "canvas" | "self" }) {
  const strings = useStrings();
  const { person, name, look } = props;
  if (look === "canvas") return null;
  return (
    <div className="call-tile-label">
      {!person.media.audio && (
        <span className="call-tile-muted">
          <MicOff size={14} aria-hidden="true" />
          <span className="call-hidden">{strings.microphoneMuted}</span>
        </span>
      )}
      {look === "tile" && (
        <>
          {person.media.screen && <ScreenShare size={14} aria-hidden="true" />}
          <span className="call-tile-name">{name}</span>
          {!person.isLocal && <QualityIndicator quality={person.quality} />}
        </>
      )}
    </div>
  );
}
