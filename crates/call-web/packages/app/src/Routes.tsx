import { IncomingCalls } from "call-react";
import { lazy, Suspense } from "react";
import { Route, Switch, useLocation } from "wouter";
import type { Identity } from "./identity/identity.js";
import { ToastProvider } from "./parts/Toasts.js";
import { CallScreen } from "./screens/CallScreen.js";
import { Connection } from "./screens/Connection.js";
import { Home } from "./screens/Home.js";
import { NewGroupCall } from "./screens/NewGroupCall.js";
import { NotFound } from "./screens/NotFound.js";
import { RecentCalls } from "./screens/RecentCalls.js";

// Charts are only loaded by whoever looks at them.
const CallPage = lazy(() => import("./call-page/CallPage.js"));

export interface RoutesProps {
  identity: Identity;
  /** The most people of one call, me included. */
  maxParticipants: number;
  relayOnly: boolean;
  onRelayOnly: (relayOnly: boolean) => void;
  onSignOut: () => void;
}

/** Which screen belongs to which address; incoming calls show over all of them. */
export function Routes(props: RoutesProps) {
  const { identity, maxParticipants, onSignOut } = props;
  const [, navigate] = useLocation();
  const home = { identity, maxParticipants, onSignOut };
  return (
    <ToastProvider>
      <Switch>
        <Route path="/call/new">
          <NewGroupCall />
        </Route>
        <Route path="/call/:id">{({ id }) => <CallScreen key={id} callId={id} />}</Route>
        <Route path="/calls/:id">
          {({ id }) => (
            <Home {...home} page="call">
              <Suspense fallback={<div className="app-main" aria-busy="true" />}>
                <CallPage callId={id} />
              </Suspense>
            </Home>
          )}
        </Route>
        <Route path="/connection">
          <Home {...home} page="connection">
            <Connection relayOnly={props.relayOnly} onRelayOnly={props.onRelayOnly} />
          </Home>
        </Route>
        <Route path="/">
          <Home {...home} page="home">
            <RecentCalls />
          </Home>
        </Route>
        <Route>
          <NotFound />
        </Route>
      </Switch>
      <IncomingCalls onAnswered={(call) => navigate(`/call/${call.id}`)} />
    </ToastProvider>
  );
}
