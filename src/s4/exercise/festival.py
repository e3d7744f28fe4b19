"""Festival: a bag left in the square, a door forced at the stadium, a scan of the camera network, in ten minutes.

Between them things that only look alike: a child running, somebody who waits beside their bag, a loud concert.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Final

from s4.exercise.eve import NETWORK, SCAN, TELNET, Ends, Eve
from s4.exercise.figures import Thing
from s4.exercise.fixtures import CONTROL_ROOM, SERVICE_DOOR, by_stadium
from s4.exercise.plan import FRAME
from s4.exercise.scenario import Scenario
from s4.exercise.shapes import Point
from s4.exercise.town import Actor, Step, Town

BAG: Final = (33.0, -20.0)
BAG_LEFT_S: Final = 40.0
BAG_REPORT_S: Final = 110.0
OWN_BAG: Final = (24.0, -30.0)
CHILD_S: Final = 75.0
OWN_BAG_S: Final = 150.0
DOOR_S: Final = 210.0
CONCERT_S: Final = 255.0
SCAN_S: Final = 330.0
SCAN_LASTS_S: Final = 48.0
INTRUDER_ADDRESS: Final = f"{NETWORK}.201"
PORTS: Final = (22, 23, 80, 554, 8000)


class Festival(Scenario):
    """The first scenario. Times are seconds after the start; see the constants above."""

    title: ClassVar = "Festival: a left bag, a forced door, a network scan"
    lasts_s: ClassVar = 600.0

    def stage(self, town: Town) -> None:
        """Put the script on the agenda."""
        self._eve = Eve(int(self.rng.integers(2**31)))
        self._bag(town)
        self._child(town)
        self._own_bag(town)
        self._door(town)
        self._concert(town)
        self._scan(town)

    def _bag(self, town: Town) -> None:
        way = (
            Step(8, (52.0, -29.0)), Step(BAG_LEFT_S - 4, BAG), Step(BAG_LEFT_S + 3, BAG),
            Step(BAG_LEFT_S + 11, (24.0, -12.0)), Step(BAG_LEFT_S + 36, (-2.0, -36.0)),
            Step(BAG_LEFT_S + 62, (-5.0, -84.0)),
        )  # fmt: skip
        town.actors.append(Actor("owner of the bag", way, 1.78, 5))
        town.at(BAG_LEFT_S, partial(self._put_bag, town))
        town.at(BAG_REPORT_S, partial(self._report, town))

    def _put_bag(self, town: Town) -> None:
        town.things["bag"] = Thing(BAG, (0.55, 0.4), (38.0, 34.0, 92.0))
        sources = ("cam-01", "citizens")
        town.tell_truth("unattended_object", "square", BAG, sources, end_s=self.lasts_s, threat=True)

    def _report(self, town: Town) -> None:
        lat, lon = FRAME.to_degrees(BAG[0] + 2.5, BAG[1] + 1.5)
        text = "A bag, no one near it"
        body = {"text": text, "category": "object", "place": {"lat": round(lat, 6), "lon": round(lon, 6)}}
        town.say("citizens", "citizen.report", body)
        town.tell_truth("citizen_report", "square", BAG, ("citizens",), threat=True, text=text)

    def _child(self, town: Town) -> None:
        corners: tuple[Point, ...] = ((30.0, 4.0), (12.0, -8.0), (-10.0, -6.0), (4.0, -14.0), (26.0, -6.0), (42.0, 6.0))
        way = tuple(Step(CHILD_S + 6.2 * k, at) for k, at in enumerate(corners))
        town.actors.append(Actor("child running", way, 1.18, 9))
        tell = partial(town.tell_truth, "running", "square", corners[1], ("cam-01", "cam-02"), threat=False)
        town.at(CHILD_S, partial(tell, end_s=way[-1].at_s))

    def _own_bag(self, town: Town) -> None:
        end = OWN_BAG_S + 20
        beside = (OWN_BAG[0] + 0.8, OWN_BAG[1] + 0.4)
        way = (
            Step(OWN_BAG_S - 24, (50.0, -33.0)), Step(OWN_BAG_S - 2, beside), Step(end + 1, beside),
            Step(end + 38, (-2.0, -37.0)),
        )  # fmt: skip
        town.actors.append(Actor("owner beside the bag", way, 1.66, 7))
        town.at(OWN_BAG_S, lambda: town.things.__setitem__("own bag", Thing(OWN_BAG, (0.5, 0.42), (90.0, 70.0, 40.0))))
        town.at(end, lambda: town.things.__delitem__("own bag"))
        tell = partial(town.tell_truth, "attended_object", "square", OWN_BAG, ("cam-01",), threat=False)
        town.at(OWN_BAG_S, partial(tell, end_s=end))

    def _door(self, town: Town) -> None:
        enters = DOOR_S - 12
        outside, inside = by_stadium(128.0, 13.0), by_stadium(127.0, 8.0)
        way = (
            Step(enters - 22, (254.0, -8.0)), Step(enters - 1, outside), Step(enters + 4, inside),
            Step(enters + 9, SERVICE_DOOR), Step(DOOR_S + 5, SERVICE_DOOR),
        )  # fmt: skip
        town.actors.append(Actor("intruder", way, 1.82, 10))
        tell = partial(town.tell_truth, "zone_intrusion", "stadium", inside, ("cam-04",), threat=True)
        town.at(enters, partial(tell, end_s=way[-1].at_s))
        town.at(DOOR_S, partial(self._force, town))

    @staticmethod
    def _force(town: Town) -> None:
        town.say("door-st-1", "door", {"event": "forced"})
        town.tell_truth("door_forced", "stadium", SERVICE_DOOR, ("door-st-1",), threat=True)

    @staticmethod
    def _concert(town: Town) -> None:
        def louder() -> None:
            town.sites["square"].extra_db = 8.0
            town.tell_truth("loud_concert", "square", (8.0, 27.0), ("noise-sq-1",), end_s=CONCERT_S + 55, threat=False)

        town.at(CONCERT_S, louder)
        town.at(CONCERT_S + 55, lambda: setattr(town.sites["square"], "extra_db", 0.0))

    def _scan(self, town: Town) -> None:
        targets = [f"{NETWORK}.{host}" for host in (1, 2, *range(11, 35))]
        knocks = [(target, port) for port in PORTS for target in targets]
        for k, (target, port) in enumerate(knocks):
            ends = Ends(INTRUDER_ADDRESS, int(self.rng.integers(33_000, 60_000)), target, port)
            town.at(SCAN_S + SCAN_LASTS_S * k / len(knocks), partial(self._knock, town, ends))
        ends = Ends(INTRUDER_ADDRESS, 41_722, f"{NETWORK}.14", 23)
        for k in range(3):
            town.at(SCAN_S + 4 + 15 * k, lambda: town.log.append(self._eve.alert(town.now, ends, SCAN)))
        town.at(SCAN_S + 20, lambda: town.log.append(self._eve.alert(town.now, ends, TELNET)))
        tell = partial(town.tell_truth, "network_scan", "network", CONTROL_ROOM, ("ids-1",), threat=True)
        town.at(SCAN_S, partial(tell, end_s=SCAN_S + SCAN_LASTS_S, address=INTRUDER_ADDRESS))
        town.at(SCAN_S, lambda: setattr(town, "traffic_mbit_s", 14.0))
        town.at(SCAN_S + SCAN_LASTS_S, lambda: setattr(town, "traffic_mbit_s", 0.0))

    def _knock(self, town: Town, ends: Ends) -> None:
        if town.blocked:
            return
        host = int(ends.target.rpartition(".")[2])
        town.log.append(self._eve.probe(town.now, ends, answered=host < 17))
