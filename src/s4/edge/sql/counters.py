"""What happened to the rows at each step of a rule."""

from __future__ import annotations

import msgspec


class Counter(msgspec.Struct):
    """One step. `dropped`: rows for which a bound left no room; `late`: rows that came after their time was over."""

    rows_in: int = 0
    rows_out: int = 0
    errors: int = 0
    late: int = 0
    dropped: int = 0
    reason: str = ""

    def fail(self, reason: str) -> None:
        """Count an error and keep its reason."""
        self.errors += 1
        self.reason = reason


class Counters:
    """The steps of a rule by name, in the order in which rows pass them."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.steps = {name: Counter() for name in names}

    def __getitem__(self, name: str) -> Counter:
        return self.steps[name]
