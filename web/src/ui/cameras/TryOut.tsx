import { type FormEvent, useId } from "react";
import type { Camera, Replay, ReplaySetting } from "../../api/cameras";
import { age } from "../../logic/time";
import { changesOf, leaveSetting, runAgain, stopRun, trySetting, useOffer, useTryOut } from "../../store/tryout";
import { cameras as t } from "../../text/cameras";
import { Section } from "../Section";

/** A recording run again with other settings: what they would have raised, beside what the present ones raise. */
export function TryOut({ camera }: { camera: Camera }) {
  useOffer(camera.id);
  const { offer, replay, trouble } = useTryOut();
  return (
    <Section title={t.tryTitle} aside={t.tryAside}>
      <div data-try-out>
        {offer?.recordings.length === 0 && (
          <p>
            {t.tryNone}{" "}
            <span className="row-sub">
              {t.tryNoneHow} <code>recordings/{camera.id}/</code>
            </span>
          </p>
        )}
        {offer && offer.recordings.length > 0 && <Form />}
        {trouble && (
          <p className="refusal" role="alert">
            {t.replay.failed(trouble)}
          </p>
        )}
        {replay && <Progress replay={replay} />}
        {replay?.state === "done" && <Outcome replay={replay} />}
      </div>
    </Section>
  );
}

function Form() {
  const { offer, recording, tried, replay } = useTryOut();
  const changes = useTryOut((state) => changesOf(state) !== null);
  const id = useId();
  const going = replay?.state === "waiting" || replay?.state === "running";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!going) void runAgain();
  };
  const others = offer?.settings.filter(({ name }) => !tried.has(name)) ?? [];
  return (
    <form className="zone-form" onSubmit={submit}>
      <div className="field">
        <label htmlFor={id}>{t.recording}</label>
        <select id={id} value={recording} onChange={(event) => useTryOut.setState({ recording: event.target.value })}>
          {offer?.recordings.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </div>
      {offer?.settings.map((one) => tried.has(one.name) && <Tried key={one.name} setting={one} />)}
      <select aria-label={t.addSetting} value="" onChange={(event) => trySetting(event.target.value)}>
        <option value="">{t.addSetting} …</option>
        {others.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <div className="buttons">
        <button type="submit" className="primary" aria-disabled={going || !changes} data-action="run-again">
          {t.run}
        </button>
        {going && (
          <button type="button" onClick={() => void stopRun()} data-action="stop-run">
            {t.stop}
          </button>
        )}
      </div>
    </form>
  );
}

function Tried({ setting }: { setting: ReplaySetting }) {
  const { name, value, least, most, whole } = setting;
  const typed = useTryOut((state) => state.tried.get(name) ?? "");
  const id = useId();
  return (
    <div className="field tried">
      <label htmlFor={id}>
        <code>{name}</code>
      </label>
      <input
        id={id}
        type="number"
        value={typed}
        step={whole ? 1 : "any"}
        {...(least === null ? {} : { min: least })}
        {...(most === null ? {} : { max: most })}
        aria-describedby={`${id}-now`}
        onChange={(event) => trySetting(name, event.target.value)}
      />
      <button type="button" className="plain" onClick={() => leaveSetting(name)} aria-label={t.dropSetting(name)}>
        ✕
      </button>
      <span id={`${id}-now`} className="row-sub">
        {[t.present(String(value)), least !== null && most !== null && t.between(String(least), String(most))]
          .filter(Boolean)
          .join(" · ")}
      </span>
    </div>
  );
}

const at = (seconds: number) => age(seconds * 1e9);

function Progress({ replay }: { replay: Replay }) {
  const { state, done_s, of_s, detail } = replay;
  if (state === "done") return null;
  const words = {
    waiting: () => t.replay.waiting,
    running: () => t.replay.running(at(done_s), of_s ? at(of_s) : ""),
    failed: () => t.replay.failed(detail),
    cancelled: () => t.replay.cancelled,
  }[state]();
  return (
    <div className="replay-progress" role="status" data-replay={state}>
      {state === "running" && (
        <progress {...(of_s ? { max: of_s, value: Math.min(done_s, of_s) } : {})} aria-label={words} />
      )}
      <span className={state === "failed" ? "field-wrong" : ""}>{words}</span>
    </div>
  );
}

function Outcome({ replay }: { replay: Replay }) {
  const { alarms, detail } = replay;
  const by = (one: "now" | "changed") => alarms.filter(({ raised }) => raised === "both" || raised === one).length;
  const { at: when, alarm, raised } = t.replayColumns;
  return (
    <div data-replay="done">
      <p role="status">
        {alarms.length ? t.replayed(by("now"), by("changed")) : t.replayNoAlarm}
        {detail && ` (${detail})`}
      </p>
      {alarms.length > 0 && (
        <table className="shares replayed">
          <thead>
            <tr>
              {[when, alarm, raised].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {alarms.map((one) => (
              <tr key={`${one.kind} ${one.began} ${one.raised} ${one.text}`} data-raised={one.raised}>
                <td>{at(one.began)}</td>
                <th scope="row">
                  {one.title} <span className="row-sub">{one.text}</span>
                </th>
                <td>{t.raised[one.raised]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <details className="toml">
        <summary>{t.keepThem}</summary>
        <pre>
          {[
            `[city.stages.video.cameras.${replay.camera}]`,
            ...Object.entries(replay.settings).map(([name, value]) => `${name} = ${value}`),
          ].join("\n")}
        </pre>
      </details>
    </div>
  );
}
