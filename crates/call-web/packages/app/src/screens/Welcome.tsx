import { Button } from "call-react";
import { X } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import {
  devIdentity,
  forgetName,
  type Identity,
  rememberName,
  storedNames,
} from "../identity/identity.js";
import { userIdOf } from "../identity/userId.js";
import { Mark } from "../parts/Mark.js";
import { words } from "../words.js";

export interface WelcomeProps {
  onSignIn: (identity: Identity) => void;
  /** The server did not answer just now. */
  unreachable?: boolean;
}

/** One field, one button: who are you? */
export function Welcome({ onSignIn, unreachable = false }: WelcomeProps) {
  const [name, setName] = useState("");
  const [names, setNames] = useState(storedNames);
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<string | null>(unreachable ? words.welcome.failed : null);
  const field = useId();
  const alert = useId();

  const enter = async (chosen: string) => {
    const clean = chosen.trim();
    const userId = userIdOf(clean);
    if (userId === "") {
      setProblem(words.welcome.needed);
      return;
    }
    setPending(true);
    setProblem(null);
    try {
      const identity = await devIdentity(userId, clean);
      rememberName(clean);
      onSignIn(identity);
    } catch {
      setProblem(words.welcome.failed);
      setPending(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void enter(name);
  };
  return (
    <main className="call-root app-door">
      <div className="app-door-card">
        <Mark />
        <h1>{words.welcome.title}</h1>
        <p className="app-lead">{words.welcome.lead}</p>
        <form onSubmit={submit} noValidate>
          <label className="app-field" htmlFor={field}>
            <span>{words.welcome.name}</span>
            <input
              id={field}
              value={name}
              onChange={(event) => setName(event.target.value)}
              placeholder={words.welcome.placeholder}
              autoComplete="nickname"
              maxLength={60}
              aria-invalid={problem === words.welcome.needed}
              aria-describedby={problem === null ? undefined : alert}
              // biome-ignore lint/a11y/noAutofocus: the page is this one field
              autoFocus
            />
          </label>
          {problem !== null && (
            <p className="app-problem" id={alert} role="alert">
              {problem}
            </p>
          )}
          <Button type="submit" look="primary" size="large" disabled={pending}>
            {words.welcome.go}
          </Button>
        </form>
        {names.length > 0 && (
          <section className="app-chips" aria-label={words.welcome.recent}>
            <h2>{words.welcome.recent}</h2>
            <ul>
              {names.map((known) => (
                <li key={known} className="app-chip">
                  <button type="button" disabled={pending} onClick={() => void enter(known)}>
                    {known}
                  </button>
                  <button
                    type="button"
                    className="app-chip-forget"
                    aria-label={words.welcome.forget(known)}
                    onClick={() => setNames(forgetName(known))}
                  >
                    <X size={14} aria-hidden />
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
    </main>
  );
}
