import { Link } from "wouter";
import { words } from "../words.js";

export function NotFound() {
  return (
    <main className="call-root app-door">
      <div className="app-door-card app-centre">
        <h1>{words.page.notFoundTitle}</h1>
        <p className="app-lead">{words.page.notFound}</p>
        <Link href="/" className="call-button call-button-primary call-button-large">
          {words.page.home}
        </Link>
      </div>
    </main>
  );
}
