import { useEffect, useState } from "react";

function trackList(stream: MediaStream | null): string {
  if (stream === null) return "";
  return stream
    .getTracks()
    .map((track) => track.id)
    .join(" ");
}

/** The ids of a stream's tracks as one string: changes when a track is added or removed. */
export function useTracks(stream: MediaStream | null): string {
  const [, setTracks] = useState("");
  useEffect(() => {
    const update = () => setTracks(trackList(stream));
    update();
    stream?.addEventListener("addtrack", update);
    stream?.addEventListener("removetrack", update);
    return () => {
      stream?.removeEventListener("addtrack", update);
      stream?.removeEventListener("removetrack", update);
    };
  }, [stream]);
  // Read anew at each rendering: a track that a script adds or removes is no event.
  return trackList(stream);
}
