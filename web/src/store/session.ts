import { ApiError, api } from "../api/client";
import { goLive, stopLive } from "./live";
import { usePage } from "./page";

/** Who is here. The link printed at start-up carries a one-time token behind `#`, which no server log ever sees. */

function takeToken(): string | null {
  const token = new URLSearchParams(window.location.hash.slice(1)).get("token");
  if (token) window.history.replaceState(null, "", window.location.pathname + window.location.search);
  return token;
}

export async function begin(): Promise<void> {
  const token = takeToken();
  if (token) return login(token);
  try {
    usePage.setState({ session: await api.me() });
    await goLive();
  } catch (error) {
    const refused = error instanceof ApiError && error.status === 401;
    usePage.setState({ session: null, loginTrouble: refused ? "" : reason(error) });
  }
}

export async function login(token: string): Promise<void> {
  try {
    usePage.setState({ session: await api.login(token.trim()), loginTrouble: "" });
    await goLive();
  } catch (error) {
    usePage.setState({ session: null, loginTrouble: reason(error) });
  }
}

export async function logout(): Promise<void> {
  stopLive();
  await api.logout().catch(() => undefined);
  usePage.setState({ session: null, live: null, past: null, at: null, seeking: null });
}

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));
