"""The rules' state as bytes and back. Pairs are found again by rule and series, so a changed file keeps what it can."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np

from s4.core.model import Series
from s4.core.snapshot import pack, unpack
from s4.edge.hysteresis import Pairs
from s4.edge.judges import Judges, Stream
from s4.edge.matches import Matches
from s4.edge.panes import Panes, Windows

_NAME: Final = "rules"
_VERSION: Final = 1


class _Columns(msgspec.Struct, frozen=True):
    types: tuple[str, ...]
    data: tuple[bytes, ...]


class _State(msgspec.Struct, frozen=True):
    rules: tuple[str, ...]
    series: tuple[tuple[str, str, str], ...]
    times: _Columns
    pairs: list[tuple[Stream, _Columns]]
    windows: list[tuple[tuple[int, int], _Columns, _Columns]]
    active: list[tuple[str, str, str]]
    counts: dict[str, int]


def write(judges: Judges, matches: Matches) -> bytes:
    """The state, complete."""
    state = _State(
        rules=tuple(rule.fingerprint() for rule in judges.rules),
        series=tuple(judges.known),
        times=_freeze(judges.newest, judges.heard),
        pairs=[(stream, _pairs(pairs)) for stream, pairs in judges.pairs.items()],
        windows=[(span, _freeze(*w.open.columns()), _freeze(w.closed)) for span, w in judges.windows.items()],
        active=[(rule, source, happening) for (rule, source), happening in matches.active.items()],
        counts=dict(judges.counts),
    )
    return pack(state, _NAME, _VERSION)


def read(data: bytes, judges: Judges, matches: Matches) -> None:
    """Put a state into new, empty `judges` and `matches`. Raises `InputError` for another version's."""
    state = unpack(data, _State, _NAME, _VERSION)
    for row in state.series:
        judges.number(Series(*row))
    judges.counts.clear()
    judges.counts.update(state.counts)
    judges.newest, judges.heard = _thaw(state.times)
    same = {rule.fingerprint(): number for number, rule in enumerate(judges.rules)}
    moved = np.array([same.get(fingerprint, -1) for fingerprint in state.rules], np.int64)
    for stream, columns in state.pairs:
        if stream in judges.pairs:
            _restore_pairs(judges.pairs[stream], moved, _thaw(columns))
    for span, panes, closed in state.windows:
        if span in judges.windows:
            _restore_windows(judges.windows[span], _thaw(panes), _thaw(closed)[0])
    kept = {rule.id for rule in matches.rules if rule.fingerprint() in state.rules}
    matches.active = {(rule, source): happening for rule, source, happening in state.active if rule in kept}


def _pairs(pairs: Pairs) -> _Columns:
    busy = pairs.on | pairs.fired
    return _freeze(*(getattr(pairs, name)[busy] for name in ("rule", "series", *Pairs.STATE)))


def _restore_pairs(pairs: Pairs, moved: Any, columns: list[Any]) -> None:
    place = {key: i for i, key in enumerate(zip(pairs.rule.tolist(), pairs.series.tolist(), strict=True))}
    rule, series = moved[columns[0]], columns[1]
    found = [place.get(key, -1) for key in zip(rule.tolist(), series.tolist(), strict=True)]
    index = np.array(found, np.int64)
    for name, column in zip(Pairs.STATE, columns[2:], strict=True):
        getattr(pairs, name)[index[index >= 0]] = column[index >= 0]


def _restore_windows(windows: Windows, panes: list[Any], closed: Any) -> None:
    table = Panes(*panes)
    windows.open = table.take(windows.wanted[table.series])
    windows.closed = closed


def _freeze(*columns: Any) -> _Columns:
    return _Columns(tuple(c.dtype.str for c in columns), tuple(c.tobytes() for c in columns))


def _thaw(columns: _Columns) -> list[Any]:
    pairs = zip(columns.types, columns.data, strict=True)
    return [np.frombuffer(data, np.dtype(kind)).copy() for kind, data in pairs]
