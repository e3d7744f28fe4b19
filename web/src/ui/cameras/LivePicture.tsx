import { type CSSProperties, type ReactNode, useLayoutEffect, useRef } from "react";
import type { Camera } from "../../api/cameras";
import { may } from "../../logic/roles";
import type { Overlays } from "../../store/cameras";
import { clockSpeed, useTickingLive } from "../../store/clock";
import { type Shown, useBroken, useLook } from "../../store/looks";
import { usePage } from "../../store/page";
import { cameras as t } from "../../text/cameras";
import { PictureOverlay } from "./PictureOverlay";

interface Props {
  camera: Camera;
  overlays: Overlays;
  /** Whether pictures of it are asked for. */
  asked: boolean;
  children?: ReactNode;
}

/** The newest picture of a camera with what is drawn over it, or why there is none. */
export function LivePicture({ camera, overlays, asked, children }: Props) {
  const look = useLook(camera.id);
  const aspect = look ? look.width / look.height : 4 / 3;
  return (
    <div
      className="live-picture"
      style={{ aspectRatio: aspect, "--aspect": aspect } as CSSProperties}
      data-look={look ? "shown" : "none"}
    >
      {look ? (
        <>
          <Canvas camera={camera} look={look} />
          <PictureOverlay look={look} zones={camera.zones} overlays={overlays} aspect={aspect} />
          <Behind time={look.time} />
        </>
      ) : (
        <NoPicture camera={camera} asked={asked} />
      )}
      {children}
    </div>
  );
}

function Canvas({ camera, look }: { camera: Camera; look: Shown }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const seconds = useTickingLive((now) => secondsBehind(now, look.time));
  useLayoutEffect(() => {
    const [context, { picture }] = [canvas.current?.getContext("2d"), look];
    if (context && picture.width > 0) context.drawImage(picture, 0, 0); // a closed one is 0 wide
  }, [look]);
  return (
    <canvas
      ref={canvas}
      width={look.width}
      height={look.height}
      role="img"
      aria-label={t.pictureOf(camera.name, seconds)}
    />
  );
}

/** In real seconds: a city whose clock runs faster is no further behind. */
const secondsBehind = (now: number, time: number) => Math.max(0, (now - time) / 1e9 / clockSpeed()).toFixed(0);

/** A live picture that has become old says so. */
function Behind({ time }: { time: number }) {
  const seconds = useTickingLive((now) => secondsBehind(now, time));
  const old = Number(seconds) > 5;
  return (
    <span className="live-behind" data-old={old || undefined} aria-hidden="true">
      {old && "◐ "}
      {t.behind(seconds)}
    </span>
  );
}

function NoPicture({ camera, asked }: { camera: Camera; asked: boolean }) {
  const session = usePage((page) => page.session);
  const broken = useBroken();
  return (
    <p className="live-none">
      {!may(session, "seePictures")
        ? t.noPicture.may
        : (absent(camera) ?? (asked ? (broken ? t.noPicture.stopped : t.waits) : t.noPicture.many))}
    </p>
  );
}

function absent({ state, why, shows, why_not }: Camera): string | null {
  if (state === "silent" || state === "failed" || state === "ended") return t.noPicture.state(why || t.state[state]);
  return shows || !why_not ? null : t.noPicture.state(why_not);
}
