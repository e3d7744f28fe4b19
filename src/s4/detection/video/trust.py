"""How far a track can be believed to be a person, by counting."""

from __future__ import annotations

from s4.detection.video.track import Track


def rate(part: float, whole: float) -> float:
    """A share of few trials, by Laplace's rule: never certain.

    >>> rate(8, 8)
    0.9
    """
    return (part + 1) / (whole + 2)


def trust(track: Track) -> float:
    """In how many pictures something was there, times in how many of those it had a person's shape, 0–1."""
    return rate(track.hits, track.hits + track.misses) * rate(track.upright, track.hits)
