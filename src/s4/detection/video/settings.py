"""Settings of video detection, for all cameras and for one. Lengths are fractions of the picture, times are seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from s4.core.errors import ConfigError
from s4.detection.video.evidence.policy import EvidencePolicy

Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Seconds = Annotated[float, Meta(gt=0.0, le=86_400.0)]
Latitude = Annotated[float, Meta(ge=-90.0, le=90.0)]
Longitude = Annotated[float, Meta(ge=-180.0, le=180.0)]
TiePoint = tuple[Fraction, Fraction, Latitude, Longitude]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one camera is watched.

    `analysed_fps`: pictures analysed a second at most; `width_px`: width they are reduced to; `pixel_aspect`: width ÷
    height of one pixel of the file (2.0 when the height was stored doubled; 0: as the file says, or as its size
    betrays); `person_height`: least and greatest
    height of a standing person, as fractions of the picture's height; `perspective`: two pairs (row of the feet,
    height of a person standing there), both fractions of the picture's height, which replace the range; `ground`:
    four points (x, y, lat, lon) on the ground, x and y fractions of the picture; `heading_deg`: where the camera looks,
    clockwise from north, with which people's heights replace the four points; `behaviours`: those to run, all
    when empty; `zone_dwell_s`: a person counts as in a zone after this long; `unattended_after_s`: a thing is left
    behind when nobody was near it for this long; `removed_after_s`: a thing was taken away when its place has been
    bare for this long; `update_every_s`: what goes on is not said again sooner;
    `loitering_after_s`: who stays in a zone for this long loiters; `loitering_anywhere_after_s`: or on one spot, where
    a camera has no such zone; `tailgating_within_s`: who goes through a door so soon after another one follows them;
    `gathering_people`, `gathering_after_s`: so many people who stand together for so long gather; `crowded_m2`,
    `crowded_after_s`: so many people a square metre for so long are too many (Fruin's level F: 2.17);
    `learning_s`: memory of the background model; `tamper_after_s`: a camera that does not
    show its place for so long was tampered with; `gap_s`: a track survives unseen for this long;
    `models`: ONNX files that find people and things, from the folder of the description; `model_windows`: windows a
    side in which they look, more than one for small people; `evidence`: what clips are made of what happens.
    """

    analysed_fps: Annotated[float, Meta(gt=0.0, le=60.0)] = 5.0
    width_px: Annotated[int, Meta(ge=64, le=1920)] = 640
    pixel_aspect: Annotated[float, Meta(ge=0.0, le=4.0)] = 0.0
    person_height: tuple[Fraction, Fraction] = (0.08, 0.9)
    perspective: tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]] | None = None
    ground: tuple[TiePoint, TiePoint, TiePoint, TiePoint] | None = None
    heading_deg: Annotated[float, Meta(ge=0.0, lt=360.0)] | None = None
    behaviours: tuple[str, ...] = ()
    zone_dwell_s: Annotated[float, Meta(ge=0.0, le=3600.0)] = 1.0
    unattended_after_s: Seconds = 15.0
    removed_after_s: Seconds = 6.0
    loitering_after_s: Seconds = 60.0
    loitering_anywhere_after_s: Seconds = 180.0
    tailgating_within_s: Seconds = 2.0
    update_every_s: Seconds = 5.0
    learning_s: Seconds = 200.0
    tamper_after_s: Seconds = 2.0
    gathering_people: Annotated[int, Meta(ge=3, le=1000)] = 6
    gathering_after_s: Seconds = 30.0
    crowded_m2: Annotated[float, Meta(gt=0.0, le=10.0)] = 2.17
    crowded_after_s: Seconds = 5.0
    gap_s: Annotated[float, Meta(gt=0.0, le=10.0)] = 1.5
    models: Annotated[tuple[str, ...], Meta(max_length=4)] = ()
    model_windows: Annotated[int, Meta(ge=1, le=4)] = 1
    evidence: EvidencePolicy = EvidencePolicy()

    def __post_init__(self) -> None:
        if 0.0 < self.pixel_aspect < 0.25:
            raise ValueError("pixel_aspect must be 0.25 to 4, or 0")
        if not self.person_height[0] < self.person_height[1]:
            raise ValueError("person_height must be (least, greatest)")
        if self.perspective and self.perspective[0][0] == self.perspective[1][0]:
            raise ValueError("perspective needs two different rows")


def read_settings(options: Mapping[str, Any], camera: str) -> Settings:
    """The stage's options → the settings of one camera. `options["cameras"][camera]` goes over the common ones.

    Raises `ConfigError` naming the field.

    >>> read_settings({"analysed_fps": 4, "cameras": {"cam-1": {"zone_dwell_s": 3}}}, "cam-1").zone_dwell_s
    3.0
    >>> read_settings({"analysed_fps": "fast"}, "cam-1")
    Traceback (most recent call last):
    s4.core.errors.ConfigError: stages.video (cam-1): Expected `float`, got `str` - at `$.analysed_fps`
    """
    cameras = options.get("cameras", {})
    if not isinstance(cameras, Mapping) or not isinstance(cameras.get(camera, {}), Mapping):
        raise ConfigError("must be a table of tables, one for each camera", field="stages.video.cameras")
    merged = {name: value for name, value in options.items() if name != "cameras"} | dict(cameras.get(camera, {}))
    try:
        return msgspec.convert(merged, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(str(error), field=f"stages.video ({camera})") from error
