"""Loggers: structlog, without the rich that it would load.

`structlog.dev` imports rich wherever rich is installed, to draw tracebacks that we print plainly: 5 MB and a tenth of a
second that an edge node shall not pay. So structlog is imported here, once, while rich cannot be found, and everybody
else takes it from here.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

__all__ = ["get_logger", "structlog"]

_RICH: Final = "rich"


def _import_structlog() -> ModuleType:
    if _RICH in sys.modules:  # somebody has paid already
        return import_module("structlog")
    sys.modules[_RICH] = None  # type: ignore[assignment]  # Python's own way to say that it cannot be imported
    try:
        return import_module("structlog")
    finally:
        del sys.modules[_RICH]


if TYPE_CHECKING:
    import structlog
else:
    structlog = _import_structlog()


def get_logger(name: str) -> Any:
    """A logger whose lines carry fields: `log.warning("what happened", device="d1")`."""
    return structlog.get_logger(name)
