import { type ComponentPropsWithRef, type ReactNode, useRef, useState } from "react";
import { useVoice } from "../hooks/useVoice.js";
import type { PictureKind, StreamState, TilePerson } from "../model.js";
import { useStrings } from "../strings/StringsContext.js";
import { useView } from "../views/useView.js";
import { Avatar } from "./Avatar.js";
import { classes } from "./classes.js";
import { HandBadge, TileLabel, TileReactions } from "./TileMarks.js";
import { VideoView } from "./VideoView.js";

export interface VideoTileProps extends Omit<ComponentPropsWithRef<"div">, "children" | "ref"> {
  person: TilePerson;
  /** Which of their pictures; default: the camera's. */
  source?: PictureKind;
  /** `tile`: rounded, with a name. `canvas`: fills its place, no label. `self`: the small one. */
  look?: "tile" | "canvas" | "self";
  /** Kept large by the person who watches. */
  pinned?: boolean;
  /** Comes first where not every picture fits through the network. */
  important?: boolean;
  /** Over the picture: a menu, or the like. */
  children?: ReactNode;
}

/** One person: their picture or avatar, name, microphone, hand, quality, and why a picture is missing. */
export function VideoTile(props: VideoTileProps) {
  const {
    person,
    source = "video",
    look = "tile",
    pinned = false,
    important = pinned,
    className,
    children,
    ...rest
  } = props;
  const strings = useStrings();
  const frame = useRef<HTMLDivElement>(null);
  /** The first frame is there. Until then the avatar is seen through the empty picture. */
  const [shown, setShown] = useState(false);
  const { media, link, isLocal, speaking } = person;
  const picture = pictureOf(person, source);
  useView(frame, person.userId, picture.kind, picture.on && !isLocal, important);
  useVoice(frame, {
    userId: person.userId,
    stream: person.stream,
    // The own voice rings the microphone button instead.
    on: media.audio && !isLocal && source === "video" && speaking !== false,
    marks: speaking === undefined,
  });
  const name = isLocal ? strings.you : person.name;
  const own = source === "screen";
  const waits = isLocal || link === "connected" ? null : strings[link];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms; this groups a picture and its label
    <div
      {...rest}
      ref={frame}
      role="group"
      aria-label={own ? strings.screenOf(name) : name}
      className={classes("call-tile", `call-tile-${look}`, className)}
      data-testid={own ? `screen-${person.userId}` : `tile-${person.userId}`}
      data-muted={!media.audio}
      data-camera={media.video ? "on" : "off"}
      data-sharing={media.screen}
      data-quality={person.quality ?? "unknown"}
      data-link={link}
      data-local={isLocal}
      data-pinned={pinned}
      data-speaking={!own && (speaking ?? false)}
      data-hand={person.hand ?? undefined}
      data-stream-state={picture.state}
      data-stream-reason={picture.reason ?? undefined}
      data-stream-layer={picture.layer ?? undefined}
    >
      {!(picture.shows && shown) && (
        <NoPicture
          person={person}
          on={picture.on}
          reason={picture.reason}
          look={look}
          waits={picture.shows ? null : waits}
        />
      )}
      {picture.shows && (
        <VideoView
          stream={picture.stream}
          label={picture.kind === "screen" ? strings.screenOf(name) : strings.videoOf(name)}
          mirrored={isLocal}
          fit={picture.kind === "screen" ? "contain" : "cover"}
          frozen={link === "reconnecting"}
          onShown={setShown}
        />
      )}
      {picture.shows && waits !== null && (
        <div className="call-tile-veil">
          <span className="call-spinner" aria-hidden="true" />
          {look === "tile" && <span>{waits}</span>}
        </div>
      )}
      {look === "tile" && !own && <HandBadge hand={person.hand ?? null} />}
      {look !== "canvas" && (
        <TileLabel
          person={person}
          name={own ? strings.screenOf(name) : name}
          look={look}
          source={source}
          pinned={pinned}
        />
      )}
      {!own && <TileReactions reactions={person.reactions} />}
      {children}
    </div>
  );
}

interface Picture {
  kind: PictureKind;
  /** It is sent, whether or not it comes through. */
  on: boolean;
  stream: MediaStream | null;
  shows: boolean;
  state: "active" | "paused" | "off" | "none";
  reason: StreamState["reason"];
  layer: StreamState["layer"];
}

function pictureOf(person: TilePerson, source: PictureKind): Picture {
  const { media, isLocal } = person;
  const inPlace = media.screen && !isLocal && person.screenStream === undefined;
  const kind = source === "screen" || inPlace ? "screen" : "video";
  const apart = source === "screen";
  const on = kind === "screen" ? media.screen : media.video;
  const stream = (apart ? person.screenStream : person.stream) ?? null;
  const told = (kind === "screen" ? person.screenPicture : person.picture) ?? null;
  const paused = on && told?.state === "paused";
  // The server says of every picture that was asked for how it comes; a device just sends.
  const untold = person.screenStream === undefined && stream !== null ? "active" : "none";
  return {
    kind,
    on,
    stream,
    shows: on && stream !== null && !paused,
    state: !on ? "off" : (told?.state ?? untold),
    reason: paused ? told.reason : null,
    layer: on && !paused ? (told?.layer ?? null) : null,
  };
}

/** In place of a picture: the avatar, and in words why, where it is not simply off. */
function NoPicture(props: {
  person: TilePerson;
  on: boolean;
  reason: StreamState["reason"];
  look: "tile" | "canvas" | "self";
  /** The connection to them is not there, in words. */
  waits: string | null;
}) {
  const strings = useStrings();
  const { person, on, reason, look, waits } = props;
  // What this device did not ask for is on its way as soon as it is seen.
  const missing = reason === null || reason === "hidden" || reason === "muted" ? null : reason;
  const why = waits ?? (missing === null ? null : strings.pauses[missing]);
  return (
    <div className="call-tile-avatar">
      <Avatar userId={person.userId} name={person.name} />
      {why !== null && look !== "self" ? (
        <span className="call-tile-why" data-testid="tile-why">
          {waits !== null && <span className="call-spinner" aria-hidden="true" />}
          {why}
        </span>
      ) : (
        (!on || reason === "muted") && <span className="call-hidden">{strings.cameraOff}</span>
      )}
    </div>
  );
}
