"""A window said in words, for people who ask what a rule does."""

from __future__ import annotations

from s4.edge.sql.tree import Window
from s4.edge.sql.unparse import unparse


def window_text(window: Window) -> str:
    """What a window is, in words.

    >>> window_text(Window(kind="hopping", length_ms=10_000, interval_ms=5_000))
    'hopping, length 10 s, every 5 s'
    """
    words: list[str] = [window.kind, *_lengths(window)]
    words += [f"rows where {unparse(window.where)}"] if window.where is not None else []
    words += [f"when {unparse(window.when)}"] if window.when is not None else []
    words += [f"one for each {', '.join(map(unparse, window.partition))}"] if window.partition else []
    return ", ".join(words)


def _lengths(window: Window) -> list[str]:
    if window.kind == "count":
        return [f"last {window.length} rows, every {window.interval or window.length}"]
    if window.begin is not None and window.end is not None:
        return [f"from {unparse(window.begin)} to {unparse(window.end)}"]
    words = [f"length {_duration(window.length_ms)}"]
    if window.interval_ms:
        words.append(f"{'ends after' if window.kind == 'session' else 'every'} {_duration(window.interval_ms)}")
    return words + ([f"delay {_duration(window.delay_ms)}"] if window.delay_ms else [])


def _duration(ms: int) -> str:
    return f"{ms / 1000:g} s"
