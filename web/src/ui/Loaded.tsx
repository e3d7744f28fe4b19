import { Component, type ReactNode } from "react";
import { text } from "../text";

/** A page that is fetched when it is opened may not come: then it says so, and the rest of the page goes on. */
export class Loaded extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="list empty" role="alert">
        <p>{text().pageNotLoaded}</p>
        <button type="button" onClick={() => window.location.reload()}>
          {text().reload}
        </button>
      </div>
    );
  }
}
