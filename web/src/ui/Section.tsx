import { type ReactNode, useId } from "react";

/** A titled part of the side panel. */
export function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section className="section" aria-labelledby={id}>
      <h3 id={id}>
        {title}
        {aside && <span className="aside">{aside}</span>}
      </h3>
      {children}
    </section>
  );
}
