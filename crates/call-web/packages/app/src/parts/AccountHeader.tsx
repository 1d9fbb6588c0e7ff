import type { ConnectionPhase } from "call-client";
import { Avatar, IconButton } from "call-react";
import { Activity, LogOut } from "lucide-react";
import { useLocation } from "wouter";
import type { Identity } from "../identity/identity.js";
import { words } from "../words.js";

export interface AccountHeaderProps {
  identity: Identity;
  connection: ConnectionPhase;
  onSignOut: () => void;
}

const says: Record<ConnectionPhase, string> = {
  idle: words.account.connecting,
  connecting: words.account.connecting,
  ready: words.account.connected,
  reconnecting: words.account.reconnecting,
  closed: words.account.closed,
};

/** Who I am, and whether I can be called. */
export function AccountHeader({ identity, connection, onSignOut }: AccountHeaderProps) {
  const [, navigate] = useLocation();
  return (
    <header className="app-account" data-testid="account" data-connection={connection}>
      <Avatar userId={identity.userId} name={identity.name} size={40} />
      <div className="app-account-text">
        <p className="app-account-name">{identity.name}</p>
        <p className="app-account-state" data-connection={connection} aria-live="polite">
          <span className="app-dot" aria-hidden="true" />
          {says[connection]}
        </p>
      </div>
      <IconButton
        label={words.connection.open}
        icon={<Activity size={20} aria-hidden />}
        tip="below"
        className="app-tip-left"
        onClick={() => navigate("/connection")}
      />
      <IconButton
        label={words.account.signOut}
        icon={<LogOut size={20} aria-hidden />}
        tip="below"
        className="app-tip-left"
        onClick={onSignOut}
      />
    </header>
  );
}
