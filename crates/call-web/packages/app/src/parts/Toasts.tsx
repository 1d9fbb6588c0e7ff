import { useAnnounce } from "call-react";
import { X } from "lucide-react";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from "react";
import { words } from "../words.js";

interface Toast {
  text: string;
  action?: { label: string; run: () => void };
}

const ShowToast = createContext<(toast: Toast) => void>(() => undefined);
const SHOWN_MS = 7000;

/** Short messages at the bottom, one at a time. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [toast, setToast] = useState<Toast | null>(null);
  const announce = useAnnounce();
  const show = useCallback((next: Toast) => setToast(next), []);
  useEffect(() => {
    if (toast === null) return;
    announce(toast.text, "assertive");
    const timer = setTimeout(() => setToast(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [toast, announce]);
  return (
    <ShowToast.Provider value={show}>
      {children}
      {toast !== null && (
        <div className="call-root app-toast" data-testid="toast">
          <span>{toast.text}</span>
          {toast.action !== undefined && (
            <button
              type="button"
              className="app-link"
              onClick={() => {
                toast.action?.run();
                setToast(null);
              }}
            >
              {toast.action.label}
            </button>
          )}
          <button
            type="button"
            className="app-toast-close"
            aria-label={words.notices.dismiss}
            onClick={() => setToast(null)}
          >
            <X size={18} aria-hidden />
          </button>
        </div>
      )}
    </ShowToast.Provider>
  );
}

/** Shows a short message. */
export function useToast(): (toast: Toast) => void {
  return useContext(ShowToast);
}
