import { useEffect, useRef } from "react";
import { useTracks } from "../hooks/useTracks.js";
import { classes } from "./classes.js";

export interface VideoViewProps {
  stream: MediaStream | null;
  label: string;
  mirrored?: boolean;
  /** `cover` fills and crops, `contain` shows everything. */
  fit?: "cover" | "contain";
  /** Holds the last picture. */
  frozen?: boolean;
  className?: string;
  /** Told whether there is a picture to see: from its first frame on, until the stream is another. */
  onShown?: (shown: boolean) => void;
  /** Called with the picture's size whenever it changes. */
  onResolution?: (width: number, height: number) => void;
}

/** A stream's picture. Always silent: sound is played by `<RemoteAudio>`. */
export function VideoView(props: VideoViewProps) {
  const { stream, label, mirrored, fit = "cover", frozen = false, className, onResolution } = props;
  const onShown = useRef(props.onShown);
  onShown.current = props.onShown;
  const video = useRef<HTMLVideoElement>(null);
  const tracks = useTracks(stream);
  // biome-ignore lint/correctness/useExhaustiveDependencies: some browsers need a new start after a track is added
  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    if (element.srcObject !== stream) element.srcObject = stream;
    if (stream === null) return;
    if (frozen) element.pause();
    // Rejected when the element is removed meanwhile; muted video needs no gesture.
    else void element.play()?.catch(() => undefined);
  }, [stream, frozen, tracks]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another stream begins without a picture
  useEffect(() => () => onShown.current?.(false), [stream]);
  return (
    <video
      ref={video}
      className={classes("call-video", mirrored === true && "call-video-mirrored", className)}
      data-fit={fit}
      aria-label={label}
      autoPlay
      playsInline
      muted
      disablePictureInPicture={fit === "contain" ? undefined : mirrored}
      onPlaying={() => onShown.current?.(true)}
      onResize={(event) => {
        const { videoWidth, videoHeight } = event.currentTarget;
        if (videoWidth > 0) onResolution?.(videoWidth, videoHeight);
      }}
    />
  );
}
