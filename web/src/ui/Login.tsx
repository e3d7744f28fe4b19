import { type FormEvent, useState } from "react";
import { usePage } from "../store/page";
import { login } from "../store/session";
import { text } from "../text";

/** Calm, one field: the token from the link that s4 printed. */
export function Login() {
  const trouble = usePage((page) => page.loginTrouble);
  const [token, setToken] = useState("");
  const t = text().login;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim()) void login(token);
  };
  return (
    <main className="login">
      <form onSubmit={submit}>
        <h1>
          <b>s4</b> {t.title}
        </h1>
        <p>{t.how}</p>
        <label htmlFor="token">{t.token}</label>
        <input
          id="token"
          type="password"
          autoComplete="off"
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
        <button type="submit" className="primary">
          {t.enter}
        </button>
        {trouble && <p role="alert">{t.refused(trouble)}</p>}
      </form>
    </main>
  );
}
