"""The words of the language, for whoever completes what people write."""

from __future__ import annotations

from typing import Final

KEYWORDS: Final = (
    "AND", "AS", "ASC", "BETWEEN", "BY", "CASE", "CROSS", "DESC", "ELSE", "END", "EXCEPT", "FALSE", "FILTER", "FROM",
    "FULL", "GROUP", "HAVING", "IN", "INNER", "INVISIBLE", "JOIN", "LEFT", "LIKE", "LIMIT", "NOT", "ON", "OR", "ORDER",
    "OVER", "PARTITION", "REPLACE", "RIGHT", "SELECT", "THEN", "TRUE", "WHEN", "WHERE",
)  # fmt: skip
WINDOWS: Final = (
    "TUMBLINGWINDOW(ss, 10)", "HOPPINGWINDOW(ss, 60, 10)", "SLIDINGWINDOW(ss, 10)", "SESSIONWINDOW(mi, 10, 1)",
    "COUNTWINDOW(10)", "STATEWINDOW(value > 1, value < 0)",
)  # fmt: skip
"""Each with arguments that make sense."""
