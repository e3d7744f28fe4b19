"""Where a command's lines go: a file, or standard output."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from s4.core.errors import InputError


class _EnoughError(Exception):
    """Whoever read has had enough."""


@contextlib.contextmanager
def lines_to(out: Path | None, *, at_once: bool = False) -> Iterator[Callable[[bytes], None]]:
    """A function that writes one line. A reader that has had enough (`| head`) ends the work quietly.

    `at_once`: each line is passed on when it is written, for those who wait for it.
    Raises `InputError` when `out` cannot be written.
    """
    with contextlib.ExitStack() as stack:
        with _complaining(out):
            sink = stack.enter_context(out.open("wb")) if out else sys.stdout.buffer

        def write(line: bytes) -> None:
            with _complaining(out):
                sink.write(line + b"\n")
                if at_once:
                    sink.flush()

        with contextlib.suppress(_EnoughError):
            yield write
            _finish(sink, out)


def _finish(sink: IO[bytes], out: Path | None) -> None:
    with _complaining(out):
        sink.flush()


@contextlib.contextmanager
def _complaining(out: Path | None) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise _EnoughError from error
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", file=str(out or "stdout")) from error
