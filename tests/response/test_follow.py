"""What becomes of commands: answers, tasks, units, and silence."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.errors import InputError
from s4.core.model import Command, Observation, Place, Task, Unit
from s4.response.follow import Followed
from tests.response.scenes import S, answer, at, command, follower, incident


def states(followed: list[Followed]) -> list[tuple[str, str]]:
    return [(type(f).__name__, f.state) for f in followed]


def test_an_answer_takes_the_command_further() -> None:
    follow = follower()
    gate = command("gate.close", "gate-a")
    assert follow.step([gate], 11 * S) == []
    assert follow.step([msgspec.structs.replace(gate, revision=1, state="sent")], 12 * S) == []
    (done,) = follow.step([answer(gate.id, "done", "gate-a", detail="closed")], 21 * S)
    assert isinstance(done, Command)
    assert (done.state, done.revision, done.detail, done.time) == ("done", 2, "closed", 20 * S)
    assert follow.step([done], 22 * S) == []
    assert follow.step([answer(gate.id, "failed", "gate-a", 30)], 31 * S) == []


def test_only_who_was_asked_may_answer() -> None:
    follow = follower()
    follow.step([command("gate.close", "gate-b")], 11 * S)
    assert follow.step([answer("com-gate.close", "done", "pa-1")], 21 * S) == []
    assert follow.step([answer("com-gate.close", "done", "gate-a")], 21 * S) == []
    assert states(follow.step([answer("com-gate.close", "done", "box-7")], 21 * S)) == [("Command", "done")]


def test_an_answer_may_overtake_its_command() -> None:
    follow = follower()
    assert follow.step([answer("com-gate.close", "done", "gate-a", 9)], 9 * S) == []
    assert states(follow.step([command("gate.close", "gate-a")], 11 * S)) == [("Command", "done")]


def test_a_revision_that_crossed_the_answer_does_not_undo_it() -> None:
    follow = follower()
    gate = command("gate.close", "gate-a")
    (done,) = follow.step([gate, answer(gate.id, "done", "gate-a")], 21 * S)
    sent = msgspec.structs.replace(gate, revision=1, state="sent", attempts=1)
    (again,) = follow.step([sent], 22 * S)
    assert (again.state, again.revision, done.revision) == ("done", 2, 1)


def test_a_unit_without_a_device_gets_a_task_and_is_busy_until_the_incident_closes() -> None:
    follow = follower()
    go = command("unit.go", "b1", parameters={"lat": 43.263, "lon": -2.935, "task": "Send B1"})
    sent, task, unit = follow.step([go], 11 * S)
    assert isinstance(sent, Command)
    assert isinstance(task, Task)
    assert isinstance(unit, Unit)
    assert (sent.state, task.state, unit.state, unit.revision) == ("sent", "assigned", "busy", 1)
    assert (task.title, task.unit, task.incident, task.place) == ("Send B1", "b1", "inc-1", Place(43.263, -2.935))
    accepted = follow.step([answer(go.id, "acknowledged", "b1")], 21 * S)
    assert states(accepted) == [("Command", "acknowledged"), ("Task", "accepted")]
    assert states(follow.step([answer(go.id, "done", "b1", 30)], 31 * S)) == [
        ("Command", "done"),
        ("Task", "under_way"),
    ]
    assert states(follow.step([incident(state="closed")], 50 * S)) == [("Task", "done"), ("Unit", "free")]


def test_a_second_done_ends_the_task() -> None:
    follow = follower()
    go = command("unit.go", "b2")
    assert states(follow.step([go], 11 * S)) == [("Task", "assigned"), ("Unit", "busy")]
    follow.step([answer(go.id, "done", "b2", 30)], 31 * S)
    assert states(follow.step([answer(go.id, "done", "b2", 90)], 91 * S)) == [("Task", "done"), ("Unit", "free")]


def test_a_unit_that_cannot_go_is_free_again() -> None:
    follow = follower()
    follow.step([command("unit.go", "b2")], 11 * S)
    refused = follow.step([answer("com-unit.go", "failed", "b2", detail="flat tyre")], 21 * S)
    assert states(refused) == [("Command", "failed"), ("Task", "refused"), ("Unit", "free")]


def test_undoing_calls_the_unit_back() -> None:
    follow = follower()
    go = command("unit.go", "b1")
    follow.step([go], 11 * S)
    undo = command("undo", "b1", parameters={"command": go.id, "action": "unit.go"})
    assert states(follow.step([undo], 12 * S)) == [("Command", "done"), ("Task", "done"), ("Unit", "free")]


def test_undoing_what_no_device_can_undo_says_so() -> None:
    undo = command("undo", "", parameters={"command": "com-unit.tell", "action": "unit.tell"})
    (told,) = follower().step([undo], 12 * S)
    assert isinstance(told, Command)
    assert (told.state, told.detail) == ("acknowledged", "taken back; whoever was told must be told again")


def test_what_is_passed_on_by_radio_is_never_called_done() -> None:
    follow = follower()
    (told,) = follow.step([command("unit.tell", "", expires=60 * S)], 11 * S)
    assert isinstance(told, Command)
    assert (told.state, told.detail) == ("acknowledged", "passed on by radio by ana; nothing reports back")
    assert follow.step([], 1000 * S) == []


def test_a_command_that_nobody_answers_expires() -> None:
    follow = follower()
    follow.step([command("gate.close", "gate-a", expires=60 * S), command("unit.go", "b1", expires=60 * S)], 11 * S)
    assert follow.step([], 60 * S) == []
    expired = follow.step([], 61 * S)
    assert states(expired) == [("Command", "expired"), ("Command", "expired"), ("Task", "refused"), ("Unit", "free")]
    assert follow.step([], 62 * S) == []


def test_decisions_on_facts_are_done_at_once() -> None:
    told = follower().step([command("incident.close", "inc-1"), command("recommendation.reject", "rec-1")], 1 * S)
    assert states(told) == [("Command", "done"), ("Command", "done")]


def position(time: float, east: float, state: str = "free") -> Observation:
    body = {"state": state, "heading_deg": 90.0, "speed_m_s": 1.5}
    return Observation(f"obs-{time}", "b1", "position", int(time * S), "centre", 0, body, at(east, 0))


def test_units_that_move_are_revised() -> None:
    follow = follower()
    facts = [position(1, 780), position(2, 775), position(0.5, 700), position(3, 775, "busy")]
    moved = [f for f in follow.step(facts, 9 * S) if isinstance(f, Unit)]
    assert [(u.revision, u.state, u.time // S) for u in moved] == [(1, "free", 1), (2, "busy", 3)]
    assert (moved[0].heading_deg, moved[0].speed_m_s) == (90.0, 1.5)


@pytest.mark.parametrize(
    "body", [{}, {"command": "c"}, {"command": 1, "state": "done"}, {"command": "c", "state": "maybe"}]
)
def test_an_answer_that_makes_no_sense_is_refused_before_anything_changes(body: dict[str, Any]) -> None:
    follow = follower()
    before = follow.snapshot()
    bad = Observation("obs-1", "gate-a", "ack", 0, "centre", 0, body)
    with pytest.raises(InputError, match=r"gate-a\.ack"):
        follow.step([command("unit.go", "b1"), bad], 1 * S)
    assert follow.snapshot() == before


@st.composite
def fact(draw: st.DrawFn) -> Command | Observation | Any:
    name = draw(st.sampled_from(["com-1", "com-2"]))
    action, target = draw(
        st.sampled_from([("gate.close", "gate-a"), ("unit.go", "b1"), ("cordon.set", "b2"), ("undo", "")])
    )
    which, time = draw(st.integers(0, 3)), draw(st.integers(0, 200))
    if which == 0:
        state = draw(st.sampled_from(["approved", "sent", "failed", "expired"]))
        return command(
            action, target, id=name, revision=draw(st.integers(0, 3)), state=state, time=time * S, expires=100 * S,
            parameters={"command": "com-1"},
        )  # fmt: skip
    if which == 1:
        source, state = (
            draw(st.sampled_from(["gate-a", "b1", "b2"])),
            draw(st.sampled_from(["acknowledged", "done", "failed"])),
        )
        return answer(name, state, source, time)
    if which == 2:
        return position(time, draw(st.floats(0, 900)), draw(st.sampled_from(["free", "busy", "off"])))
    return incident(state=draw(st.sampled_from(["open", "closed"])))


@given(
    steps=st.lists(st.tuples(st.lists(fact(), max_size=5), st.integers(0, 60)), max_size=10), stop=st.integers(0, 10)
)
def test_cuts_and_snapshots_change_nothing(steps: list[tuple[list[Any], int]], stop: int) -> None:
    whole, cut, now = follower(), follower(), 0
    last: dict[str, int] = {}
    for i, (facts, passed) in enumerate(steps):
        now += passed * S
        if i == stop:
            state, cut = cut.snapshot(), follower()
            cut.restore(state)
        at_once = whole.step(facts, now) if facts else []
        assert [f for one in facts for f in cut.step([one], now)] == at_once
        ticked = whole.step([], now)
        assert cut.step([], now) == ticked
        for f in [*at_once, *ticked]:
            if not isinstance(f, Command):
                assert f.revision > last.get(f.id, -1)
            last[f.id] = f.revision
        for task in whole.state.roster.tasks.values():
            if task.state not in ("done", "refused") and task.unit in whole.state.roster.units:
                assert whole.state.roster.units[task.unit].state == "busy"
    assert cut.snapshot() == whole.snapshot()
