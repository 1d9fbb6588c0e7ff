import { createContext } from "react";

/** What of somebody can be switched off by a moderator. */
export type Mutable = "audio" | "video" | "screen";

/** What I may do about others in a call. Keeps its identity while nothing of it changes. */
export interface PersonActions {
  /** I may mute and remove others, and make moderators. */
  moderates: boolean;
  mute: (userId: string, what: Mutable) => void;
  /** Asks first. */
  remove: (userId: string) => void;
  setRole: (userId: string, role: "moderator" | "participant") => void;
}

/** For the menus of tiles and of the list of people; null where there are none. */
export const PersonActionsContext = createContext<PersonActions | null>(null);
