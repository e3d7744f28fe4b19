"""Structured logs: for people on a terminal, JSON lines otherwise. Secrets never get this far."""

from __future__ import annotations

import logging
import sys

from s4.core.logs import structlog


def configure_logs(*, verbose: bool = False, as_json: bool | None = None) -> None:
    """Set up once, before anything is logged. JSON lines when stderr is not a terminal, unless told otherwise."""
    level = logging.DEBUG if verbose else logging.INFO
    json_lines = not sys.stderr.isatty() if as_json is None else as_json
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if json_lines
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info] if json_lines else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
