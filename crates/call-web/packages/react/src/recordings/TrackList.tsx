import type { RecordingFile } from "call-client";
import { ChevronDown, Download, Play } from "lucide-react";
import { useState } from "react";
import { clockDuration } from "../format/duration.js";
import { byteSize } from "../format/text.js";
import { Avatar } from "../parts/Avatar.js";
import { IconButton } from "../parts/IconButton.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import { RecordingPlayer } from "./RecordingPlayer.js";
import { soundOf, tracksByPerson } from "./state.js";
import type { OpenFile } from "./useSignedSource.js";

export interface TrackListProps {
  files: readonly RecordingFile[];
  nameOf: (userId: string) => string;
  opener: (file: RecordingFile) => OpenFile;
  onDownload: (file: RecordingFile) => void;
}

/** What each person sent, to be played and kept one by one. */
export function TrackList({ files, nameOf, opener, onDownload }: TrackListProps) {
  const [open, setOpen] = useState<string | null>(null);
  return (
    <ul className="call-tracks" data-testid="tracks">
      {tracksByPerson(files).map(({ userId, tracks }) => (
        <li key={userId} className="call-track-person">
          <Avatar userId={userId} name={nameOf(userId)} size={32} />
          <div className="call-track-lines">
            <span className="call-track-name">{nameOf(userId)}</span>
            {tracks.map((file) => (
              <Track
                key={file.id}
                file={file}
                files={files}
                who={nameOf(userId)}
                playing={open === file.id}
                onPlay={() => setOpen(open === file.id ? null : file.id)}
                opener={opener}
                onDownload={onDownload}
              />
            ))}
          </div>
        </li>
      ))}
    </ul>
  );
}

interface TrackProps extends Pick<TrackListProps, "files" | "opener" | "onDownload"> {
  file: RecordingFile;
  who: string;
  playing: boolean;
  onPlay: () => void;
}

function Track({ file, files, who, playing, onPlay, opener, onDownload }: TrackProps) {
  const { recordings: words } = useStrings();
  const locale = useLocale();
  const what = file.source === null ? words.kinds.track : words.sources[file.source];
  const name = `${what}, ${who}`;
  const facts = [
    file.durationMs === null ? null : clockDuration(file.durationMs, locale),
    byteSize(file.bytes, locale),
    // What begins with the recording needs no word about it.
    file.offsetMs < 1000 ? null : words.from(clockDuration(file.offsetMs, locale)),
  ].filter((fact) => fact !== null);
  const sound = soundOf(file, files);
  return (
    <div className="call-track" data-testid={`track-${file.id}`} data-source={file.source}>
      <div className="call-track-line">
        <span className="call-track-text">
          <span>{what}</span>
          <span className="call-track-facts">{facts.join(" · ")}</span>
        </span>
        <IconButton
          label={playing ? words.closeFile(name) : words.playFile(name)}
          icon={playing ? <ChevronDown size={18} aria-hidden /> : <Play size={18} aria-hidden />}
          tip="none"
          onClick={onPlay}
        />
        <IconButton
          label={words.downloadFile(name)}
          icon={<Download size={18} aria-hidden />}
          tip="none"
          onClick={() => onDownload(file)}
        />
      </div>
      {playing && (
        <RecordingPlayer
          file={file}
          name={name}
          open={opener(file)}
          sound={sound && { file: sound, open: opener(sound) }}
          autoPlay
        />
      )}
    </div>
  );
}
