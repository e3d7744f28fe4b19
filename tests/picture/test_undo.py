"""Which action takes a measure back."""

from s4.core.city import City, Info, Outlet, Site
from s4.core.model import Place, Unit
from s4.picture.decisions import undo_action

HERE = Place(43.26, -2.93)


def test_a_device_takes_back_by_its_own_word() -> None:
    city = City(
        Info("t", "T", HERE), (Site("s", "S", HERE),),
        outlet=(Outlet("gate-1", "s", "mqtt", ("gate.close", "gate.close.undo")),),
        unit=(Unit("b1", 0, 0, "s", "B1", "patrol", "free"),),
    )  # fmt: skip
    assert undo_action(city, "gate.close", "gate-1") == "gate.close.undo"
    assert undo_action(city, "unit.go", "b1") == "undo"
    assert undo_action(city, "gate.open", "gate-1") == ""
