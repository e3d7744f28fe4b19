"""A door's own settings: the free table of `city.toml` → a checked struct, or one clear complaint."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from s4.core.errors import ConfigError, InputError

T = TypeVar("T", bound=msgspec.Struct)

_AT = re.compile(r" - at `\$\.?(.*)`$", re.DOTALL)
_FIELD = re.compile(r"Object (missing required|contains unknown) field `(.*)`$", re.DOTALL)
_TYPES = re.compile(r"`([a-z]+(?: \| [a-z]+)*)`")
_PLAIN = {
    "float": "a number", "int": "a whole number", "str": "text", "bool": "true or false", "null": "nothing",
    "array": "a list", "object": "an object",
}  # fmt: skip


def _in_words(types: re.Match[str]) -> str:
    words = [_PLAIN.get(code) for code in types[1].split(" | ")]
    return " or ".join(word for word in words if word) if all(words) else types[0]


def complaint(error: Exception) -> InputError:
    """What a decoder of JSON or of settings found wrong → one sentence with the field, in plain words.

    >>> try:
    ...     msgspec.json.decode(b'{"a": true}', type=dict[str, float])
    ... except msgspec.ValidationError as error:
    ...     print(complaint(error))
    [...]: expected a number, got true or false
    """
    if isinstance(error, RecursionError):
        return InputError("is nested too deeply")
    if isinstance(error, UnicodeDecodeError):
        return InputError("is not UTF-8 text")
    text = str(error)
    place = _AT.search(text)
    text, field = _AT.sub("", text), place[1][:200] if place else ""
    if of_field := _FIELD.match(text):
        text = "is missing" if of_field[1].startswith("missing") else "is not known here"
        field = f"{field}.{of_field[2][:80]}" if field else of_field[2][:80]
    text = _TYPES.sub(_in_words, text)
    text = text if text.startswith("JSON") else text[:1].lower() + text[1:]
    return InputError(text[:300].replace("\n", " "), field=field.replace("\n", " ") or None)


def read_options(kind: type[T], options: Mapping[str, Any], owner: str) -> T:
    """The settings `options` of `owner` (as in `source[cam-1]`) as a `kind`.

    Raises `ConfigError` naming the setting when one is unknown, missing or of the wrong type.

    >>> class Options(msgspec.Struct, forbid_unknown_fields=True):
    ...     path: str
    >>> read_options(Options, {"path": 3}, "source[log-1]")
    Traceback (most recent call last):
    s4.core.errors.ConfigError: source[log-1].options.path: expected text, got a whole number
    """
    try:
        return msgspec.convert(dict(options), kind)
    except msgspec.ValidationError as error:
        found = complaint(error)
        field = f"{owner}.options" + (f".{found.field}" if found.field else "")
        raise ConfigError(found.reason, field=field) from error
