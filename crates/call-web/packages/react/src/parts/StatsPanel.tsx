import type { CandidateType, ConnectionFigures } from "call-client";
import { X } from "lucide-react";
import { bitrate, inMilliseconds, percent } from "../format/text.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import { IconButton } from "./IconButton.js";

/** The connection to one person; without figures until it is measured. */
export interface PeerFigures {
  userId: string;
  name: string;
  figures: ConnectionFigures | null;
}

export interface StatsPanelProps {
  peers: readonly PeerFigures[];
  onClose: () => void;
}

/** Figures for those who want them. */
export function StatsPanel({ peers, onClose }: StatsPanelProps) {
  const { stats, close } = useStrings();
  return (
    <section className="call-stats" aria-label={stats.title} data-testid="stats-panel">
      <div className="call-stats-head">
        <h3>{stats.title}</h3>
        <IconButton label={close} icon={<X size={18} aria-hidden />} tip="none" onClick={onClose} />
      </div>
      {peers.length === 0 && <p className="call-stats-empty">{stats.none}</p>}
      {peers.map((peer) => (
        <PeerTable key={peer.userId} peer={peer} />
      ))}
    </section>
  );
}

function PeerTable({ peer }: { peer: PeerFigures }) {
  const { stats } = useStrings();
  const lines = useLines(peer.figures);
  return (
    <div className="call-stats-peer" data-testid={`stats-${peer.userId}`}>
      <p className="call-stats-name">{peer.name}</p>
      {lines.length === 0 && <p className="call-stats-empty">{stats.none}</p>}
      <dl>
        {lines.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** What is known, in words. */
function useLines(figures: ConnectionFigures | null): readonly [string, string][] {
  const { stats, relayProtocols } = useStrings();
  const locale = useLocale();
  if (figures === null) return [];
  const { relayProtocol, candidateType } = figures;
  const path = (type: CandidateType) => {
    if (type !== "relay") return stats.pathDirect;
    return relayProtocol === null
      ? stats.pathRelay
      : stats.pathRelayBy(relayProtocols[relayProtocol]);
  };
  const lines: [string, string | null][] = [
    [stats.roundTrip, map(figures.roundTripTime, (value) => inMilliseconds(value, locale))],
    [stats.jitter, map(figures.jitter, (value) => inMilliseconds(value, locale))],
    [stats.loss, map(figures.packetLoss, (value) => percent(value, locale))],
    [stats.received, map(figures.bitrateIn, (value) => bitrate(value, locale))],
    [stats.sent, map(figures.bitrateOut, (value) => bitrate(value, locale))],
    [stats.picture, picture(figures)],
    [stats.pictureSent, sentPicture(figures)],
    [stats.path, map(candidateType, path)],
  ];
  return lines.filter((line): line is [string, string] => line[1] !== null);
}

function map<T>(value: T | null, words: (value: T) => string): string | null {
  return value === null ? null : words(value);
}

function picture({ frameWidth, frameHeight, framesPerSecond }: ConnectionFigures): string | null {
  if (frameWidth === null || frameHeight === null) return null;
  return withRate(`${frameWidth} × ${frameHeight}`, framesPerSecond);
}

/** `720p, 30 fps` */
function sentPicture({ frameHeightOut, framesPerSecondOut }: ConnectionFigures): string | null {
  return frameHeightOut === null ? null : withRate(`${frameHeightOut}p`, framesPerSecondOut);
}

function withRate(size: string, framesPerSecond: number | null): string {
  return framesPerSecond === null ? size : `${size}, ${Math.round(framesPerSecond)} fps`;
}
