"""What somebody may have meant by a name that is not there."""

from __future__ import annotations

from collections.abc import Iterable


def meant(name: str, known: Iterable[str]) -> str:
    """The nearest known name as the end of a complaint, or nothing when none is near.

    >>> meant("avrage", ["average", "count"])
    '; did you mean average?'
    """
    from difflib import get_close_matches

    near = get_close_matches(name[:60], known, 1)
    return f"; did you mean {near[0]}?" if near else ""
