import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { text } from "../text";

interface Props {
  question: string;
  verb: string;
  done: (reason: string) => void;
  cancel: () => void;
}

/** Asks why, in place: nothing covers the map, Escape leaves, ⏎ sends. */
export function ReasonForm({ question, verb, done, cancel }: Props) {
  const [reason, setReason] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => field.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (reason.trim()) done(reason.trim());
  };
  return (
    <form className="reason" onSubmit={submit}>
      <label htmlFor={id}>{question}</label>
      <input
        id={id}
        ref={field}
        value={reason}
        maxLength={500}
        autoComplete="off"
        required
        onChange={(event) => setReason(event.target.value)}
      />
      <div className="buttons">
        <button type="submit" className="primary" disabled={!reason.trim()}>
          {verb} <kbd>⏎</kbd>
        </button>
        <button type="button" onClick={cancel}>
          {text().cancel} <kbd>Esc</kbd>
        </button>
      </div>
    </form>
  );
}
