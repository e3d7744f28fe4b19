"""Where a command's lines go: a file, or standard output."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from s4.core.errors import InputError


@contextlib.contextmanager
def lines_to(out: Path | None) -> Iterator[Callable[[bytes], object]]:
    """A function that writes one line. A reader that has had enough (`| head`) ends the work quietly.

    Raises `InputError` when `out` cannot be written.
    """
    try:
        with contextlib.ExitStack() as stack:
            sink = stack.enter_context(out.open("wb")) if out else sys.stdout.buffer
            yield lambda line: sink.write(line + b"\n")
            sink.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", file=str(out or "stdout")) from error
