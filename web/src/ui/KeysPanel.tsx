import { usePage } from "../store/page";
import { logout } from "../store/session";
import { togglePanel } from "../store/view";
import { text } from "../text";

/** Every key. */
export function KeysPanel() {
  const t = text();
  return (
    <main className="side" aria-label={t.keysTitle} data-keys>
      <header className="panel-head">
        <h2>{t.keysTitle}</h2>
        <button type="button" className="icon" aria-label={t.closePanel} onClick={() => togglePanel("keys")}>
          ✕
        </button>
      </header>
      <dl className="keys">
        {t.keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p className="section signed-in">
        {usePage(({ session }) =>
          session && session !== "unknown" ? t.signedInAs(session.name || session.actor) : "",
        )}
        <button type="button" onClick={() => void logout()}>
          {t.logout}
        </button>
      </p>
    </main>
  );
}
