"""How bad, how soon, how sure: the words of the Common Alerting Protocol 1.2 (OASIS, 2010, section 3.2.2)."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """How bad it is for life or property."""

    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class Urgency(StrEnum):
    """How soon somebody has to act."""

    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    FUTURE = "Future"
    PAST = "Past"
    UNKNOWN = "Unknown"


class Certainty(StrEnum):
    """How sure it is."""

    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"

    @classmethod
    def of_probability(cls, probability: float) -> Certainty:
        """CAP's own thresholds: observed (about 1), likely (over 0.5), possible (up to 0.5), unlikely (about 0).

        >>> Certainty.of_probability(0.82)
        <Certainty.LIKELY: 'Likely'>
        """
        if probability >= 0.98:
            return cls.OBSERVED
        if probability > 0.5:
            return cls.LIKELY
        return cls.POSSIBLE if probability > 0.05 else cls.UNLIKELY
