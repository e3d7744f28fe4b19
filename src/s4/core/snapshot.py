"""A stage's private state as bytes: MessagePack behind the name and version of what it describes."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from s4.core.errors import InputError

S = TypeVar("S", bound=msgspec.Struct)


def pack(state: msgspec.Struct, name: str, version: int) -> bytes:
    """The state as bytes that only `unpack` with the same name and version accepts.

    >>> from s4.core.geo import Ellipse
    >>> unpack(pack(Ellipse(2.0, 1.0), "demo", 1), Ellipse, "demo", 1).semi_major_m
    2.0
    """
    return msgspec.msgpack.encode((name, version, state))


def unpack(data: bytes, state: type[S], name: str, version: int) -> S:
    """The state that `pack` wrote. Raises `InputError` when it is not one, or of another stage or version."""
    try:
        found_name, found_version, raw = msgspec.msgpack.decode(data, type=tuple[str, int, msgspec.Raw])
        if (found_name, found_version) != (name, version):
            raise InputError(f"a state of {found_name} version {found_version}, not of {name} version {version}")
        return msgspec.msgpack.decode(raw, type=state)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not a state of {name}: {error}") from error
