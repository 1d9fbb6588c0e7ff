import { Button } from "call-react";
import { Bell } from "lucide-react";
import { useState } from "react";
import { words } from "../words.js";

const KEY = "call-app:no-notifications";

function asked(): boolean {
  if (typeof Notification === "undefined" || !window.isSecureContext) return true;
  if (Notification.permission !== "default") return true;
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return true;
  }
}

/** Asks once, and only by a click, whether calls may notify. */
export function NotificationPrompt() {
  const [done, setDone] = useState(asked);
  if (done) return null;
  const refuse = () => {
    try {
      localStorage.setItem(KEY, "1");
    } catch {
      // Storage is blocked: it is asked again next time.
    }
    setDone(true);
  };
  const allow = () => {
    setDone(true);
    void Notification.requestPermission().catch(() => undefined);
  };
  return (
    <div className="app-prompt">
      <Bell size={18} aria-hidden />
      <p>{words.notices.notifyLead}</p>
      <div className="app-prompt-actions">
        <Button onClick={allow}>{words.notices.notifyYes}</Button>
        <Button look="quiet" onClick={refuse}>
          {words.notices.notifyNo}
        </Button>
      </div>
    </div>
  );
}
