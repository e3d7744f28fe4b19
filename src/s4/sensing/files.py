"""Lines of a file, plain or compressed, each bounded."""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from s4.core.errors import InputError
from s4.core.model.raw import LARGEST_RAW


class Line(NamedTuple):
    """`number` counts from 1; `text` without the line end, or only its start when `too_long` (over 1 MiB)."""

    number: int
    text: bytes
    too_long: bool = False


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the lines of `path`; `.gz` and `.xz` are decompressed on the way. Never holds more than one line.

    Raises `InputError` naming the file when it is missing, unreadable or damaged.
    """
    number = 0
    try:
        with _open(path) as file:
            while text := file.readline(LARGEST_RAW + 1):
                number += 1
                too_long = len(text) > LARGEST_RAW and not text.endswith(b"\n")
                yield Line(number, text[:1024] if too_long else text.rstrip(b"\r\n"), too_long)
                while too_long and text and not text.endswith(b"\n"):
                    text = file.readline(LARGEST_RAW)
    except FileNotFoundError as error:
        raise InputError("there is no such file", file=str(path)) from error
    except (OSError, EOFError, lzma.LZMAError) as error:
        reason = f"cannot be read ({getattr(error, 'strerror', None) or error})"
        raise InputError(reason, file=str(path), line=number + 1) from error


def _open(path: Path) -> BinaryIO | gzip.GzipFile | lzma.LZMAFile:
    if path.suffix == ".gz":
        return gzip.GzipFile(path, "rb")
    if path.suffix == ".xz":
        return lzma.LZMAFile(path, "rb")
    return path.open("rb")
