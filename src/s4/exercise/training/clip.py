"""A scene becomes pictures, one by one, with the truth of each; and a file with both."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from s4.core.errors import InputError
from s4.exercise.figures import Image
from s4.exercise.training.acts import ACTS
from s4.exercise.training.draw import Drawn, Painter, Seen, corners
from s4.exercise.training.place import place_of
from s4.exercise.training.scene import Scene
from s4.exercise.training.shadow import Shadows
from s4.exercise.training.stage import Deed, Stage
from s4.exercise.training.tamper import LASTS_S, REPEATED, TAMPERS, Tampering
from s4.exercise.training.truth import ActTruth, Box, PictureTruth, Present, Truth, write_truth
from s4.exercise.training.weather import Weather

LEAST_SEEN: Final = 0.05  # of somebody, else they are not in the picture
ABOUT_S: Final = 3.0  # the box of an act covers who takes part for so long
TAMPERED_AT_S: Final = 20.0


class Clip:
    """One scene being filmed. Raises `InputError` for an act or a tampering that there is not."""

    def __init__(self, scene: Scene) -> None:
        if scene.act not in ACTS:
            raise InputError(f"there is no act {scene.act!r} (there are: {', '.join(ACTS)})", field="act")
        if scene.tamper and scene.tamper not in (*TAMPERS, *REPEATED):
            known = "; ".join((*TAMPERS, *REPEATED))
            raise InputError(f"there is no tampering {scene.tamper!r} (there are: {known})", field="tamper")
        act = ACTS[scene.act]
        self.scene, self._place = scene, place_of(scene)
        usual = act.seconds if not scene.tamper else max(act.seconds, TAMPERED_AT_S + LASTS_S + 4.0)
        self.stage = Stage(self._place, scene.seed, scene.seconds or usual, act.calm_s)
        act.play(self.stage, scene.people)
        self._pictures: list[PictureTruth] = []
        self._tampered: Deed | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures, px."""
        return self._place.optics.size

    def pictures(self) -> Iterator[tuple[Image, PictureTruth]]:
        """Each picture, uint8[height, width, 3] BGR, with its truth, in order. Cost: 5 to 20 ms a picture."""
        scene, stage = self.scene, self.stage
        lamp_lit = scene.place == "room" or scene.light == "night"
        sunny = scene.light not in ("overcast", "night") or lamp_lit
        painter = Painter(self._place, Shadows(self._place, wanted=scene.shadows and sunny, lamp_lit=lamp_lit))
        weather = Weather(scene, self._place)
        tampering = Tampering(scene.tamper, scene.fps, scene.seed) if scene.tamper else None
        for number in range(round(stage.seconds * scene.fps)):
            stage.step(1 / scene.fps)
            drawn = painter.draw(stage.players, stage.things)
            image = weather.over(drawn.image, stage.now_s)
            truth = _truth_of(number, drawn, weather.shift)
            self._pictures.append(truth)
            yield (self._tamper(tampering, image) if tampering else image), truth

    def _tamper(self, tampering: Tampering, image: Image) -> Image:
        if not TAMPERED_AT_S <= self.stage.now_s < TAMPERED_AT_S + LASTS_S:
            tampering.see(image)
            return image
        if self._tampered is None:
            self._tampered = self.stage.tell("camera_tampered")
            self._tampered.end_s = TAMPERED_AT_S + LASTS_S
        return tampering.change(image)

    def truth(self) -> Truth:
        """What was filmed so far."""
        stage = self.stage
        acts = tuple(self._act(deed) for deed in stage.deeds)
        return Truth(self.scene, self.size, round(stage.now_s, 3), acts, tuple(self._pictures))

    def _act(self, deed: Deed) -> ActTruth:
        fps = self.scene.fps
        end_s = min(self.stage.now_s if deed.end_s is None else deed.end_s, self.stage.now_s)
        first, last = round(deed.start_s * fps) - 1, round(end_s * fps) - 1
        people, things = tuple(p.id for p in deed.players), tuple(t.id for t in deed.things)
        times = {name: round(second, 3) for name, second in deed.notes.items()}
        start_s, end_s = round(deed.start_s - 1 / fps, 3), round(end_s - 1 / fps, 3)
        return ActTruth(deed.kind, start_s, end_s, first, last, people, things, self._about(deed, first), times)

    def _about(self, deed: Deed, first: int) -> Box | None:
        """The thing's box, or that of all who take part in the first seconds."""
        if deed.things:
            pixels = self._place.optics.project(corners(deed.things[0], {}))[:, :2]
            low, high = pixels.min(axis=0), pixels.max(axis=0)
            return _rounded((low[0], low[1], high[0] - low[0], high[1] - low[1]))
        who = {player.id for player in deed.players}
        rows = self._pictures[max(first, 0) : first + round(ABOUT_S * self.scene.fps)]
        boxes = np.array([one.bbox for row in rows for one in row.people if one.id in who]).reshape(-1, 4)
        if not len(boxes):
            return None
        low, high = boxes[:, :2].min(axis=0), (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
        return _rounded((low[0], low[1], high[0] - low[0], high[1] - low[1]))

    def zones(self) -> list[dict[str, Any]]:
        """The zones a detector is to be told of, as tables of a camera's file (outlines: fractions)."""
        return [self._zone(zone) for zone in self.stage.zones]

    def _zone(self, zone: dict[str, Any]) -> dict[str, Any]:
        ground = np.column_stack((np.array(zone["ground"]), np.zeros(len(zone["ground"]))))
        outline = (self._place.optics.project(ground)[:, :2] / self.size).clip(0, 1)
        if "inwards" in zone:  # a line's way in goes from its left to its right
            (ax, ay), (bx, by) = outline
            middle = ground.mean(axis=0)
            ahead = self._place.optics.project(np.array([middle, middle + np.append(zone["inwards"], 0.0) * 0.1]))
            step = ahead[1, :2] - ahead[0, :2]
            width, height = self.size
            if -(by - ay) * step[0] / width + (bx - ax) * step[1] / height < 0:
                outline = outline[::-1]
        return {"id": zone["id"], "kind": zone["kind"], "outline": np.round(outline, 4).tolist()}


def _truth_of(number: int, drawn: Drawn, shift: tuple[float, float]) -> PictureTruth:
    return PictureTruth(number, _present(drawn.people, shift), _present(drawn.things, shift))


def _present(seen: list[Seen], shift: tuple[float, float]) -> tuple[Present, ...]:
    dx, dy = shift
    return tuple(
        Present(one.id, _rounded((one.box[0] + dx, one.box[1] + dy, one.box[2], one.box[3])), round(one.share, 2))
        for one in seen
        if one.share >= LEAST_SEEN
    )


def _rounded(box: tuple[float, float, float, float]) -> Box:
    x, y, w, h = (round(float(v), 1) for v in box)
    return x, y, w, h


def render(scene: Scene, path: Path) -> Truth:
    """Film a scene: `path` (MP4) with the truth beside it (`.json`), and a camera's file (`.toml`) where a zone is
    needed. Raises `InputError` when they cannot be written. Cost: about 15 ms a picture, and three seconds.
    """
    clip = Clip(scene)
    _encode(clip, path)
    truth = clip.truth()
    write_truth(truth, path.with_suffix(".json"))
    zones = clip.zones()
    if zones:
        path.with_suffix(".toml").write_text("".join(_toml(zone) for zone in zones), encoding="utf-8")
    return truth


def _encode(clip: Clip, path: Path) -> None:
    import av

    options = {"preset": "veryfast", "crf": str(clip.scene.quality)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(path), "w") as container:
            stream = container.add_stream(
                "libx264", rate=Fraction(clip.scene.fps).limit_denominator(1000), options=options
            )
            stream.width, stream.height = (side // 2 * 2 for side in clip.size)
            stream.pix_fmt = "yuv420p"
            stream.thread_count = 1
            for image, _ in clip.pictures():
                even = np.ascontiguousarray(image[: stream.height, : stream.width])
                container.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="bgr24")))
            container.mux(stream.encode())
    except (av.error.FFmpegError, OSError) as error:
        raise InputError(f"cannot be written: {error.strerror or error}", file=str(path)) from error


def _toml(zone: dict[str, Any]) -> str:
    return f'[[zone]]\nid = "{zone["id"]}"\nkind = "{zone["kind"]}"\noutline = {zone["outline"]}\n\n'
