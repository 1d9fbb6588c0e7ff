import type { RelayProtocol } from "./wire/types.js";

/** How a TURN URI (RFC 7065) reaches its server; null for STUN and for what browsers cannot do. */
export function relayProtocolOf(url: string): RelayProtocol | null {
  const match = /^(turns?):[^?]+(?:\?transport=(\w+))?$/i.exec(url);
  if (!match) return null;
  const secure = match[1]?.toLowerCase() === "turns";
  const transport = match[2]?.toLowerCase() ?? (secure ? "tcp" : "udp");
  if (transport === "udp") return secure ? null : "udp";
  return transport === "tcp" ? (secure ? "tls" : "tcp") : null;
}

/** Those of the servers, and of their addresses, that `wanted` takes. */
export function selectServers(
  servers: readonly RTCIceServer[],
  wanted: (url: string) => boolean,
): RTCIceServer[] {
  return servers
    .map((server) => ({ ...server, urls: [server.urls].flat().filter(wanted) }))
    .filter((server) => server.urls.length > 0);
}
