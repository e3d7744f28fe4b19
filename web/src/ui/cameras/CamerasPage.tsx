import "../../styles/edge.css";
import "../../styles/device-panel.css";
import "../../styles/cameras.css";
import "../../styles/camera-one.css";
import { type ReactNode, useEffect } from "react";
import { ownKeys } from "../../keys/own";
import { leaveCamera, stepCamera, useCamerasLive } from "../../store/cameras";
import { usePage } from "../../store/page";
import { CameraOne } from "./CameraOne";
import { Wall } from "./Wall";

/** All the cameras at once, or one of them with everything about it. */
export default function CamerasPage({ side }: { side: ReactNode }) {
  useCamerasLive();
  useEffect(() => ownKeys.use({ step: stepCamera, leave: leaveCamera }), []);
  const opened = usePage((page) => page.opened);
  return (
    <>
      {opened === null ? <Wall /> : <CameraOne key={opened} opened={opened} covered={side !== null} />}
      {side}
    </>
  );
}
