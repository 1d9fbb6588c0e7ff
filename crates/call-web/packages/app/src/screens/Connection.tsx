import { Button, IconButton, NetworkReport, useNetworkTest } from "call-react";
import { ArrowLeft, RotateCw } from "lucide-react";
import { useId } from "react";
import { useLocation } from "wouter";
import { words } from "../words.js";

export interface ConnectionProps {
  relayOnly: boolean;
  onRelayOnly: (relayOnly: boolean) => void;
}

/** Which ways to others the network leaves open, and which of them are to be used. */
export function Connection({ relayOnly, onRelayOnly }: ConnectionProps) {
  const [, navigate] = useLocation();
  // What was found holds for one policy only.
  const { state, run } = useNetworkTest(relayOnly);
  const hint = useId();
  return (
    <section className="app-connection" aria-labelledby="connection-title">
      <header className="app-main-head">
        <IconButton
          label={words.page.back}
          icon={<ArrowLeft size={20} aria-hidden />}
          tip="none"
          onClick={() => navigate("/")}
        />
        <h1 id="connection-title">{words.connection.title}</h1>
        <Button disabled={state?.running !== false} onClick={run}>
          <RotateCw size={18} aria-hidden /> {words.connection.again}
        </Button>
      </header>
      <NetworkReport state={state} />
      <div className="app-setting">
        <label>
          <input
            type="checkbox"
            role="switch"
            checked={relayOnly}
            aria-checked={relayOnly}
            aria-describedby={hint}
            onChange={(event) => onRelayOnly(event.target.checked)}
          />
          {words.connection.relayOnly}
        </label>
        <p id={hint}>{words.connection.relayOnlyHint}</p>
      </div>
    </section>
  );
}
