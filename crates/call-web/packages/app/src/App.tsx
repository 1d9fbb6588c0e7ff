import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { PublicConfig } from "call-client";
import { CallProvider } from "call-react";
import { useCallback, useEffect, useState } from "react";
import {
  currentToken,
  type Identity,
  identityOfToken,
  storedIdentity,
  storeIdentity,
  takeTokenFromAddress,
} from "./identity/identity.js";
import { storedRelayOnly, storeRelayOnly } from "./identity/relayOnly.js";
import { Routes } from "./Routes.js";
import { SignIn } from "./screens/SignIn.js";
import { Welcome } from "./screens/Welcome.js";
import { words } from "./words.js";

function firstIdentity(): Identity | null {
  const token = takeTokenFromAddress();
  const given = token === null ? null : identityOfToken(token);
  if (given !== null) storeIdentity(given);
  return given ?? storedIdentity();
}

async function readConfig(): Promise<PublicConfig> {
  const response = await fetch("/api/config");
  if (!response.ok) throw new Error(`config: ${response.status}`);
  return (await response.json()) as PublicConfig;
}

/** Who you are, then everything else. */
export function App() {
  const queries = useQueryClient();
  const [identity, setIdentity] = useState(firstIdentity);
  const config = useQuery({ queryKey: ["config"], queryFn: readConfig, staleTime: Infinity });

  const [relayOnly, setRelayOnly] = useState(storedRelayOnly);
  const changeRelayOnly = useCallback((next: boolean) => {
    storeRelayOnly(next);
    setRelayOnly(next);
  }, []);
  const signIn = useCallback((next: Identity) => {
    storeIdentity(next);
    setIdentity(next);
  }, []);
  const signOut = useCallback(() => {
    storeIdentity(null);
    setIdentity(null);
    queries.removeQueries({ predicate: (query) => query.queryKey[0] !== "config" });
  }, [queries]);
  useEffect(() => {
    document.title = identity === null ? words.product : `${identity.name} · ${words.product}`;
  }, [identity]);

  if (identity === null) {
    if (config.isPending) return <div className="app-blank" aria-busy="true" />;
    return config.data?.dev === false ? (
      <SignIn onSignIn={signIn} />
    ) : (
      <Welcome onSignIn={signIn} unreachable={config.isError} />
    );
  }
  return (
    <CallProvider
      key={identity.userId}
      token={currentToken}
      iceTransportPolicy={relayOnly ? "relay" : "all"}
    >
      <Routes
        identity={identity}
        maxParticipants={config.data?.maxParticipants ?? config.data?.meshMax ?? 5}
        relayOnly={relayOnly}
        onRelayOnly={changeRelayOnly}
        onSignOut={signOut}
      />
    </CallProvider>
  );
}
