"""The register of devices is a function of the description and the decisions, in whatever order they are learned."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from s4.core.city import City, Info, Outlet, Site, Source
from s4.core.model import Command, Place
from s4.core.model.command import DEVICE_APPROVE, DEVICE_DECISIONS, DEVICE_REJECT
from s4.core.profile import CommandSpec, DeviceProfile, Resource
from s4.core.register import Register

HERE = Place(43.0, -2.0)
TOWN = City(
    Info("town", "Town", HERE), (Site("square", "Square", HERE),), source=(Source("air-1", "square"),),
    outlet=(Outlet("gate-1", "square", "mqtt", ("gate.close",), options={"device": "gate-box"}),),
    profile=(DeviceProfile("air", (Resource("co2", period_s=30),)),),
)  # fmt: skip


def decision(action: str, target: str, time: int, number: int = 0, state: str = "approved") -> Command:
    return Command(f"com-{number}", 0, time, "square", action, target, state, "ana", parameters={"profile": "air"})  # type: ignore[arg-type]


DECISIONS = st.lists(
    st.builds(
        decision, st.sampled_from([*DEVICE_DECISIONS, "incident.close"]), st.sampled_from(["new-1", "new-2", "air-1"]),
        st.integers(0, 5), st.integers(0, 9), st.sampled_from(["approved", "done", "failed"]),
    ),
    max_size=12,
)  # fmt: skip


def seen(register: Register) -> list[object]:
    names = ("new-1", "new-2", "air-1", "gate-1", "gate-box")
    return [
        (register.of(n), register.may_speak(n), register.standing(n), register.maintained(n) is not None) for n in names
    ]


@given(DECISIONS, st.randoms(use_true_random=False))
def test_order_and_repeats_do_not_matter(decisions: list[Command], chance: object) -> None:
    distinct = list(
        {(one.time, one.id, one.target, one.action in DEVICE_DECISIONS[:2]): one for one in decisions}.values()
    )
    shuffled = [*distinct, *distinct]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other, told = Register(TOWN, distinct), Register(TOWN), Register(TOWN)
    for decided in shuffled:
        other.take([decided])
    told.take(one.decisions())
    assert seen(one) == seen(other) == seen(told)
    assert all(register.may_speak(name) for register in (one, other) for name in ("air-1", "gate-1", "gate-box"))


def test_whoever_was_let_in_stands_where_the_decision_says_with_its_kind() -> None:
    register = Register(TOWN)
    assert (register.of("new-1"), register.standing("new-1")) == (None, "held")
    assert register.take([decision(DEVICE_APPROVE, "new-1", 1)]) == ["new-1"]
    device = register.of("new-1")
    assert device is not None
    assert (device.site, device.place, device.fresh_s, device.standing) == ("square", HERE, 30.0, "approved")
    assert register.take([decision(DEVICE_APPROVE, "new-1", 1)]) == [], "known already"
    generation = register.generation
    register.take([decision(DEVICE_REJECT, "new-1", 2)])
    assert (register.of("new-1"), register.generation) == (None, generation + 1)
    register.take([decision(DEVICE_APPROVE, "new-1", 1, 9)])
    assert register.of("new-1") is None, "what was decided before does not come back"


def test_who_was_approved_as_something_that_obeys_has_an_outlet() -> None:
    gate = DeviceProfile("gate", (), commands=(CommandSpec("gate.close"), CommandSpec("gate.open")))
    town = msgspec.structs.replace(TOWN, profile=(*TOWN.profile, gate))

    def approved(device: str, **said: str) -> Command:
        return Command(f"com-{device}", 0, 1, "square", DEVICE_APPROVE, device, "approved", "ana", parameters=said)

    register = Register(town, [
        approved("new-gate", profile="gate", name="Side gate"), approved("new-air", profile="air"),
        approved("behind", profile="gate", via="zigbee"),
    ])  # fmt: skip
    found = register.outlet("new-gate")
    assert found is not None
    assert (found.outlet, found.site, found.actions) == ("mqtt", "square", ("gate.close", "gate.open"))
    assert register.outlet("gate-1") == TOWN.outlet[0]
    assert [register.outlet(name) for name in ("new-air", "behind", "air-1", "nobody")] == [None] * 4
    register.take([decision(DEVICE_REJECT, "new-gate", 2)])
    assert register.outlet("new-gate") is None
