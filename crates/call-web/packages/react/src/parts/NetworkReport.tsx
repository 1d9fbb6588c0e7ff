import type { NetworkTestState, RelayProtocol } from "call-client";
import { Check, CircleMinus, CircleX, TriangleAlert } from "lucide-react";
import { useId } from "react";
import { inMilliseconds, listOf } from "../format/text.js";
import { useLocale, useStrings } from "../strings/StringsContext.js";
import type { Strings } from "../strings/strings.js";

export interface NetworkReportProps {
  /** Null before the test begins. */
  state: NetworkTestState | null;
}

/** How good one way is: `none` where it is not used, `running` while it is tested. */
type Sign = "good" | "partly" | "bad" | "none" | "running";

/** `Direct connection`, `Relayed over TCP`, `Blocked: UDP and TLS`: a network test in a few words. */
export function networkWords(
  state: NetworkTestState | null,
  strings: Strings,
  locale: string | undefined,
): string {
  const { networkTests, relayedBy, blockedTransports, relayProtocols } = strings;
  if (state?.path == null) return networkTests.running;
  if (state.path === "relayed" && state.relayProtocol !== null) {
    return relayedBy(relayProtocols[state.relayProtocol]);
  }
  const { path, relays } = state;
  if (path !== "blocked" || relays.length === 0) return networkTests[path];
  const failed = relays.map(({ protocol }) => relayProtocols[protocol]);
  return blockedTransports(listOf(failed, locale));
}

/** What a network test found: the way that calls take, then every way with how it went. */
export function NetworkReport({ state }: NetworkReportProps) {
  const strings = useStrings();
  const locale = useLocale();
  const title = useId();
  const path = state?.path ?? null;
  const relays = state?.relays ?? [];
  const direct = state?.direct ?? null;
  return (
    <div className="call-report" data-testid="network-report" data-path={path ?? "running"}>
      <div className="call-report-verdict" role="status">
        <WaySign sign={verdictSign(state)} size={28} />
        <div>
          <p className="call-report-words">{networkWords(state, strings, locale)}</p>
          {path !== null && <p className="call-report-detail">{strings.networkDetails[path]}</p>}
        </div>
      </div>
      <h3 className="call-hidden" id={title}>
        {strings.ways.title}
      </h3>
      <ul className="call-report-ways" aria-labelledby={title}>
        <Way
          id="direct"
          name={strings.ways.direct}
          sign={directSign(direct)}
          words={direct === null ? strings.networkTests.running : strings.directResults[direct]}
        />
        {relays.map(({ protocol, result, roundTripTime }) => (
          <Way
            key={protocol}
            id={protocol}
            name={strings.ways.relay(strings.relayProtocols[protocol])}
            sign={result === null ? "running" : result === "works" ? "good" : "bad"}
            words={result === null ? strings.networkTests.running : strings.relayResults[result]}
            note={roundTripTime === null ? null : inMilliseconds(roundTripTime, locale)}
          />
        ))}
      </ul>
      {path !== null && relays.length === 0 && (
        <p className="call-report-detail">{strings.noRelays}</p>
      )}
    </div>
  );
}

function Way(props: {
  id: RelayProtocol | "direct";
  name: string;
  sign: Sign;
  words: string;
  note?: string | null;
}) {
  const { id, name, sign, words, note = null } = props;
  return (
    <li className="call-report-way" data-testid={`way-${id}`} data-sign={sign}>
      <WaySign sign={sign} size={18} />
      <span className="call-report-name">{name}</span>
      <span className="call-report-result">
        {words}
        {note !== null && <span className="call-report-note"> · {note}</span>}
      </span>
    </li>
  );
}

function WaySign({ sign, size }: { sign: Sign; size: number }) {
  return (
    <span className="call-report-sign" data-sign={sign} aria-hidden="true">
      {sign === "running" && <span className="call-spinner" />}
      {sign === "good" && <Check size={size} />}
      {sign === "partly" && <TriangleAlert size={size} />}
      {sign === "bad" && <CircleX size={size} />}
      {sign === "none" && <CircleMinus size={size} />}
    </span>
  );
}

function verdictSign(state: NetworkTestState | null): Sign {
  switch (state?.path ?? null) {
    case null:
      return "running";
    case "direct":
    case "relayed":
      return "good";
    case "blocked":
      return "bad";
  }
}

function directSign(direct: NetworkTestState["direct"]): Sign {
  switch (direct) {
    case null:
      return "running";
    case "works":
      return "good";
    case "symmetric":
      return "partly";
    case "blocked":
      return "bad";
    case "not_tried":
      return "none";
  }
}
