"""On real rooms nobody is called for nothing: 18 series of a room's air over weeks, no fault in them."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from s4.core.model import Detection, ObservationBatch, Series
from tests.edge.unusual.series import DAY, S, stage


def recording(path: Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Times (ns) and the columns of one file, whose header does not name the first column."""
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    time = [int(datetime.fromisoformat(row[1]).replace(tzinfo=UTC).timestamp()) * S for row in rows]
    return np.array(time), {name: np.array([float(r[k]) for r in rows]) for k, name in enumerate(header[1:], 2)}


def test_at_most_one_alarm_in_a_month_of_a_series(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s4.edge.unusual.stage._TOGETHER", 10**6)  # all series side by side: quicker
    one, started, days = stage(), list[Detection](), 0.0
    for path in sorted((data_dir / "iaq" / "occupancy").glob("*.txt")):
        time, columns = recording(path)
        for name, values in columns.items():
            days += float(time[-1] - time[0]) / DAY
            names = (Series(path.stem, name, ""),)
            one.step([ObservationBatch("plaza", 0, names, np.zeros(len(time), np.int32), time, values)], int(time[-1]))
    started = [each for each in one.step([], 2**61) if each.phase == "start"]
    print(f"{len(started)} alarms in {days:.0f} days of series: {[(d.source, d.text) for d in started]}")
    assert days > 80
    assert len(started) <= days / 30
