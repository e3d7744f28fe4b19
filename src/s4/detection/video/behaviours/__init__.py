"""What can be seen happening, one file each. `ALL` names them; a new one is added by a file and a row here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from s4.core.city import Zone
from s4.core.errors import ConfigError
from s4.detection.video.behaviours.camera_tampered import CameraTampered
from s4.detection.video.behaviours.counter_flow import CounterFlow
from s4.detection.video.behaviours.crowd_density import CrowdDensity
from s4.detection.video.behaviours.fall import Fall
from s4.detection.video.behaviours.fight import Fight
from s4.detection.video.behaviours.gathering import Gathering
from s4.detection.video.behaviours.line_crossing import LineCrossing
from s4.detection.video.behaviours.loitering import Loitering
from s4.detection.video.behaviours.panic_dispersal import PanicDispersal
from s4.detection.video.behaviours.recognised import RecognisedThing
from s4.detection.video.behaviours.removed import RemovedObject
from s4.detection.video.behaviours.running import Running
from s4.detection.video.behaviours.tailgating import Tailgating
from s4.detection.video.behaviours.unattended import UnattendedObject
from s4.detection.video.behaviours.unusual_path import UnusualPath
from s4.detection.video.behaviours.vehicle_in_pedestrian_area import VehicleInPedestrianArea
from s4.detection.video.behaviours.wrong_way import WrongWay
from s4.detection.video.behaviours.zone_intrusion import ZoneIntrusion
from s4.detection.video.scene import Behaviour
from s4.detection.video.settings import Settings

ALL: Final[dict[str, Callable[[Settings, Sequence[Zone]], Behaviour]]] = {
    "zone_intrusion": ZoneIntrusion,
    "unattended_object": UnattendedObject,
    "removed_object": RemovedObject,
    "recognised": RecognisedThing,
    "camera_tampered": CameraTampered,
    "fall": Fall,
    "fight": Fight,
    "line_crossing": LineCrossing,
    "tailgating": Tailgating,
    "wrong_way": WrongWay,
    "vehicle_in_pedestrian_area": VehicleInPedestrianArea,
    "loitering": Loitering,
    "panic_dispersal": PanicDispersal,
    "running": Running,
    "gathering": Gathering,
    "crowd_density": CrowdDensity,
    "counter_flow": CounterFlow,
    "unusual_path": UnusualPath,
}


def make_behaviours(settings: Settings, zones: Sequence[Zone]) -> list[Behaviour]:
    """Those that the settings ask for. Raises `ConfigError` for one that there is not."""
    for name in settings.behaviours:
        if name not in ALL:
            raise ConfigError(f"there is no behaviour {name!r} (there are: {', '.join(ALL)})", field="behaviours")
    return [ALL[name](settings, zones) for name in settings.behaviours or ALL]
