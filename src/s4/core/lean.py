"""Being lean: importing a library without some of what it would bring along, and giving back what is freed.

Large libraries import optional companions wherever those are installed, also where nobody asks for them: structlog
loads rich (5 MB, a tenth of a second) for tracebacks that we print plainly, Arrow's Parquet the libraries of three
cloud stores (8 MB). An edge node of 150 MB shall not pay for that.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from importlib import import_module, reload
from threading import RLock
from typing import Any, Final

_CLOUDS: Final = ("pyarrow._s3fs", "pyarrow._gcsfs", "pyarrow._azurefs", "pyarrow._hdfs")
_M_ARENA_MAX: Final = -8
"""The number of glibc's option in `<malloc.h>`."""
_importing: Final = RLock()  # what is hidden is hidden from every thread


def import_without(name: str, *companions: str) -> Any:
    """The module `name`, imported while `companions` cannot be found; what is loaded already stays as it is.

    >>> import_without("json", "nothing.of.the.kind").loads("[1]")
    [1]
    """
    with _importing:
        hidden = [] if name in sys.modules else [one for one in companions if one not in sys.modules]
        for one in hidden:
            sys.modules[one] = None  # type: ignore[assignment]  # Python's own way to say that it cannot be imported
        try:
            return import_module(name)
        finally:
            for one in hidden:
                del sys.modules[one]


def parquet() -> Any:
    """`pyarrow.parquet`, for files that are ours: without what reaches the stores of Amazon, Google and Microsoft."""
    return import_without("pyarrow.parquet", *_CLOUDS)


def cloud_stores() -> Any:
    """`pyarrow.fs` with the clouds' stores, also where `parquet` was there first. Raises `ImportError`."""
    with _importing:
        store = import_module("pyarrow.fs")
        return store if "pyarrow._s3fs" in sys.modules else reload(store)


def few_heaps() -> None:
    """Let all threads take their memory from two heaps, instead of eight for every core, of which each keeps what was
    freed in it: 6 MB less in an edge node of 20 threads. To be called before there are threads. Elsewhere than on
    glibc it does nothing.

    >>> few_heaps()
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)
