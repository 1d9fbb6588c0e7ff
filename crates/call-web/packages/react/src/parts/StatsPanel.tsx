import { X } from "lucide-react";
import { bitrate, inMilliseconds, percent } from "../format/text.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import { IconButton } from "./IconButton.js";

/** The figures of one connection. Units as in W3C webrtc-stats: seconds, bits per second, shares. */
export interface PeerFigures {
  userId: string;
  name: string;
  roundTripTime?: number | undefined;
  jitter?: number | undefined;
  packetLoss?: number | undefined;
  bitrateIn?: number | undefined;
  bitrateOut?: number | undefined;
  width?: number | undefined;
  height?: number | undefined;
  framesPerSecond?: number | undefined;
  candidateType?: string | undefined;
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
  const locale = useLocale();
  const lines: [string, string | undefined][] = [
    [stats.roundTrip, map(peer.roundTripTime, (value) => inMilliseconds(value, locale))],
    [stats.jitter, map(peer.jitter, (value) => inMilliseconds(value, locale))],
    [stats.loss, map(peer.packetLoss, (value) => percent(value, locale))],
    [stats.received, map(peer.bitrateIn, (value) => bitrate(value, locale))],
    [stats.sent, map(peer.bitrateOut, (value) => bitrate(value, locale))],
    [stats.picture, picture(peer)],
    [
      stats.path,
      map(peer.candidateType, (type) => (type === "relay" ? stats.pathRelay : stats.pathDirect)),
    ],
  ];
  const known = lines.filter((line): line is [string, string] => line[1] !== undefined);
  return (
    <div className="call-stats-peer">
      <p className="call-stats-name">{peer.name}</p>
      {known.length === 0 && <p className="call-stats-empty">{stats.none}</p>}
      <dl>
        {known.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function map<T>(value: T | undefined, words: (value: T) => string): string | undefined {
  return value === undefined ? undefined : words(value);
}

function picture(peer: PeerFigures): string | undefined {
  if (peer.width === undefined || peer.height === undefined) return undefined;
  const size = `${peer.width} × ${peer.height}`;
  return peer.framesPerSecond === undefined
    ? size
    : `${size}, ${Math.round(peer.framesPerSecond)} fps`;
}
