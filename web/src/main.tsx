import "@fontsource-variable/inter/wght.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/forms.css";
import "./styles/layout.css";
import "./styles/top.css";
import "./styles/list.css";
import "./styles/story.css";
import "./styles/panels.css";
import "./styles/map.css";
import "./styles/time.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { listenToKeys } from "./keys/keyboard";
import { listenToAddress } from "./store/route";
import { begin } from "./store/session";
import { App } from "./ui/App";
import { wakeSound } from "./ui/sound";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element #root");

listenToKeys();
document.addEventListener("pointerdown", wakeSound, { once: true });
document.addEventListener("keydown", wakeSound, { once: true });
// The login link's token stands where the page's address does: it is taken out before that is read.
void begin();
listenToAddress();

createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
