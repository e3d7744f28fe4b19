"""What a clip is to show: the place, the camera, the light and weather, how many people, and the act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from s4.core.errors import InputError

Light = Literal["day", "evening", "overcast", "clouds", "night", "switched"]
Where = Literal["square", "stadium", "station", "room"]


class Scene(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One clip. The same scene gives the same pictures and the same truth.

    `act`: what happens (see `acts.ACTS`); `condition`: the name under which its figures are summed up; `seed`: who,
    where and which way; `place`; `height_m`, `tilt_deg`, `view_deg`: the camera over the ground, how far it looks
    down, its horizontal angle of view; `light`: `clouds` change it by a third within seconds, lamps of a room or
    street make it at night, `switched` most of it goes out for 8 to 20 s and comes on again; `shadows`: whether the sun
    or the lamps cast any; `rain`: 0 none to 1 a downpour; `fog_m`: how far one sees (0: no fog); `noise`: of the
    sensor, grey levels; `shake_px`: of the mast, root mean square; `people`: others who walk about; `tamper`: what is
    done to the camera, besides (see `tamper.TAMPERS`); `seconds`: 0 as long as the act needs; `fps`: pictures a second;
    `width`: of the picture, px, 16 to 9;
    `quality`: x264's constant rate factor, smaller is better.
    """

    act: str = "walkers"
    condition: str = "plain"
    seed: int = 1
    place: Where = "square"
    height_m: Annotated[float, Meta(ge=2.0, le=30.0)] = 6.0
    tilt_deg: Annotated[float, Meta(ge=5.0, le=70.0)] = 24.0
    view_deg: Annotated[float, Meta(ge=20.0, le=110.0)] = 62.0
    light: Light = "day"
    shadows: bool = True
    rain: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.0
    fog_m: Annotated[float, Meta(ge=0.0, le=1000.0)] = 0.0
    noise: Annotated[float, Meta(ge=0.0, le=30.0)] = 2.5
    shake_px: Annotated[float, Meta(ge=0.0, le=10.0)] = 0.0
    people: Annotated[int, Meta(ge=0, le=200)] = 5
    width: Annotated[int, Meta(ge=160, le=1920)] = 640
    tamper: str = ""
    seconds: Annotated[float, Meta(ge=0.0, le=86_400.0)] = 0.0
    fps: Annotated[float, Meta(ge=1.0, le=60.0)] = 12.5
    quality: Annotated[int, Meta(ge=0, le=40)] = 20


def scene_of(fields: Mapping[str, Any]) -> Scene:
    """A scene of some fields, which may be texts. Raises `InputError` naming the field.

    >>> scene_of({"act": "fall", "rain": "0.5"}).rain
    0.5
    >>> scene_of({"rain": "much"})
    Traceback (most recent call last):
    s4.core.errors.InputError: scene: Expected `float`, got `str` - at `$.rain`
    """
    try:
        return msgspec.convert(fields, Scene, strict=False)
    except msgspec.ValidationError as error:
        raise InputError(str(error), field="scene") from error
