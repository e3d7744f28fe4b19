"""What s4 says by itself travels down the street as observations of the source `s4`, under names that no device may
use: the body is a struct, as plain values.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from s4.core.errors import InputError
from s4.core.ids import derive_id
from s4.core.model.observation import Observation
from s4.core.subjects import SYSTEM

T = TypeVar("T", bound=msgspec.Struct)


def say(property: str, about: str, what: msgspec.Struct, site: str, now: int) -> Observation:
    """The observation of `property` that carries `what` is said of `about`. Its id follows from all of that."""
    key = derive_id("obs", SYSTEM, property, about, now, msgspec.json.encode(what))
    return Observation(key, SYSTEM, property, now, site, now, msgspec.to_builtins(what))


def hear(seen: Observation, property: str, kind: type[T]) -> T | None:
    """What an observation of `property` carries; None when it is of something else. Raises `InputError`."""
    if seen.source != SYSTEM or seen.property != property:
        return None
    try:
        return msgspec.convert(dict(seen.body), kind)
    except msgspec.ValidationError as error:
        raise InputError(str(error), field=seen.property) from error
