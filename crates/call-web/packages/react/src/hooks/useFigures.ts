import type { CallClient, CallSnapshot, QualityPoint } from "call-client";
import { useEffect, useState } from "react";
import type { PeerFigures } from "../parts/StatsPanel.js";
import { useCallClient } from "./useCallClient.js";

const INTERVAL_MS = 3000;

/** The newest figures of my connection to each person; read from the server while `on`. */
export function useFigures(snapshot: CallSnapshot, on: boolean): readonly PeerFigures[] {
  const client = useCallClient();
  const [points, setPoints] = useState<readonly QualityPoint[]>([]);
  useEffect(() => {
    if (!on) return;
    let current = true;
    const read = async () => {
      const read = await newest(client, snapshot.id);
      if (current && read !== null) setPoints(read);
    };
    void read();
    const timer = setInterval(() => void read(), INTERVAL_MS);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [client, snapshot.id, on]);
  const me = client.state.getSnapshot().userId;
  return snapshot.participants
    .filter((person) => person.connectionState !== null)
    .map((person) => {
      const point = [...points]
        .reverse()
        .find((each) => each.userId === me && each.peerId === person.userId);
      const picture = person.stream?.getVideoTracks()[0]?.getSettings();
      return {
        userId: person.userId,
        name: person.name,
        roundTripTime: point?.roundTripTime ?? undefined,
        jitter: point?.jitter ?? undefined,
        packetLoss: point?.packetLoss ?? undefined,
        bitrateIn: point?.bitrateIn ?? undefined,
        bitrateOut: point?.bitrateOut ?? undefined,
        width: picture?.width,
        height: picture?.height,
        framesPerSecond: picture?.frameRate,
        candidateType: person.candidateType ?? undefined,
      };
    });
}

async function newest(client: CallClient, callId: string): Promise<QualityPoint[] | null> {
  try {
    return await client.api.quality(callId);
  } catch {
    // The panel keeps what it has; the next try is near.
    return null;
  }
}
