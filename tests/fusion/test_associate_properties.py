"""However detections are batched and wherever a snapshot falls, the incidents are the same; bounds hold."""

from hypothesis import given
from hypothesis import strategies as st

from s4.core.model import Command, Detection, Incident, Place, Word
from tests.fusion.scenes import S, at, seen, stage

KINDS = [
    "unattended_object",
    "door_forced",
    "fight",
    "person",
    "network_scan",
    "gunshot",
    "source_silent",
    "x-acme-odd",
]
PLACES = st.one_of(st.none(), st.builds(at, st.floats(-300, 300), st.floats(-300, 300)))


def detection(
    kind: str, time: int, source: str, place: Place | None, happening: int, phase: str, sure: float
) -> Detection:
    return seen(kind, time, source, place, happening=str(happening), phase=phase, confidence=sure)


DETECTIONS = st.builds(
    detection, st.sampled_from(KINDS), st.integers(0, 3000), st.sampled_from(["cam-1", "ids", "nobody"]), PLACES,
    st.integers(0, 3), st.sampled_from(["start", "update", "end"]), st.floats(0, 1),
)  # fmt: skip
ACTIONS = st.sampled_from(["acknowledge", "close", "reopen", "note"])
STEPS = st.lists(st.tuples(st.lists(st.one_of(DETECTIONS, ACTIONS), max_size=5), st.integers(0, 1200)), max_size=10)


def acted(fact: Detection | str, number: int, now: int, known: list[str]) -> Word:
    """An action becomes a command on an incident that there is."""
    if isinstance(fact, Detection):
        return fact
    target = known[number % len(known)] if known else "inc-none"
    return Command(f"com-{number}-{now}", 0, now, "centre", f"incident.{fact}", target, "approved", "ana", "because")


@given(steps=STEPS, stop=st.integers(0, 10))
def test_cuts_and_snapshots_change_nothing(steps: list[tuple[list[Detection | str], int]], stop: int) -> None:
    whole, cut, now = stage(), stage(), 0
    for i, (rows, passed) in enumerate(steps):
        now += passed * S
        facts = [acted(row, n, now, list(whole.book.dossiers)) for n, row in enumerate(rows)]
        if i == stop:
            state, cut = cut.snapshot(), stage()
            cut.restore(state)
        at_once = whole.step(facts, now)
        one_by_one = [r for fact in facts for r in cut.step([fact], now)] if facts else cut.step([], now)
        assert one_by_one == at_once
        assert whole.step([], now + S) == cut.step([], now + S)
    assert cut.snapshot() == whole.snapshot()


@given(steps=STEPS)
def test_incidents_grow_by_one_revision_and_say_possible_things(steps: list[tuple[list[Detection | str], int]]) -> None:
    fusion, now = stage(system_incidents=True), 0
    revised: list[Incident] = []
    for rows, passed in steps:
        now += passed * S
        revised += fusion.step([acted(row, n, now, list(fusion.book.dossiers)) for n, row in enumerate(rows)], now)
    last: dict[str, int] = {}
    for incident in revised:
        assert incident.revision == last.get(incident.id, -1) + 1
        last[incident.id] = incident.revision
        assert 0 <= incident.low <= incident.probability <= incident.high <= 1
        assert (incident.closed is None) == (incident.state != "closed")
        assert len(incident.story) <= 64


def test_memory_is_bounded() -> None:
    fusion = stage()
    flood = [seen("ids_alert", t / 10, "ids", happening=str(t)) for t in range(20_000)]
    revised = fusion.step(flood, 3000 * S)
    dossiers = fusion.book.dossiers.values()
    assert len(dossiers) == 1
    assert len(fusion.book.seen) == len(fusion.book.happenings) == 8192
    assert all(len(d.statements) <= 128 and len(d.story) <= 64 for d in dossiers)
    assert len(revised) < 250
    assert len(fusion.snapshot()) < 2_000_000
