import { useClientState } from "call-react";
import { Clock, Users } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Identity } from "../identity/identity.js";
import { AccountHeader } from "../parts/AccountHeader.js";
import { JoinableCalls } from "../parts/JoinableCalls.js";
import { NotificationPrompt } from "../parts/NotificationPrompt.js";
import { OngoingCall } from "../parts/OngoingCall.js";
import { PeopleList } from "../parts/PeopleList.js";
import { SessionNotice } from "../parts/SessionNotice.js";
import { words } from "../words.js";

export interface HomeProps {
  identity: Identity;
  maxParticipants: number;
  onSignOut: () => void;
  /** On a phone, any other page than this hides the lists. */
  page: "home" | "call" | "connection";
  children: ReactNode;
}

/** People on the left, what was chosen on the right; tabs at the bottom of a phone. */
export function Home({ identity, maxParticipants, onSignOut, page, children }: HomeProps) {
  const [tab, setTab] = useState<"people" | "recent">("people");
  const state = useClientState();
  return (
    <div className="call-root app-home" data-tab={tab} data-page={page}>
      <main className="app-columns">
        <section className="app-rail" aria-label={words.people.title}>
          <h1 className="call-hidden">{words.product}</h1>
          <AccountHeader identity={identity} connection={state.connection} onSignOut={onSignOut} />
          <OngoingCall />
          <JoinableCalls />
          <PeopleList maxParticipants={maxParticipants} />
          <NotificationPrompt />
        </section>
        <div className="app-main">{children}</div>
      </main>
      <nav className="app-tabs" aria-label={words.product}>
        <button
          type="button"
          aria-current={tab === "people" ? "page" : undefined}
          onClick={() => setTab("people")}
        >
          <Users size={22} aria-hidden />
          {words.people.title}
        </button>
        <button
          type="button"
          aria-current={tab === "recent" ? "page" : undefined}
          onClick={() => setTab("recent")}
        >
          <Clock size={22} aria-hidden />
          {words.recent.title}
        </button>
      </nav>
      <SessionNotice
        error={state.connection === "closed" ? state.error : null}
        onSignOut={onSignOut}
      />
    </div>
  );
}
