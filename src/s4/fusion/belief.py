"""How probable it is that an incident is real, from what was stated: log-odds that add up.

    L = logit(prior) + Σ over sources Σ over k of REPEAT^k · logit(c_k)

`prior` is the highest prior of the kinds stated; c_k are the confidences of one source's statements, strongest
first. A source that says the same again is not a second witness: its further statements count less and less, so
that all of them together never weigh more than 1/(1 − REPEAT) = 1.43 times the first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

REPEAT: Final = 0.3
SUREST: Final = 0.98
"""A detector that claims to be surer than this is believed no more than this: it errs in ways that it does not see."""
Z90: Final = 1.6448536269514722


class Belief(NamedTuple):
    """The probability and its 90 % band."""

    probability: float
    low: float
    high: float


def logit(p: float) -> float:
    """Log-odds of a probability. Raises ValueError at 0 and 1.

    >>> logit(0.5)
    0.0
    """
    return math.log(p / (1 - p))


def sigmoid(x: float) -> float:
    """The probability of log-odds."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def weight_of(confidence: float) -> float:
    """The log-odds that a statement of this confidence adds, within ±logit(SUREST).

    >>> weight_of(0.5), weight_of(1.0) == weight_of(0.98)
    (0.0, True)
    """
    return logit(min(max(confidence, 1 - SUREST), SUREST))


def believe(prior: float, statements: Mapping[str, Sequence[float]]) -> Belief:
    """The belief from the log-odds of each source's statements.

    The band is that of a Beta law worth n = 2 + Σ REPEAT^k statements, on the log-odds scale:
    L ± 1.645 / √(n p (1 − p)). More independent witnesses make it narrower, one that repeats itself hardly.
    """
    total, n = logit(prior), 2.0
    for weights in statements.values():
        for k, weight in enumerate(sorted(weights, key=lambda w: (-abs(w), w))):
            total += REPEAT**k * weight
            n += REPEAT**k
    p = min(max(sigmoid(total), 0.001), 0.999)
    half = Z90 / math.sqrt(n * p * (1 - p))
    return Belief(p, sigmoid(logit(p) - half), sigmoid(logit(p) + half))


def by_source(rows: Iterable[tuple[str, float]]) -> dict[str, list[float]]:
    """(source, log-odds) rows → log-odds by source."""
    found: dict[str, list[float]] = {}
    for source, weight in rows:
        found.setdefault(source, []).append(weight)
    return found
