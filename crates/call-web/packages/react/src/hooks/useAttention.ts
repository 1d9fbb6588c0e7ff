import { useEffect } from "react";

/**
 * Draws attention to a page that is not looked at: the title blinks, and a notification appears
 * where the person has allowed them. Ends when `words` is null.
 */
export function useAttention(words: string | null): void {
  useEffect(() => {
    if (words === null) return;
    const title = document.title;
    let shown = false;
    const timer = setInterval(() => {
      shown = document.hidden && !shown;
      document.title = shown ? words : title;
    }, 1000);
    const notification = document.hidden ? notify(words) : null;
    return () => {
      clearInterval(timer);
      document.title = title;
      notification?.close();
    };
  }, [words]);
}

function notify(words: string): Notification | null {
  if (typeof Notification === "undefined" || Notification.permission !== "granted") return null;
  try {
    const notification = new Notification(words, {
      tag: "call-incoming",
      requireInteraction: true,
    });
    notification.onclick = () => {
      window.focus();
      notification.close();
    };
    return notification;
  } catch {
    // Chrome on Android has only those of service workers.
    return null;
  }
}
