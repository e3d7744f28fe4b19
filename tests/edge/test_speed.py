"""How fast readings go through the rules (slow: measures for some seconds; run with -m slow)."""

import time
from pathlib import Path

import numpy as np
import pytest

from s4.core.model import ObservationBatch, Series
from tests.edge.cities import S, rules_stage

SIZE = 65_536
SERIES = tuple(Series(f"s{i // 10}", f"p{i % 10}", "") for i in range(1000))
WINDOW = 'window_s = 10\naggregate = "mean"\n'


def rules(extra: str) -> str:
    """100 rules on 1,000 series: ten on every reading."""
    head = '[[rule]]\nid = "r{}"\nproperty = "p{}"\nkind = "threshold_exceeded"\ntext = "x"\nover = 3.2\nclear = 3.0\n'
    return "".join(head.format(i, i % 10) + extra for i in range(100))


def batches(count: int) -> list[ObservationBatch]:
    """1,000 readings each second of event time, far from any level."""
    rng, row = np.random.default_rng(1), np.arange(SIZE, dtype=np.int64)
    return [
        ObservationBatch(
            "plaza", 0, SERIES, ((row + k * SIZE) % 1000).astype(np.int32), (row + k * SIZE) * (S // 1000),
            rng.normal(0, 0.3, SIZE),
        )
        for k in range(count)
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("extra", ["", WINDOW], ids=["thresholds", "windows"])
def test_two_million_readings_a_second_of_one_core(tmp_path: Path, extra: str) -> None:
    stage = rules_stage(tmp_path, rules(extra), *(f"s{i}" for i in range(100)))
    first, *rest = batches(41)
    stage.step([first], int(first.time[-1]))
    started = time.process_time()
    for batch in rest:
        assert stage.step([batch], int(batch.time[-1])) == []
    speed = SIZE * len(rest) / (time.process_time() - started)
    print(f"{speed / 1e6:.2f} million readings/s")
    assert speed > 2e6
