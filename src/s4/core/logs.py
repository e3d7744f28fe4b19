"""Loggers: structlog, without the rich that it would load. Everybody takes it from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s4.core.lean import import_without

__all__ = ["get_logger", "structlog"]

if TYPE_CHECKING:
    import structlog
else:
    structlog = import_without("structlog", "rich")


def get_logger(name: str) -> Any:
    """A logger whose lines carry fields: `log.warning("what happened", device="d1")`."""
    return structlog.get_logger(name)
