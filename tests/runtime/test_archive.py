"""The archive, on SQLite and on PostgreSQL, held against a model that is too simple to be wrong."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, inspect, text

from s4.core.archive import Recorded
from s4.core.errors import ConflictError, ServiceError
from s4.core.model import Detection, Fact, Incident, revision_of
from s4.runtime.store.archive import SqlArchive
from s4.runtime.store.engine import alembic_config, open_engine
from s4.runtime.store.schema import metadata
from s4.shield.audit import verify
from tests.runtime.facts import START, S, command, detection, incident

facts = st.one_of(
    st.builds(incident, st.sampled_from(["i1", "i2", "i3"]), st.integers(0, 4)),
    st.builds(detection, st.sampled_from(["d1", "d2"])),
)
Step = tuple[list[Fact], int]
steps = st.lists(st.tuples(st.lists(facts, max_size=5), st.integers(0, 3)), max_size=8)


class Naive:
    """Every (id, revision) once, with the instant at which it became known."""

    def __init__(self) -> None:
        self.rows: list[tuple[Fact, int]] = []

    def record(self, given: list[Fact], now: int) -> list[Fact]:
        new = []
        for one in given:
            if all((one.id, revision_of(one)) != (f.id, revision_of(f)) for f, _ in self.rows):
                self.rows.append((one, now))
                new.append(one)
        return new

    def known(self, word: type, at: int) -> dict[str, int]:
        newest: dict[str, int] = {}
        for one, recorded in self.rows:
            if isinstance(one, word) and recorded <= at:
                newest[one.id] = max(revision_of(one), newest.get(one.id, -1))
        return newest


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=steps)
def test_what_was_known_at_any_instant(engine: Engine, steps: list[Step]) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM fact"))
    archive, naive, now = SqlArchive(engine), Naive(), 10
    for given_facts, later in steps:
        now += later
        assert [row.fact for row in archive.record(given_facts, now)] == naive.record(given_facts, now)
    for word in (Incident, Detection):
        for at in (*range(9, now + 2), None):
            known = {one.id: revision_of(one) for one in archive.known(word, at=at)}
            assert known == naive.known(word, now if at is None else at)
    for name in ("i1", "i2", "i3"):
        one = archive.one(Incident, name, at=now)
        assert (one.revision if one else None) == naive.known(Incident, now).get(name)
        assert {revision_of(row.fact) for row in archive.revisions(name)} == {
            f.revision for f, _ in naive.rows if isinstance(f, Incident) and f.id == name
        }


def test_a_repeat_is_dropped(archive: SqlArchive) -> None:
    told: list[Recorded] = []
    archive.on_record = told.extend
    assert len(archive.record([incident(), incident(), detection()], 1)) == 2
    assert archive.record([incident(), detection()], 2) == []
    assert [row.recorded for row in told] == [1, 1]


def test_a_late_revision_never_hides_a_newer_one(archive: SqlArchive) -> None:
    archive.record([incident("i", 1)], 1)
    archive.record([incident("i", 0)], 2)
    archive.record([incident("i", 3)], 3)
    archive.record([incident("i", 2)], 4)
    assert [one.revision for one in archive.known(Incident)] == [3]
    assert [one.revision for one in archive.known(Incident, at=2)] == [1]


def test_cursors_grow_and_nothing_is_passed_over(archive: SqlArchive) -> None:
    def write(name: str) -> None:
        for i in range(20):
            archive.record([detection(f"{name}-{i}"), incident(f"{name}-i", i)], i)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    seen: list[Recorded] = []
    while any(thread.is_alive() for thread in threads) or archive.newest() > (seen[-1].cursor if seen else 0):
        seen += archive.after(seen[-1].cursor if seen else 0, 7)
    assert len(seen) == 120
    assert [row.cursor for row in seen] == sorted({row.cursor for row in seen})
    assert [row.cursor for row in archive.since(19)] == [row.cursor for row in seen if row.recorded >= 19]


def test_two_processes_on_one_store_keep_out_of_each_others_way(store: str, archive: SqlArchive) -> None:
    other_engine = open_engine(store)
    archives, new, failed = [archive, SqlArchive(other_engine)], [], []

    def write(one: SqlArchive) -> None:
        for i in range(30):
            try:
                new.append(len(one.record([detection(f"d{i}")], i)))
                one.decide([command(f"{id(one)}-{i}")], ("ana", "approve", f"t{i}", "", ""), i)
            except ConflictError as error:
                failed.append(error)

    threads = [threading.Thread(target=write, args=(one,)) for one in archives]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other_engine.dispose()
    assert not failed
    assert sum(new) == 30
    assert len(archive.audit()) == 60
    assert verify(archive.audit()) is None


def test_of_two_who_decide_the_same_one_is_told(archive: SqlArchive) -> None:
    archive.record([command("c", 0)], 1)
    archive.decide([command("c", 1), detection("beside")], ("ana", "approve", "c", "yes", ""), 2)
    with pytest.raises(ConflictError):
        archive.decide([detection("other"), command("c", 1)], ("bob", "reject", "c", "no", ""), 3)
    assert [entry.actor for entry in archive.audit()] == ["ana"]
    assert archive.one(Detection, "other") is None, "nothing of a refused decision stays"


def test_what_is_about_an_incident(archive: SqlArchive) -> None:
    archive.record([detection("d1"), detection("d2"), detection("else")], 1)
    archive.record([incident("i", 0, detections=("d1",))], 2)
    archive.record([incident("i", 1, detections=("d1", "d2")), command("c", 0, incident="i")], 3)
    assert [(row.fact.id, revision_of(row.fact)) for row in archive.about("i")] == [
        ("d1", 0), ("d2", 0), ("i", 0), ("i", 1), ("c", 0),
    ]  # fmt: skip
    assert [row.fact.id for row in archive.about("i", at=2)] == ["d1", "i"]
    assert archive.about("nothing") == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    times=st.lists(st.integers(-5, 25), max_size=20),
    start=st.integers(0, 5), length=st.integers(1, 20), bins=st.integers(1, 6),
)  # fmt: skip
def test_counting_by_time(engine: Engine, times: list[int], start: int, length: int, bins: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM fact"))
    archive, length = SqlArchive(engine), max(length, bins)
    archive.record([detection(f"d{i}", time=START + t) for i, t in enumerate(times)], 1)
    counts = archive.count(Detection, start=START + start, end=START + start + length, bins=bins)
    assert len(counts) == bins
    assert sum(counts) == sum(start <= t < start + length for t in times)
    if length % bins == 0:
        width = length // bins
        assert counts == [sum(start + b * width <= t < start + (b + 1) * width for t in times) for b in range(bins)]


def test_the_audit_log_is_a_chain(archive: SqlArchive, engine: Engine) -> None:
    for i in range(5):
        archive.decide([], ("ana", "look", f"t{i % 2}", "because", "ä"), i)
    entries = archive.audit()
    assert verify(entries) is None
    assert [entry.number for entry in archive.audit(limit=2)] == [4, 5]
    assert [entry.number for entry in archive.audit(target="t1")] == [2, 4]
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit SET reason = 'else' WHERE number = 3"))
    broken = verify(archive.audit())
    assert broken is not None
    assert broken.number == 3


def columns(engine: Engine) -> dict[str, object]:
    """Every table as the database itself describes it."""
    look, found = inspect(engine), dict[str, object]()
    for table in sorted(set(look.get_table_names()) - {"alembic_version"}):
        found[table] = (
            [(c["name"], str(c["type"]), c["nullable"]) for c in look.get_columns(table)],
            look.get_pk_constraint(table)["constrained_columns"],
            sorted((i["name"], i["column_names"], bool(i["unique"])) for i in look.get_indexes(table)),
            sorted(u["column_names"] for u in look.get_unique_constraints(table)),
        )
    return found


def test_migrations_lead_to_the_same_tables(store: str) -> None:
    from alembic import command as alembic

    fresh = open_engine(store)
    wanted = columns(fresh)
    metadata.drop_all(fresh)
    with fresh.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
        alembic.upgrade(alembic_config(connection), "head")
    assert columns(fresh) == wanted
    with fresh.connect() as connection:
        newest = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    fresh.dispose()
    again = open_engine(store)
    assert newest == "0001"
    assert columns(again) == wanted
    again.dispose()


def test_a_store_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(ServiceError, match=r"127\.0\.0\.1:1/city cannot be used") as caught:
        open_engine("postgresql+psycopg://s4:hidden@127.0.0.1:1/city")
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("work", [lambda a: a.newest(), lambda a: a.record([detection()], 1)])
def test_a_broken_store_is_a_service_error(work: Callable[[SqlArchive], object], tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    with pytest.raises(ServiceError, match="no such table"):
        work(SqlArchive(engine))
    engine.dispose()


def test_the_newest_come_first_and_sites_are_told_apart(archive: SqlArchive) -> None:
    archive.record([detection("d1"), detection("d2", site="station"), detection("d3", time=START + S)], 1)
    assert [one.id for one in archive.known(Detection)] == ["d3", "d2", "d1"]
    assert [one.id for one in archive.known(Detection, site="square", limit=1)] == ["d3"]
