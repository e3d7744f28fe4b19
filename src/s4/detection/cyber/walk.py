"""The threshold random walk: is a source that tries many targets, mostly in vain, a scanner?

A sequential test of two hypotheses over a source's first attempts at distinct targets: a benign source is answered
with probability `theta0`, a scanner with `theta1`. Each failure multiplies the likelihood ratio by
(1 − θ1)/(1 − θ0), each answer by θ1/θ0; a scan is declared above PD/PF.
Source: Jung, Paxson, Berger, Balakrishnan: Fast portscan detection using sequential hypothesis testing. IEEE S&P 2004,
with its parameters for TCP (0.8, 0.2, PD 0.99, PF 0.01: four failures). Here attempts are forgotten after a window.
"""

from __future__ import annotations

from math import exp, log
from typing import Final

import msgspec

from s4.core.clock import NS_PER_S
from s4.detection.cyber.recent import oldest, touch

LARGEST_LOG: Final = 30.0


class Hypotheses(msgspec.Struct, frozen=True):
    """`theta0`, `theta1`: probability that a benign source's, and a scanner's, attempt is answered.

    >>> round(Hypotheses(0.8, 0.2).failure, 3), round(Hypotheses(0.8, 0.2).answer, 3)
    (1.386, -1.386)
    """

    theta0: float
    theta1: float

    @property
    def failure(self) -> float:
        """What a failure adds to the log-likelihood ratio."""
        return log((1 - self.theta1) / (1 - self.theta0))

    @property
    def answer(self) -> float:
        """What an answer adds to it (negative)."""
        return log(self.theta1 / self.theta0)


class Attempt(msgspec.Struct):
    """The attempts at one target: ns UTC of the last, what they add to the walk, and whether it answered."""

    time: int
    gain: float
    answered: bool


class Walk(msgspec.Struct):
    """The distinct targets of one source within the window, the longest untouched first. At most `most` of them."""

    attempts: dict[str, Attempt] = {}

    def take(self, target: str, time: int, *, answered: bool, hypotheses: Hypotheses) -> bool:
        """Note an attempt at `target`; returns whether the target is a new one.

        A target that answers once counts as answered: the attempt before may have been a lost packet.
        """
        known = self.attempts.get(target)
        if known is None:
            gain = hypotheses.answer if answered else hypotheses.failure
            self.attempts[target] = Attempt(time, gain, answered)
            return True
        if answered and not known.answered:
            known.gain, known.answered = hypotheses.answer, True
        known.time = max(known.time, time)
        touch(self.attempts, target, known)
        return False

    def forget(self, time: int, window_s: float, most: int) -> None:
        """Drop what is older than the window at `time`, and what is too much."""
        while self.attempts:
            target, first = oldest(self.attempts)
            if time - first.time <= window_s * NS_PER_S and len(self.attempts) <= most:
                return
            del self.attempts[target]

    def log_ratio(self) -> float:
        """The log-likelihood ratio of scanner against benign."""
        return sum(attempt.gain for attempt in self.attempts.values())

    def failed(self) -> int:
        """How many targets did not answer."""
        return sum(not attempt.answered for attempt in self.attempts.values())


def threshold(detection_rate: float, false_rate: float) -> float:
    """The log-likelihood ratio above which a scan is declared (Wald's bound).

    >>> round(exp(threshold(0.99, 0.01)))
    99
    """
    return log(detection_rate / false_rate)


def posterior(log_ratio: float, prior: float) -> float:
    """The probability of a scan after the walk, at most 0.99: the hypotheses themselves may be wrong.

    >>> posterior(0.0, 0.1)
    0.1
    """
    odds = exp(min(log_ratio, LARGEST_LOG)) * prior / (1 - prior)
    return min(odds / (1 + odds), 0.99)
