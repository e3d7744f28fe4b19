"""Reading a text that a person wrote, whole, and no more than it may hold."""

from __future__ import annotations

from pathlib import Path

from s4.core.errors import ConfigError


def read_text(path: Path, most: int) -> str:
    """The text of a file of at most `most` bytes of UTF-8. Raises `ConfigError` naming the file.

    >>> read_text(Path("no-such.toml"), 1024)
    Traceback (most recent call last):
    s4.core.errors.ConfigError: no-such.toml: cannot be read: No such file or directory
    """
    try:
        if path.stat().st_size > most:
            raise ConfigError(f"is larger than {most >> 10} KiB", file=str(path))
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError("cannot be read: is not UTF-8 text", file=str(path)) from error
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", file=str(path)) from error
