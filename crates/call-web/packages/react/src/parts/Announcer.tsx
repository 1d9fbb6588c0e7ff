import { createContext, type ReactNode, useCallback, useContext, useState } from "react";

/** Says a sentence to a screen reader. */
export type Announce = (words: string, urgency?: "polite" | "assertive") => void;

const AnnounceContext = createContext<Announce>(() => undefined);

/** Two live regions for everything below: a polite one, and one for what cannot wait. */
export function Announcer({ children }: { children: ReactNode }) {
  const [polite, setPolite] = useState({ words: "", turn: 0 });
  const [assertive, setAssertive] = useState({ words: "", turn: 0 });
  const announce = useCallback<Announce>((words, urgency = "polite") => {
    const set = urgency === "polite" ? setPolite : setAssertive;
    set((old) => ({ words, turn: old.turn + 1 }));
  }, []);
  return (
    <AnnounceContext.Provider value={announce}>
      {children}
      <div className="call-hidden" role="status" aria-live="polite" data-testid="live-polite">
        {/* A new element each time: the same sentence twice is spoken twice. */}
        <span key={polite.turn}>{polite.words}</span>
      </div>
      <div className="call-hidden" role="alert" aria-live="assertive" data-testid="live-assertive">
        <span key={assertive.turn}>{assertive.words}</span>
      </div>
    </AnnounceContext.Provider>
  );
}

/** The way to say something; silent outside an `<Announcer>`. */
export function useAnnounce(): Announce {
  return useContext(AnnounceContext);
}
