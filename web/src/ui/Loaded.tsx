import { Component, type ReactNode } from "react";
import { text } from "../text";

interface Props {
  /** Where it would stand. */
  room: "list" | "map";
  words: string;
  children: ReactNode;
}

/** A part that is fetched when it is needed may not come: then it says so, and the rest of the page goes on. */
export class Loaded extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div className={`${this.props.room} empty`} role="alert">
        <p>{this.props.words}</p>
        <button type="button" onClick={() => window.location.reload()}>
          {text().reload}
        </button>
      </div>
    );
  }
}
