"""The third step: rows → rows with other units, fields, names and constants, as the export's `transform` says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from s4.adapters.export.rows import TIMES, Row
from s4.core.clock import NS_PER_S, format_time
from s4.core.export import Transform
from s4.core.units import parse_unit

_TIMES: Final = (*TIMES, "opened", "expires")


class Change:
    """A transform, made once. `table`: times stay what they are, since a table knows what a time is."""

    def __init__(self, transform: Transform, *, table: bool = False) -> None:
        self._transform = transform
        self._nothing = transform == Transform()
        self._as_text = transform.times == "rfc3339" and not table
        self._scale = {unit: _scale(unit, to) for unit, to in transform.units.items()}

    def of(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows, changed. Cost: 1 µs a row and change.

        >>> change = Change(Transform({"value": "celsius"}, {"K": "Cel"}, {"city": "bilbao"}, ("time", "unit")))
        >>> list(change.of([{"id": "obs-1", "time": 5, "value": 293.15, "unit": "K"}]))
        [{'id': 'obs-1', 'celsius': 20.0, 'city': 'bilbao'}]
        """
        if self._nothing:
            yield from rows
            return
        for row in rows:
            self._convert(row)
            if self._as_text:
                row.update((name, rfc3339(row[name])) for name in _TIMES if isinstance(row.get(name), int))
            for name in self._transform.drop:
                row.pop(name, None)
            yield {self._transform.rename.get(name, name): value for name, value in row.items()} | self._transform.add

    def _convert(self, row: Row) -> None:
        scale = self._scale.get(row.get("unit", ""))
        if scale is not None and isinstance(row.get("value"), float):
            factor, offset, unit = scale
            row["value"], row["unit"] = row["value"] * factor + offset, unit


def _scale(unit: str, to: str) -> tuple[float, float, str]:
    """`value * factor + offset` is the quantity in `to`."""
    source, target = parse_unit(unit), parse_unit(to)
    return source.factor / target.factor, (source.offset - target.offset) / target.factor, to


def rfc3339(when: int) -> str:
    """Ns UTC → RFC 3339, with all nine digits of the second's fraction.

    >>> rfc3339(1777658400500000001)
    '2026-05-01T18:00:00.500000001Z'
    """
    return f"{format_time(when)[:-5]}.{when % NS_PER_S:09d}Z"
