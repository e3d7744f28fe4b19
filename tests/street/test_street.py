"""The rooms from edge to response, one after the other on one set of facts: what a sensor says becomes a measure done.

Between them there is nothing but the words, so this needs no bus: what the runner does is to carry them.
"""

from collections.abc import Sequence

import pytest

from s4.core.city import City, Info, Outlet, Site, Source
from s4.core.clock import ManualClock
from s4.core.model import Asset, Command, Incident, Observation, Place, Recommendation, Risk, Task, Unit, Word
from s4.core.ports import STREET, Context, Stage
from s4.core.registry import load

S = 1_000_000_000
GATE = Place(43.2630, -2.9350)
ROOMS = ("rules", "associate", "assets", "measures", "follow")
CITY = City(
    Info("bilbao", "Bilbao", GATE, rules="rules.toml"),
    (Site("stadium", "Stadium", GATE),),
    asset=(Asset("bowl", "Stadium bowl", "stadium", GATE, people=5000, value=0.9, vulnerability={"physical": 0.6}),),
    source=(Source("door-1", "stadium", "device", "Door 1", GATE),),
    outlet=(Outlet("lock-1", "stadium", "mqtt", ("door.lock",), "Door 1", GATE),),
    unit=(Unit("b1", 0, 0, "stadium", "Patrol B1", "patrol", "free", Place(43.2640, -2.9350)),),
)
RULES = """
[[rule]]
id = "forced"
property = "door"
kind = "door_forced"
text = "Door 1 forced"
match = { event = "forced" }
"""


class Street:
    """The stages in the order of the rooms; every fact goes to all that consume it, as over the bus."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.stages = stages

    def walk(self, facts: Sequence[Word], now: int) -> list[Word]:
        told: list[Word] = []
        for fact in facts:
            for stage in self.stages:
                if isinstance(fact, stage.consumes):
                    told += self.walk(list(stage.step([fact], now)), now)
        return [*facts, *told]

    def tick(self, now: int) -> list[Word]:
        return [fact for stage in self.stages for fact in self.walk(list(stage.step([], now)), now)]


def of(kind: type, facts: Sequence[Word]) -> list[Word]:
    return [fact for fact in facts if isinstance(fact, kind)]


@pytest.fixture
def street(tmp_path_factory: pytest.TempPathFactory) -> Street:
    folder = tmp_path_factory.mktemp("city")
    (folder / "rules.toml").write_text(RULES)
    CITY.check()
    return Street([load("s4.stages", name)(Context(CITY, ManualClock(), {}, str(folder))) for name in ROOMS])


def test_a_forced_door_becomes_an_incident_a_risk_and_a_measure_that_is_carried_out(street: Street) -> None:
    said = Observation("obs-1", "door-1", "door", 10 * S, "stadium", 10 * S, {"event": "forced"})
    facts = street.walk([said], 11 * S)
    (incident,) = of(Incident, facts)
    (risk,) = of(Risk, facts)
    assert isinstance(incident, Incident)
    assert isinstance(risk, Risk)
    assert incident.title == "Door forced, Stadium bowl"
    assert (risk.incident, risk.asset) == (incident.id, "bowl")
    measures = {r.measure: r for r in of(Recommendation, facts) if isinstance(r, Recommendation)}
    patrol, lock = measures["send_patrol"], measures["lock_door"]
    assert (patrol.target, lock.target) == ("b1", "lock-1")

    go = Command(
        "com-1", 0, 12 * S, "stadium", patrol.action, patrol.target, "approved", "ana", incident=incident.id,
        recommendation=patrol.id, parameters=patrol.parameters,
    )  # fmt: skip
    carried = street.walk([go], 12 * S)
    assert [t.state for t in of(Task, carried) if isinstance(t, Task)] == ["assigned"]
    assert [u.state for u in of(Unit, carried) if isinstance(u, Unit)] == ["busy"]
    answer = {"command": go.id, "state": "done", "detail": "on our way"}
    told = street.walk([Observation("obs-2", "b1", "ack", 20 * S, "stadium", 20 * S, answer)], 20 * S)
    assert [c.state for c in of(Command, told) if isinstance(c, Command)] == ["done"]

    close = Command("com-2", 0, 60 * S, "stadium", "incident.close", incident.id, "approved", "ana", "Caretaker")
    over = street.walk([close], 60 * S)
    assert {r.state for r in of(Recommendation, over) if isinstance(r, Recommendation)} == {"expired"}
    assert [r.score for r in of(Risk, over) if isinstance(r, Risk)] == [0.0]
    assert [u.state for u in of(Unit, over) if isinstance(u, Unit)] == ["free"]


def test_nobody_reads_what_is_made_further_down(street: Street) -> None:
    made_in = {word: min(STREET.index(s.room) for s in street.stages if word in s.produces) for s in street.stages
               for word in s.produces}  # fmt: skip
    for stage in street.stages:
        for word in stage.consumes:
            if word is not Command and word in made_in:
                assert made_in[word] <= STREET.index(stage.room), f"{stage.card.name} reads {word.__name__}"


def test_the_same_facts_again_say_nothing_new_about_incidents(street: Street) -> None:
    said = Observation("obs-1", "door-1", "door", 10 * S, "stadium", 10 * S, {"event": "forced"})
    street.walk([said], 11 * S)
    again = street.walk([said], 12 * S)
    assert of(Incident, again) == of(Risk, again) == of(Recommendation, again) == []
    assert street.tick(13 * S) == []
