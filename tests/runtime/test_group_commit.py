"""Group commit: many who ask at once share a commit, each is answered once, and a failure reaches those it concerns."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from s4.core.archive import Recorded
from s4.core.clock import ManualClock
from s4.core.errors import ServiceError
from s4.core.model import Fact, Unit
from s4.runtime.runner_commit import GroupCommit
from s4.runtime.store.archive import SqlArchive


def unit(number: int) -> Unit:
    return Unit(f"u{number}", 0, 0, "square", f"Patrol {number}", "patrol", "free")


class Counted(SqlArchive):
    """The real archive, which counts its commits, waits in the first, and fails when told to."""

    def __init__(self, archive: SqlArchive) -> None:
        super().__init__(archive._engine)
        self.commits: list[int] = []
        self.gate = threading.Event()
        self.fails = False

    def record(self, facts: Sequence[Fact], now: int) -> list[Recorded]:
        self.gate.wait(10)
        self.commits.append(len(facts))
        if self.fails:
            raise ServiceError("the store does not answer")
        return super().record(facts, now)


async def test_whoever_asks_meanwhile_shares_the_next_commit(archive: SqlArchive) -> None:
    counted = Counted(archive)
    commits = GroupCommit(counted, ManualClock(7))
    asked = [asyncio.create_task(commits.record([unit(0)]))]
    await asyncio.sleep(0.05)
    asked += [asyncio.create_task(commits.record([unit(number)])) for number in range(1, 20)]
    await asyncio.sleep(0.05)
    counted.gate.set()
    await asyncio.gather(*asked)
    assert counted.commits == [1, 19]
    assert len(archive.known(Unit)) == 20


async def test_a_failure_is_told_to_all_it_concerns_and_the_next_go_on(archive: SqlArchive) -> None:
    counted = Counted(archive)
    counted.gate.set()
    commits = GroupCommit(counted, ManualClock(7))
    counted.fails = True
    for told in await asyncio.gather(commits.record([unit(1)]), commits.record([unit(2)]), return_exceptions=True):
        assert isinstance(told, ServiceError)
    counted.fails = False
    await commits.record([unit(3)])
    assert [one.id for one in archive.known(Unit)] == ["u3"]


async def test_who_stops_waiting_does_not_hold_up_the_others(archive: SqlArchive) -> None:
    counted = Counted(archive)
    commits = GroupCommit(counted, ManualClock(7))
    first, second = (asyncio.create_task(commits.record([unit(number)])) for number in (1, 2))
    await asyncio.sleep(0.05)
    first.cancel()
    counted.gate.set()
    await second
    with pytest.raises(asyncio.CancelledError):
        await first
    assert len(archive.known(Unit)) == 2
