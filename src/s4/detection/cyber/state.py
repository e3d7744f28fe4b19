"""Reading a stage's options and its snapshot, with one clear complaint when they are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from s4.core.errors import ConfigError, InputError

T = TypeVar("T")


def read_options(options: Mapping[str, Any], into: type[T], stage: str) -> T:
    """A stage's options, checked. Raises `ConfigError` naming the field."""
    try:
        return msgspec.convert(options, into)
    except msgspec.ValidationError as error:
        raise ConfigError(str(error), field=f"stages.{stage}") from error


def read_state(state: bytes, version: str, into: type[T], stage: str) -> T:
    """What a stage wrote as `msgpack((version, state))`. Raises `InputError` for another version or other bytes."""
    try:
        found, kept = msgspec.msgpack.decode(state, type=tuple[str, msgspec.Raw])
        if found != version:
            raise InputError(f"is of version {found[:20]!r}, not {version!r}", field=f"{stage} snapshot")
        return msgspec.msgpack.decode(kept, type=into)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", field=f"{stage} snapshot") from error
