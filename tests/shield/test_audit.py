"""Whatever is done to a sealed log, `verify` finds it and names the first entry that is wrong."""

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from s4.core.archive import AuditEntry
from s4.shield.audit import GENESIS, canonical, digest, seal, verify

Line = tuple[int, str, str, str, str, str]
words = st.text(max_size=12)
lines = st.tuples(st.integers(0, 2**63 - 1), words, words, words, words, words)


def sealed(rows: list[Line]) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for time, actor, action, target, reason, detail in rows:
        last = entries[-1] if entries else None
        entry = seal(last, time=time, actor=actor, action=action, target=target, reason=reason, detail=detail)
        entries.append(entry)
    return entries


logs = st.lists(lines, min_size=1, max_size=8).map(sealed)


def head(log: list[AuditEntry]) -> tuple[int, str]:
    return log[-1].number, log[-1].hash


@given(logs)
def test_an_untouched_log_holds(log: list[AuditEntry]) -> None:
    assert verify(log) is None
    assert verify(log, head=head(log)) is None
    assert log[0].previous == GENESIS
    assert [entry.number for entry in log] == list(range(1, len(log) + 1))


@given(logs, st.data())
def test_any_change_of_any_field_is_found(log: list[AuditEntry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(log) - 1))
    field = data.draw(st.sampled_from(AuditEntry.__struct_fields__))
    value = data.draw(st.integers(0, 2**63 - 1) if field in {"number", "time"} else words)
    assume(value != getattr(log[at], field))
    log[at] = msgspec.structs.replace(log[at], **{field: value})
    broken = verify(log)
    assert broken is not None
    assert broken.number == at + 1


@given(logs, st.data())
def test_a_change_that_is_sealed_anew_is_found_at_the_next_entry(log: list[AuditEntry], data: st.DataObject) -> None:
    assume(len(log) > 1)
    at = data.draw(st.integers(0, len(log) - 2))
    changed = msgspec.structs.replace(log[at], actor=log[at].actor + "x")
    log[at] = msgspec.structs.replace(changed, hash=digest(changed))
    broken = verify(log)
    assert broken is not None
    assert broken.number == at + 2


@given(logs, st.data())
def test_an_entry_taken_out_is_found(log: list[AuditEntry], data: st.DataObject) -> None:
    noted, at = head(log), data.draw(st.integers(0, len(log) - 1))
    del log[at]
    broken = verify(log, head=noted)
    assert broken is not None
    assert broken.number == at + 1


@given(logs, st.data())
def test_two_entries_swapped_are_found(log: list[AuditEntry], data: st.DataObject) -> None:
    assume(len(log) > 1)
    one, two = sorted(data.draw(st.lists(st.integers(0, len(log) - 1), min_size=2, max_size=2, unique=True)))
    log[one], log[two] = log[two], log[one]
    broken = verify(log)
    assert broken is not None
    assert broken.number == one + 1


@given(logs, lines, st.data())
def test_an_entry_put_in_is_found(log: list[AuditEntry], line: Line, data: st.DataObject):
    at = data.draw(st.integers(0, len(log) - 1))
    time, actor, action, target, reason, detail = line
    last = log[at - 1] if at else None
    stranger = seal(last, time=time, actor=actor, action=action, target=target, reason=reason, detail=detail)
    broken = verify([*log[:at], stranger, *log[at:]])
    assert broken is not None
    assert broken.number == at + 2


@given(logs)
def test_a_log_written_anew_is_found_by_what_was_noted_down(log: list[AuditEntry]) -> None:
    noted = head(log)
    forged = sealed([(e.time, e.actor + "x", e.action, e.target, e.reason, e.detail) for e in log])
    assert verify(forged) is None
    broken = verify(forged, head=noted)
    assert broken is not None
    assert "noted down" in broken.reason


@given(lines, lines)
def test_different_entries_have_different_bytes(one: Line, two: Line) -> None:
    first, second = sealed([one])[0], sealed([two])[0]
    assert (canonical(first) == canonical(second)) == (first == second)


@pytest.mark.parametrize("cut", [0, 1])
def test_the_reason_says_what_is_wrong(cut: int) -> None:
    log = sealed([(1, "ana", "approve", "rec-1", "", ""), (2, "ana", "reject", "rec-2", "", "")])
    broken = verify(log[:cut], head=head(log))
    assert broken is not None
    assert broken.reason == f"the log ends at entry {cut}, but entry 2 was noted down"
