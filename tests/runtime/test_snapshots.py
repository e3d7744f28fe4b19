"""Snapshots, on both stores."""

from sqlalchemy import Engine

from s4.runtime.store.snapshots import Snapshot, Snapshots


def test_the_last_one_counts_and_stages_do_not_mix(engine: Engine) -> None:
    snapshots = Snapshots(engine)
    assert snapshots.load("rules") is None
    first = Snapshot("rules", "1", 5, {"S4_FACTS": 2**40}, b"\x00\xff")
    second = Snapshot("rules", "2", 6, {}, b"")
    other = Snapshot("scan", "1", 7, {"S4_OBSERVATIONS": 1}, b"x" * 3_000_000)
    for one in (first, other):
        snapshots.save(one)
    assert snapshots.load("rules") == first
    snapshots.save(second)
    assert snapshots.load("rules") == second
    assert snapshots.load("scan") == other
