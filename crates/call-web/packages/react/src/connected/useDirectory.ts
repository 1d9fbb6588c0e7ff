import { useCallback, useContext } from "react";
import { useOnlineUsers } from "../hooks/useCallClient.js";
import type { Directory } from "../parts/AddPeople.js";
import { CallContext } from "./context.js";

/** The host's directory; else a search among those who are online. */
export function useDirectory(): Directory {
  const given = useContext(CallContext)?.directory;
  const online = useOnlineUsers();
  const amongOnline = useCallback<Directory>(
    (words) => {
      const wanted = words.toLocaleLowerCase();
      return (online ?? [])
        .map(({ userId, name }) => ({ userId, name: name ?? userId }))
        .filter(
          ({ userId, name }) =>
            name.toLocaleLowerCase().includes(wanted) ||
            userId.toLocaleLowerCase().includes(wanted),
        )
        .sort((a, b) => a.name.localeCompare(b.name));
    },
    [online],
  );
  return given ?? amongOnline;
}
