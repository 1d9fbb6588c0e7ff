import { Button } from "call-react";
import { type FormEvent, useId, useState } from "react";
import { type Identity, identityOfToken } from "../identity/identity.js";
import { Mark } from "../parts/Mark.js";
import { words } from "../words.js";

/** How to get in where tokens come from the embedding product. */
export function SignIn({ onSignIn }: { onSignIn: (identity: Identity) => void }) {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, setPending] = useState(false);
  const field = useId();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const identity = identityOfToken(token.trim());
    if (identity === null) {
      setProblem(words.signIn.bad);
      return;
    }
    setPending(true);
    const accepted = await tryToken(identity.token);
    setPending(false);
    if (accepted) onSignIn(identity);
    else setProblem(words.signIn.refused);
  };
  return (
    <main className="call-root app-door">
      <div className="app-door-card">
        <Mark />
        <h1>{words.signIn.title}</h1>
        <p className="app-lead">{words.signIn.lead}</p>
        <form onSubmit={(event) => void submit(event)} noValidate>
          <label className="app-field" htmlFor={field}>
            <span>{words.signIn.token}</span>
            <textarea
              id={field}
              rows={4}
              value={token}
              onChange={(event) => setToken(event.target.value)}
              spellCheck={false}
              autoComplete="off"
            />
          </label>
          {problem !== null && (
            <p className="app-problem" role="alert">
              {problem}
            </p>
          )}
          <Button type="submit" look="primary" size="large" disabled={pending}>
            {words.signIn.go}
          </Button>
        </form>
        <details className="app-details">
          <summary>{words.signIn.embedTitle}</summary>
          <p>{words.signIn.embed}</p>
          <code>{`${location.origin}/#token=…`}</code>
          <p>{words.signIn.command}</p>
          <code>call-server token --user ada --name "Ada"</code>
        </details>
      </div>
    </main>
  );
}

async function tryToken(token: string): Promise<boolean> {
  try {
    const response = await fetch("/api/calls?limit=1", {
      headers: { Authorization: `Bearer ${token}` },
    });
    return response.ok;
  } catch {
    return false;
  }
}
